import { describe, expect, it } from "vitest";
import { clockOf, minuteOf } from "../src/features/admin/Hours";
import { fillReply, findReplies, slashWord } from "../src/features/inbox/canned";
import { linesOf } from "../src/features/inbox/Thread";
import type { CannedReplyView } from "../src/wire";
import { conversation, message } from "./frames";

const reply = (shortcut: string, language = ""): CannedReplyView => ({
  id: shortcut,
  shortcut,
  title: `About ${shortcut}`,
  text: "",
  language,
});

describe("canned replies", () => {
  it("are looked for after a slash at the start of a word", () => {
    expect(slashWord("/he", 3)).toEqual({ from: 0, word: "he" });
    expect(slashWord("well /", 6)).toEqual({ from: 5, word: "" });
    expect(slashWord("and/or", 6)).toBeNull();
    expect(slashWord("http://x", 8)).toBeNull();
  });

  it("put the visitor's language first", () => {
    const found = findReplies([reply("hello-en", "en"), reply("hello-zh", "zh")], "hello", "zh-CN");
    expect(found.map((each) => each.shortcut)).toEqual(["hello-zh", "hello-en"]);
  });

  it("fill in what is known and leave the rest to see", () => {
    const words = fillReply(
      "Hello {name}, {agent} of {site}. {other}",
      conversation({ contact: { ...conversation().contact, name: "" } }),
      "Amara",
    );
    expect(words).toBe("Hello {name}, Amara of Harbour Shop. {other}");
  });

  it("do not run text of a visitor through a pattern", () => {
    const contact = { ...conversation().contact, name: "$& {site}" };
    expect(fillReply("Dear {name}", conversation({ contact }), "")).toBe("Dear $& {site}");
  });
});

describe("the thread", () => {
  it("marks days, joins runs of one author, and ends with what is on its way", () => {
    const day = 86_400_000;
    const outgoing = {
      id: "x",
      conversationId: "cv_00000001",
      text: "",
      attachmentId: null,
      note: false,
      createdAtMs: 0,
      refused: "",
      refusedWords: "",
    };
    const lines = linesOf(
      [
        message(1, { at_ms: day }),
        message(2, { at_ms: day + 1_000 }),
        message(3, { at_ms: 3 * day }),
      ],
      [outgoing],
    );
    expect(lines.map((line) => line.kind)).toEqual([
      "day",
      "message",
      "message",
      "day",
      "message",
      "pending",
    ]);
    expect(lines.filter((line) => line.kind === "message").map((line) => line.first)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("does not show a message twice when its own frame has come", () => {
    const outgoing = {
      id: message(1).id,
      conversationId: "cv_00000001",
      text: "",
      attachmentId: null,
      note: false,
      createdAtMs: 0,
      refused: "",
      refusedWords: "",
    };
    expect(linesOf([message(1)], [outgoing]).filter((line) => line.kind === "pending")).toEqual([]);
  });
});

describe("business hours", () => {
  it("read and write times of day", () => {
    expect(["9", "9:30", "0930", "24:00"].map(minuteOf)).toEqual([540, 570, 570, 1_440]);
    expect(["24:01", "9:75", "noon", ""].map(minuteOf)).toEqual([null, null, null, null]);
    expect([0, 570, 1_440].map(clockOf)).toEqual(["00:00", "09:30", "24:00"]);
  });
});
