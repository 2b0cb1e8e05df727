/** The conversation: lines in order, day marks, uploads, who is typing, and how it ended. */
import { Component, type JSX } from "preact";
import { type Line, timeline } from "../state/select";
import type { Chat } from "./context";
import { Message } from "./message";
import { Ending, UploadRow } from "./parts";

const NEAR_PX = 60;
const RUN_MS = 300_000;

const isSameRun = (a: Line | undefined, b: Line): boolean =>
  !!a &&
  a.message.kind !== "system" &&
  a.message.author.kind === b.message.author.kind &&
  a.message.author.id === b.message.author.id &&
  b.message.at_ms - a.message.at_ms < RUN_MS;

interface Props {
  chat: Chat;
  id: string;
}

export class Thread extends Component<Props> {
  #box: HTMLElement | null = null;
  #isAtEnd = true;
  #height = 0;
  #top = 0;
  #first = "";

  #scrolled = (): void => {
    const box = this.#box;
    if (!box) return;
    const isNear = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    // What grows below moves the end away without anybody scrolling.
    if (isNear || box.scrollTop < this.#top) this.#isAtEnd = isNear;
    this.#top = box.scrollTop;
  };

  /** Stay at the end when there; keep the place when older messages come in above. */
  #settle(): void {
    const box = this.#box;
    if (!box) return;
    const { chat, id } = this.props;
    const first = chat.engine.model().messages[id]?.[0]?.id ?? "";
    if (this.#isAtEnd) box.scrollTop = box.scrollHeight;
    else if (first !== this.#first) box.scrollTop += box.scrollHeight - this.#height;
    this.#first = first;
    this.#height = box.scrollHeight;
  }
  #watch = new ResizeObserver(() => this.#settle());
  override componentDidMount(): void {
    const box = this.#box as HTMLElement;
    this.#watch.observe(box);
    this.#watch.observe(box.querySelector("ul") as HTMLElement);
  }
  override componentWillUnmount(): void {
    this.#watch.disconnect();
  }
  override componentDidUpdate(before: Props): void {
    if (before.id !== this.props.id) this.#isAtEnd = true;
    this.#settle();
  }

  #line = (line: Line, index: number, lines: Line[]): JSX.Element[] => {
    const { chat } = this.props;
    const before = lines[index - 1];
    const after = lines[index + 1];
    const day = (one: Line): string => new Date(one.message.at_ms).toDateString();
    const mark = (!before || day(before) !== day(line)) && (
      <li class="day" key={`d${line.message.id}`}>
        {chat.speech.day(line.message.at_ms, chat.engine.nowMs())}
      </li>
    );
    const isLast = !after || after.message.kind === "system" || !isSameRun(line, after);
    const row = (
      <Message
        key={line.message.id}
        chat={chat}
        line={line}
        isFirst={!isSameRun(before, line)}
        isLast={isLast || after?.tick !== line.tick}
      />
    );
    return mark ? [mark, row] : [row];
  };

  override render({ chat, id }: Props): JSX.Element {
    const { engine, screen, t } = chat;
    const model = engine.model();
    const typing = model.typing[id];
    const conversation = model.conversations[id];
    return (
      <div
        class="log"
        ref={(box: HTMLElement | null) => {
          this.#box = box;
        }}
        onScroll={this.#scrolled}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-live="polite"
        aria-label={t("message")}
      >
        {model.older[id] && (
          <button type="button" class="quiet" onClick={() => engine.older(id)}>
            {t("more")}
          </button>
        )}
        <ul>{timeline(model, engine.entries(), id).flatMap(this.#line)}</ul>
        {screen()
          .uploads.filter((one) => one.conversationId === id)
          .map((one) => (
            <UploadRow key={one.id} chat={chat} upload={one} />
          ))}
        {typing && typing.until_ms > Date.now() && conversation?.state !== "closed" && (
          <p class="typing">
            <i />
            <i />
            <i />
            <span dir="auto">{t("typing", { name: typing.name || t("agent") })}</span>
          </p>
        )}
        {conversation?.state === "closed" && <Ending chat={chat} conversation={conversation} />}
      </div>
    );
  }
}
