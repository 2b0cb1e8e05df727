import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Receipts } from "../src/live/receipts";
import { EMPTY, type Live } from "../src/live/state";
import type { ClientFrame } from "../src/wire";
import { conversation, interaction } from "./frames";

const mine = interaction();
const open = conversation({ id: mine.conversation_id, last_seq: 7, receipts: [] });
const LIVE: Live = {
  ...EMPTY,
  link: "open",
  interactions: { [mine.id]: mine },
  conversations: { [open.id]: open },
};

describe("receipts", () => {
  let state: Live;
  let told: ClientFrame[];
  let receipts: Receipts;
  const said = () =>
    told.map((frame) => ("read_seq" in frame ? [frame.delivered_seq, frame.read_seq] : null));
  const settle = () => {
    receipts.soon();
    vi.runAllTimers();
  };

  beforeEach(() => {
    vi.useFakeTimers();
    state = LIVE;
    told = [];
    receipts = new Receipts(
      () => state,
      (frame) => told.push(frame),
    );
  });
  afterEach(() => vi.useRealTimers());

  it("say that a message arrived before anybody has read it, and each thing once", () => {
    settle();
    settle();
    state = { ...state, read: { [open.id]: 7 } };
    settle();
    settle();
    expect(said()).toEqual([
      [7, 0],
      [7, 7],
    ]);
  });

  it("say both in one frame when both happen together", () => {
    receipts.soon();
    state = { ...state, read: { [open.id]: 7 } };
    settle();
    expect(said()).toEqual([[7, 7]]);
  });

  it("say nothing about conversations one only looks at, nor without a connection", () => {
    state = { ...LIVE, interactions: {}, read: { [open.id]: 7 } };
    settle();
    state = { ...LIVE, link: "lost" };
    settle();
    expect(said()).toEqual([]);
  });

  it("say it again over a new connection, unless the server knows", () => {
    settle();
    receipts.again();
    vi.runAllTimers();
    const receipt = {
      conversation_id: open.id,
      party: "agent" as const,
      delivered_seq: 7,
      read_seq: 0,
    };
    state = { ...LIVE, conversations: { [open.id]: { ...open, receipts: [receipt] } } };
    receipts.again();
    vi.runAllTimers();
    expect(said()).toEqual([
      [7, 0],
      [7, 0],
    ]);
  });
});
