import { beforeEach, describe, expect, it } from "vitest";
import { backoffMs } from "../src/live/backoff";
import { mayRetry, Outbox, type Outgoing } from "../src/live/outbox";

const item = (id: string, createdAtMs: number): Outgoing => ({
  id,
  conversationId: "cv_00000001",
  text: "hello",
  attachmentId: null,
  note: false,
  createdAtMs,
  refused: "",
  refusedWords: "",
});

describe("the outbox", () => {
  beforeEach(() => localStorage.clear());

  it("survives a reload, in the order of writing", () => {
    new Outbox(localStorage, "us_1").put(item("b", 2));
    new Outbox(localStorage, "us_1").put(item("a", 1));
    expect(new Outbox(localStorage, "us_1").all().map((each) => each.id)).toEqual(["a", "b"]);
  });

  it("holds one entry per message, however often it is put", () => {
    const outbox = new Outbox(localStorage, "us_1");
    outbox.put(item("a", 1));
    outbox.put(item("a", 1));
    expect(outbox.all()).toHaveLength(1);
    outbox.drop("a");
    expect(outbox.all()).toEqual([]);
  });

  it("shows nobody another person's messages", () => {
    new Outbox(localStorage, "us_1").put(item("a", 1));
    expect(new Outbox(localStorage, "us_2").all()).toEqual([]);
  });

  it("skips what is not a message", () => {
    localStorage.setItem("wecc.outbox.us_1.x", "{broken");
    localStorage.setItem("wecc.outbox.us_1.y", '{"id":1}');
    expect(new Outbox(localStorage, "us_1").all()).toEqual([]);
  });

  it("tries again when the server could not, not when it would not", () => {
    expect(["rate_limited", "store_unavailable", "disk_full", "timeout"].every(mayRetry)).toBe(
      true,
    );
    expect(["closed", "forbidden", "bad_text", "not_found"].some(mayRetry)).toBe(false);
  });
});

describe("back-off", () => {
  it("doubles up to a limit, and never all at one moment", () => {
    expect(backoffMs(0, () => 0)).toBe(250);
    expect(backoffMs(0, () => 1)).toBe(500);
    expect(backoffMs(3, () => 1)).toBe(4_000);
    expect(backoffMs(50, () => 1)).toBe(15_000);
  });
});
