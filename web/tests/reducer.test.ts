import { describe, expect, it } from "vitest";
import { apply } from "../src/live/reducer";
import { EMPTY, type Live } from "../src/live/state";
import { myWork, unreadCount, waitingSince } from "../src/live/store";
import type { ServerFrame } from "../src/wire";
import {
  agent,
  CONVERSATION_ID,
  conversation,
  interaction,
  message,
  messages,
  offer,
  welcome,
} from "./frames";

const play = (frames: ServerFrame[], state: Live = EMPTY): Live =>
  frames.reduce((before, frame) => apply(before, frame, 1_000).state, state);

const page = (from: number, to: number, hasMore = false, gap = false): ServerFrame => ({
  type: "history.page",
  ref: null,
  page: { conversation_id: CONVERSATION_ID, items: messages(from, to), has_more: hasMore },
  gap,
});

const assigned = {
  type: "assignment.changed",
  interaction: interaction(),
  conversation: conversation(),
  gone: false,
} as const;

describe("welcome", () => {
  it("replaces what was live before, and keeps the messages", () => {
    const before = play([welcome({ offers: [offer()] }), page(1, 3)]);
    const after = play([welcome({ assignments: [assigned] })], before);
    expect(Object.keys(after.offers)).toEqual([]);
    expect(myWork(after)).toHaveLength(1);
    expect(after.threads[CONVERSATION_ID]?.items).toHaveLength(3);
  });

  it("never takes back what this agent has read", () => {
    const receipts = [
      { conversation_id: CONVERSATION_ID, party: "agent" as const, delivered_seq: 2, read_seq: 2 },
    ];
    const before = { ...EMPTY, read: { [CONVERSATION_ID]: 5 } };
    const after = play([{ ...assigned, conversation: conversation({ receipts }) }], before);
    expect(after.read[CONVERSATION_ID]).toBe(5);
  });
});

describe("offers", () => {
  it("rings once however often the same offer is told", () => {
    const state = play([
      { type: "offer.new", offer: offer() },
      { type: "offer.new", offer: offer() },
    ]);
    expect(Object.keys(state.offers)).toHaveLength(1);
  });

  it("remembers whom an expired offer was from, and forgets it with the next offer", () => {
    const gone: ServerFrame = { type: "offer.gone", offer_id: "of_00000001", outcome: "expired" };
    const missed = play([{ type: "offer.new", offer: offer() }, gone]);
    expect(missed.missed?.contactName).toBe("Lena");
    expect(play([{ type: "offer.new", offer: offer() }], missed).missed).toBeNull();
  });

  it("says nothing about an offer that somebody took back", () => {
    const gone: ServerFrame = { type: "offer.gone", offer_id: "of_00000001", outcome: "withdrawn" };
    expect(play([{ type: "offer.new", offer: offer() }, gone]).missed).toBeNull();
  });
});

describe("messages", () => {
  it("appear once, whether told twice or also part of a page", () => {
    const told: ServerFrame = { type: "message.new", message: message(4) };
    const state = play([assigned, page(1, 3), told, told, page(2, 4)]);
    expect(state.threads[CONVERSATION_ID]?.items.map((item) => item.seq)).toEqual([1, 2, 3, 4]);
  });

  it("ask for what is missing between", () => {
    const state = play([assigned, page(1, 3)]);
    const step = apply(state, { type: "message.new", message: message(9) }, 1_000);
    expect(step.effects).toContainEqual({
      kind: "fill",
      conversationId: CONVERSATION_ID,
      beforeSeq: 9,
    });
  });

  it("report an arrival only when they are new", () => {
    const state = play([assigned, page(1, 3), { type: "message.new", message: message(4) }]);
    const again = apply(state, { type: "message.new", message: message(4) }, 1_000);
    expect(again.effects).toEqual([]);
  });

  it("change their face in place", () => {
    const state = play([
      page(1, 3),
      { type: "message.changed", message: message(2, { text: "new face" }) },
    ]);
    expect(state.threads[CONVERSATION_ID]?.items[1]?.text).toBe("new face");
  });

  it("end the visitor's typing and count as unread and waiting", () => {
    const typing: ServerFrame = {
      type: "typing.changed",
      conversation_id: CONVERSATION_ID,
      party: "visitor",
      name: "Lena",
      on: true,
    };
    const state = play([
      assigned,
      page(1, 1),
      typing,
      { type: "message.new", message: message(2) },
    ]);
    const now = state.conversations[CONVERSATION_ID];
    expect(state.typing).toEqual({});
    expect(now && unreadCount(state, now)).toBe(2);
    expect(now && waitingSince(now)).toBe(2_000);
  });
});

describe("work, agents and calls", () => {
  it("leaves when the assignment is gone", () => {
    expect(myWork(play([assigned, { ...assigned, gone: true }]))).toEqual([]);
  });

  it("knows my own state from everybody's", () => {
    const others: ServerFrame = {
      type: "agent.changed",
      agent: agent({ user_id: "us_2", state: "offline" }),
    };
    const mine: ServerFrame = { type: "agent.changed", agent: agent({ state: "not_ready" }) };
    expect(play([welcome(), others]).agent?.state).toBe("ready");
    expect(play([welcome(), others, mine]).agent?.state).toBe("not_ready");
  });

  it("forgets a call that ended", () => {
    const view = {
      id: "ca_00000001",
      conversation_id: CONVERSATION_ID,
      interaction_id: "in_00000001",
      state: "connected" as const,
      held_by: "",
      camera: [],
      screen: [],
      started_at_ms: 0,
      connected_at_ms: 0,
      ended_at_ms: null,
      end_reason: "",
    };
    const up = play([{ type: "call.changed", call: view, muted: ["visitor"] }]);
    expect(up.calls.ca_00000001?.muted).toEqual(["visitor"]);
    expect(
      play([{ type: "call.changed", call: { ...view, state: "ended" }, muted: [] }], up).calls,
    ).toEqual({});
  });

  it("ignores a frame of a newer server", () => {
    expect(play([{ type: "something.new" } as unknown as ServerFrame])).toEqual(EMPTY);
  });
});

describe("a conversation of 50,000 messages", () => {
  it("opens with its newest page, and reads back in bounded memory", () => {
    const started = performance.now();
    let state = play([assigned, page(49_951, 50_000, true)]);
    for (let first = 49_901; first > 46_000; first -= 50)
      state = play([page(first, first + 49, true)], state);
    const thread = state.threads[CONVERSATION_ID];
    expect(thread?.items.length).toBe(2_000);
    expect(thread?.atTail).toBe(false);
    expect(thread?.hasMore).toBe(true);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it("starts over from the newest page after a long absence", () => {
    const state = play([page(1, 50), page(951, 1_000, true, true)]);
    expect(state.threads[CONVERSATION_ID]?.items[0]?.seq).toBe(951);
  });
});
