import { describe, expect, it } from "vitest";
import { alike, blank, draftOf, moved, STEP, settled, startsOf } from "../src/features/queue/draft";
import { completed, quoted, suggested } from "../src/features/queue/Expression";
import type { QueueView } from "../src/wire";

const SKILLS = ["Spanish", "Billing desk", "and"];

describe("suggestions for an expression", () => {
  it("are skills where a name may stand, and words where a term has ended", () => {
    expect(suggested("", 0, SKILLS)).toEqual(["Spanish", '"Billing desk"', '"and"', "NOT"]);
    expect(suggested("spa", 3, SKILLS)).toEqual(["Spanish"]);
    expect(suggested("Spanish ", 8, SKILLS)).toEqual(["AND", "OR", "NOT"]);
    expect(suggested("Spanish AND ", 12, SKILLS)).toContain('"Billing desk"');
    expect(suggested("(bil", 4, SKILLS)).toEqual(['"Billing desk"']);
    expect(suggested("Spanish >= ", 11, SKILLS)).toEqual([]);
  });

  it("complete the word before the caret", () => {
    expect(completed("spa", 3, "Spanish")).toEqual(["Spanish ", 8]);
    expect(completed('Spanish AND "bil', 16, '"Billing desk"')).toEqual([
      'Spanish AND "Billing desk" ',
      27,
    ]);
  });

  it("quote what could not be read otherwise", () => {
    expect(["Spanish", "Billing desk", "not", 'a"b'].map(quoted)).toEqual([
      "Spanish",
      '"Billing desk"',
      '"not"',
      '"a\\"b"',
    ]);
  });
});

describe("steps", () => {
  it("stay possible however they are moved", () => {
    const first = { ...STEP, expression: "a", after_s: 20, skip_if: "nobody_ready" as const };
    const last = { ...STEP, expression: "b", priority: 3 };
    const [b, a] = settled(moved([first, last], 0, 1));
    expect(b).toMatchObject({ expression: "b", priority: 0, after_s: 30 });
    expect(a).toMatchObject({ expression: "a", after_s: null, skip_if: "none" });
    expect(startsOf(settled([first, last]))).toEqual([0, 20]);
  });
});

describe("a draft", () => {
  it("holds what is published and nothing the server adds", () => {
    const view = {
      ...blank(),
      note: undefined,
      id: "qu_1",
      version: 3,
      name: "Sales",
      wrap_up: {},
      warnings: [],
      closed: "",
      closure: null,
    } as unknown as QueueView;
    const draft = draftOf(view);
    expect(Object.keys(draft).sort()).toEqual(Object.keys(blank()).sort());
    expect(draft.wrap_up.call).toEqual({ mode: "timed", seconds: 60, extension_s: 0 });
    expect(alike({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 })).toBe(true);
    expect(alike(draft, { ...draft, priority: 1 })).toBe(false);
  });
});
