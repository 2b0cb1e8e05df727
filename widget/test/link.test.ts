import { beforeEach, describe, expect, test } from "vitest";
import { newId, openKeep } from "../src/link/keep";
import { type Entry, openOutbox } from "../src/link/outbox";
import { joinTabs, type TabMessage } from "../src/link/tabs";

const entry = (ref: string, atMs: number): Entry => ({
  at_ms: atMs,
  frame: { type: "message.post", ref, id: ref, conversation_id: "cv_00000001", text: ref },
  attachment: null,
  failed: "",
});

beforeEach(() => localStorage.clear());

describe("outbox", () => {
  test("survives a reload, in the order of writing", () => {
    const outbox = openOutbox(openKeep("s", localStorage));
    outbox.put(entry("b", 2));
    outbox.put(entry("a", 1));
    const again = openOutbox(openKeep("s", localStorage));
    expect(again.list().map((one) => one.frame.ref)).toEqual(["a", "b"]);
    again.drop("a");
    outbox.reload();
    expect(outbox.list().map((one) => one.frame.ref)).toEqual(["b"]);
  });

  test("order holds when the clock is set back", () => {
    const outbox = openOutbox(openKeep("clock", localStorage));
    for (const [ref, nowMs] of [
      ["a", 5_000],
      ["b", 1_000],
      ["c", 2_000],
    ] as const) {
      outbox.put(entry(ref, outbox.nextMs(nowMs)));
    }
    expect(outbox.list().map((one) => one.frame.ref)).toEqual(["a", "b", "c"]);
    outbox.drop("a");
    outbox.drop("b");
    outbox.drop("c");
    expect(outbox.nextMs(7)).toBe(7);
  });

  test("belongs to one site, and skips what is not its own", () => {
    openOutbox(openKeep("one", localStorage)).put(entry("a", 1));
    expect(openOutbox(openKeep("two", localStorage)).list()).toEqual([]);
    localStorage.setItem("wecc:one:o:x", "{broken");
    localStorage.setItem("wecc:one:o:y", '"text"');
    expect(openOutbox(openKeep("one", localStorage)).list()).toHaveLength(1);
  });

  test("works in memory where the browser refuses storage", () => {
    const keep = openKeep("s", null);
    const outbox = openOutbox(keep);
    outbox.put(entry("a", 1));
    outbox.reload();
    expect(outbox.list()).toHaveLength(1);
    keep.set("token", "t");
    expect(keep.get("token")).toBe("t");
    keep.drop("token");
    expect(keep.get("token")).toBeNull();
  });
});

test("ids have the shape the server accepts, and differ", () => {
  const ids = Array.from({ length: 200 }, () => newId("ms"));
  expect(new Set(ids).size).toBe(200);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{7,63}$/);
});

describe("tabs without locks", () => {
  const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
  function open(name: string) {
    const heard: TabMessage[] = [];
    const tabs = joinTabs(name, {
      locks: undefined,
      channel: new BroadcastChannel(name),
      lead: () => {},
      follow: () => {},
      hear: (message) => heard.push(message),
    });
    return { tabs, heard };
  }

  test("one leads, and another takes over when it leaves", async () => {
    const [one, two] = [open("t1"), open("t1")];
    await wait(1_600);
    expect([one.tabs.isLeader(), two.tabs.isLeader()].filter(Boolean)).toHaveLength(1);
    const [leader, other] = one.tabs.isLeader() ? [one, two] : [two, one];
    leader.tabs.post({ k: "drop", ref: "x" });
    await wait(50);
    expect(other.heard).toEqual([{ k: "drop", ref: "x" }]);
    leader.tabs.leave();
    await wait(2_300);
    expect(other.tabs.isLeader()).toBe(true);
    other.tabs.leave();
  });

  test("a browser without channels leads at once", () => {
    const calls: string[] = [];
    const tabs = joinTabs("t2", {
      locks: undefined,
      channel: null,
      lead: () => calls.push("lead"),
      follow: () => {},
      hear: () => {},
    });
    expect(calls).toEqual(["lead"]);
    expect(tabs.isLeader()).toBe(true);
  });
});
