import { describe, expect, test } from "vitest";
import type { Entry } from "../src/link/outbox";
import { apply, emptyModel, type Model } from "../src/state/model";
import { placeOf, receiptOf, settledMessage, timeline, unreadCount } from "../src/state/select";
import type { MessageView, ServerFrame, VisitorConversation } from "../src/wire";

const ID = "cv_00000001";

function message(seq: number, kind: "agent" | "visitor" = "agent"): MessageView {
  return {
    id: `ms_${seq}`,
    conversation_id: ID,
    seq,
    at_ms: seq * 1_000,
    kind: "text",
    author: { kind, id: kind, name: kind },
    text: `text ${seq}`,
    attachment: null,
    code: "",
    params: {},
    redacted: false,
  };
}

const conversation: VisitorConversation = {
  id: ID,
  state: "open",
  created_at_ms: 1,
  last_seq: 0,
  receipts: [],
  rating: null,
  agent_name: "",
};

function play(frames: ServerFrame[], from: Model = emptyModel("online", true)): Model {
  return frames.reduce((model, frame) => apply(model, frame, 5_000), from);
}

const started = (): Model => play([{ type: "conversation.changed", conversation }]);
const arrive = (seq: number, kind?: "visitor"): ServerFrame => ({
  type: "message.new",
  message: message(seq, kind),
});
const page = (seqs: number[], more: boolean, gap = false): ServerFrame => ({
  type: "history.page",
  ref: null,
  page: { conversation_id: ID, items: seqs.map((seq) => message(seq)), has_more: more },
  gap,
});
const seqs = (model: Model): number[] => (model.messages[ID] ?? []).map((one) => one.seq);

describe("messages", () => {
  test("keep the order of seq, and the same id comes once", () => {
    expect(seqs(play([arrive(2), arrive(1), arrive(2), arrive(3)]))).toEqual([1, 2, 3]);
  });

  test("a jump in seq opens a hole, and the page below closes it", () => {
    const jumped = play([arrive(1), arrive(4)]);
    expect(jumped.holes[ID]).toEqual({ before: 4, floor: 1 });
    const filled = play([page([2, 3], true)], jumped);
    expect(filled.holes[ID]).toBeUndefined();
    expect(seqs(filled)).toEqual([1, 2, 3, 4]);
  });

  test("a hole left by what is not for visitors closes as well", () => {
    const filled = play([arrive(1), arrive(3), page([1], false)]);
    expect(filled.holes[ID]).toBeUndefined();
  });

  test("a resume that left something out is filled down to what was known", () => {
    const resumed = play([arrive(1), page([8, 9], true, true)]);
    expect(resumed.holes[ID]).toEqual({ before: 8, floor: 1 });
    const nearer = play([page([5, 6, 7], true)], resumed);
    expect(nearer.holes[ID]).toEqual({ before: 5, floor: 1 });
    expect(play([page([2, 3, 4], true)], nearer).holes[ID]).toBeUndefined();
  });

  test("only the oldest page says whether there are older ones", () => {
    const model = play([page([5, 6], true), arrive(7)]);
    expect(model.older[ID]).toBe(true);
    expect(play([page([3, 4], false)], model).older[ID]).toBe(false);
  });

  test("a new face replaces the old one, and does not come out of nothing", () => {
    const changed = { ...message(1), text: "new face" };
    const model = play([arrive(1), { type: "message.changed", message: changed }]);
    expect(model.messages[ID]?.[0]?.text).toBe("new face");
    const empty = play([{ type: "message.changed", message: changed }]);
    expect(empty.messages[ID]).toBeUndefined();
  });
});

describe("ticks and unread", () => {
  const receipt = (party: "agent" | "visitor", delivered: number, read: number): ServerFrame => ({
    type: "receipt.changed",
    receipt: { conversation_id: ID, party, delivered_seq: delivered, read_seq: read },
  });

  test("sent, delivered, read: never more than is known", () => {
    const sent = play([arrive(1, "visitor"), arrive(2, "visitor")], started());
    const ticks = (model: Model): unknown[] => timeline(model, [], ID).map((line) => line.tick);
    expect(ticks(sent)).toEqual(["sent", "sent"]);
    expect(ticks(play([receipt("agent", 2, 1)], sent))).toEqual(["read", "delivered"]);
  });

  test("what waits is shown as sending, what was refused as failed, and once", () => {
    const entry: Entry = {
      at_ms: 9_000,
      frame: { type: "message.post", ref: "ms_2", id: "ms_2", conversation_id: ID, text: "hi" },
      attachment: null,
      failed: "",
    };
    const model = play([arrive(1)], started());
    expect(timeline(model, [entry], ID).map((line) => line.tick)).toEqual([null, "sending"]);
    expect(timeline(model, [{ ...entry, failed: "closed" }], ID)[1]?.tick).toBe("failed");
    expect(timeline(play([arrive(2, "visitor")], model), [entry], ID)).toHaveLength(2);
    const settled = settledMessage(model, entry, 2, 9_500);
    expect(settled).toMatchObject({ id: "ms_2", seq: 2, at_ms: 9_500, text: "hi" });
    expect(settledMessage(model, entry, null, null)).toBeNull();
  });

  test("unread counts the other side above what was read", () => {
    const model = play([arrive(1), arrive(2), arrive(3, "visitor")], started());
    expect(unreadCount(model)).toBe(2);
    const read = play([receipt("visitor", 3, 1)], model);
    expect(unreadCount(read)).toBe(1);
    expect(receiptOf(read, ID, "visitor").read_seq).toBe(1);
  });
});

describe("what else the server says", () => {
  test("typing is the agent's, and a message ends it", () => {
    const on: ServerFrame = {
      type: "typing.changed",
      conversation_id: ID,
      party: "agent",
      name: "A",
      on: true,
    };
    const model = play([on], started());
    expect(model.typing[ID]).toEqual({ name: "A", until_ms: 11_000 });
    expect(play([arrive(1)], model).typing[ID]).toBeUndefined();
    expect(play([{ ...on, party: "visitor" }], started()).typing[ID]).toBeUndefined();
  });

  test("the place of a chat goes before that of a message left", () => {
    const place = (kind: "chat" | "message", position: number | null): ServerFrame => ({
      type: "queue.place",
      conversation_id: ID,
      interaction_id: "in_1",
      kind,
      state: "waiting",
      position,
      agent_name: "",
      wait: null,
    });
    const model = play([place("message", null), place("chat", 2)]);
    expect(placeOf(model, ID)?.position).toBe(2);
  });

  test("a welcome replaces what was known, and keeps the messages", () => {
    const model = play([
      arrive(1),
      {
        type: "welcome",
        v: 1,
        visitor_id: "vi_1",
        token: "t",
        name: "",
        verified: false,
        availability: "offline",
        heartbeat_ms: 1,
        server_at_ms: 1,
        conversations: [conversation],
        places: [],
        calls: [],
      },
    ]);
    expect(model.availability).toBe("offline");
    expect(model.conversations[ID]?.state).toBe("open");
    expect(seqs(model)).toEqual([1]);
  });

  test("a frame of a newer server changes nothing", () => {
    const model = started();
    expect(apply(model, { type: "future.thing" } as unknown as ServerFrame, 1)).toBe(model);
  });
});
