/** A running clock, mm:ss, tabular. */
import { Component, type JSX } from "preact";

export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number): string => `${value}`.padStart(2, "0");
  const hours = Math.floor(s / 3_600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

export class Timer extends Component<{ since: number; now: () => number }> {
  #tick = 0;
  override componentDidMount(): void {
    this.#tick = window.setInterval(() => this.setState({}), 1_000);
  }
  override componentWillUnmount(): void {
    clearInterval(this.#tick);
  }
  override render(): JSX.Element {
    return (
      <time class="n" dir="ltr">
        {clock(this.props.now() - this.props.since)}
      </time>
    );
  }
}
