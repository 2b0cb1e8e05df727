/** A wait in words: never shorter than what was told. */
import { expect, test } from "vitest";
import type { QueuePlace } from "../src/wire";
import { words as ar } from "../src/words/ar";
import { words as en } from "../src/words/en";
import { fill, type Key } from "../src/words/speak";
import { waitText } from "../src/words/wait";
import { words as zh } from "../src/words/zh";

const MINUTE = 60_000;

function place(wait: QueuePlace["wait"]): QueuePlace {
  return {
    type: "queue.place",
    conversation_id: "cv_1",
    interaction_id: "in_1",
    kind: "chat",
    state: "waiting",
    position: 1,
    agent_name: "",
    wait,
  };
}

function say(words: Record<string, string>, wait: QueuePlace["wait"]): string {
  const t = (key: Key, params = {}) => fill(words[key] ?? "", params);
  return waitText(t, place(wait));
}

test.each([
  [null, "The wait is not known yet."],
  [{ p50_ms: 0, p90_ms: 45_000 }, "Less than a minute."],
  [{ p50_ms: 30_000, p90_ms: 1.5 * MINUTE }, "Up to 2 minutes."],
  [{ p50_ms: 2.5 * MINUTE, p90_ms: 3.5 * MINUTE }, "About 2 to 4 minutes."],
  [{ p50_ms: 4 * MINUTE, p90_ms: 4 * MINUTE }, "Up to 4 minutes."],
  [{ p50_ms: 61 * MINUTE, p90_ms: 90 * MINUTE }, "More than an hour."],
])("%j reads %s", (wait, words) => {
  expect(say(en, wait)).toBe(words);
});

test.each([
  ["zh", zh],
  ["ar", ar],
])("%s has a sentence for every case", (_, words) => {
  const range = say(words, { p50_ms: 2 * MINUTE, p90_ms: 4 * MINUTE });
  expect(range).toMatch(/2.*4/);
  for (const wait of [null, { p50_ms: 0, p90_ms: 1 }, { p50_ms: 0, p90_ms: 3 * MINUTE }]) {
    expect(say(words, wait).length).toBeGreaterThan(4);
  }
});
