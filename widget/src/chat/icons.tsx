/** One stroke set, 24 x 24, 1.5 px. Shapes that only a lazy part needs live with that part. */
import type { JSX } from "preact";

const PATHS = {
  call: "M6.5 4h3l1.5 4-2 1.5a11 11 0 0 0 5.5 5.5L16 13l4 1.5v3A2 2 0 0 1 18 19.5 14 14 0 0 1 4.5 6a2 2 0 0 1 2-2z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  down: "M6 9l6 6 6-6",
  back: "M15 5l-7 7 7 7",
  send: "M4 12l16-8-6 16-3-6.5z",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14a4 4 0 0 0 7 0M9 9.5h.01M15 9.5h.01",
  sending: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4l3 2",
  sent: "M6 12.5l4 4 8-9",
  delivered: "M2.5 12.5l4 4 8-9M12 16l.5.5 8-9",
  read: "M2.5 12.5l4 4 8-9M12 16l.5.5 8-9",
  failed: "M12 8v5M12 16h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
} as const;

export type IconName = keyof typeof PATHS;

export function Shape({ d, name }: { d: string; name: string }): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" class={`i i-${name}`}>
      <path d={d} />
    </svg>
  );
}

export const Icon = ({ name }: { name: IconName }): JSX.Element => (
  <Shape d={PATHS[name]} name={name} />
);
