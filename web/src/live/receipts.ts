/** What the server is told about my conversations: what has arrived here, and what was looked at. */
import type { ClientFrame } from "../wire";
import type { Live } from "./state";

const SAY_AFTER_MS = 150;

type Tell = (frame: ClientFrame) => void;

interface Said {
  delivered: number;
  read: number;
}

/** Delivered: this desk has it. Read: it was on the screen of somebody who looked. Mine only. */
export class Receipts {
  private readonly said = new Map<string, Said>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly state: () => Live,
    private readonly tell: Tell,
  ) {}

  /** Compare soon: received and read mostly come together and are then one frame. */
  soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.say();
    }, SAY_AFTER_MS);
  }

  /** A new connection: what was said over the old one may not have arrived. */
  again(): void {
    this.said.clear();
    this.soon();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private say(): void {
    const state = this.state();
    if (state.link !== "open") return;
    const mine = new Set(Object.values(state.interactions).map((item) => item.conversation_id));
    for (const id of mine) this.sayOne(state, id);
  }

  private sayOne(state: Live, id: string): void {
    const conversation = state.conversations[id];
    if (!conversation) return;
    const known = conversation.receipts.find((receipt) => receipt.party === "agent");
    const said = this.said.get(id);
    const delivered = conversation.last_seq;
    const read = Math.min(state.read[id] ?? 0, delivered);
    const isNews =
      delivered > Math.max(known?.delivered_seq ?? 0, said?.delivered ?? 0) ||
      read > Math.max(known?.read_seq ?? 0, said?.read ?? 0);
    if (!isNews) return;
    this.said.set(id, { delivered, read });
    this.tell({
      type: "receipt.set",
      conversation_id: id,
      delivered_seq: delivered,
      read_seq: read,
    });
  }
}
