// @vitest-environment node
/** The weight a page has to carry: what is built, compressed, against its budget in bytes. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { beforeAll, expect, test, vi } from "vitest";

const KB = 1_024;
let chunks: Rolldown.OutputChunk[] = [];

beforeAll(async () => {
  vi.stubEnv("NODE_ENV", "production");
  const built = await build({ mode: "production", logLevel: "silent", build: { write: false } });
  const [first] = [built].flat() as Rolldown.RolldownOutput[];
  const files: Rolldown.RolldownOutput["output"][number][] = first?.output ?? [];
  chunks = files.flatMap((one) => (one.type === "chunk" ? [one] : []));
});

function weigh(name: string): number {
  const found = chunks.find((one) => one.fileName.startsWith(name));
  expect(found, `${name} is built`).toBeDefined();
  return gzipSync(found?.code ?? "", { level: 9 }).length;
}

test("the loader weighs at most 3 KB", () => {
  expect(weigh("widget.js")).toBeLessThanOrEqual(3 * KB);
});

/** What is asked for at once when the launcher is clicked: the chat and what it imports. */
function firstOpen(): string[] {
  const loader = chunks.find((one) => one.fileName === "widget.js");
  const files = new Set(loader?.dynamicImports);
  for (const name of files) {
    for (const more of chunks.find((one) => one.fileName === name)?.imports ?? []) files.add(more);
  }
  return [...files];
}

// That nothing else is asked for until the first answer is read, a browser proves:
// tests/widget/test_weight.py.
test("a whole first chat in English weighs at most 20 KB: loader, chat, form, words, styles", () => {
  const weights = ["widget.js", ...firstOpen()].map(weigh);
  expect(weights.length).toBe(2);
  expect(weights.reduce((sum, one) => sum + one)).toBeLessThanOrEqual(20 * KB);
});

test("every part that loads later weighs little, the call at most 25 KB", () => {
  expect(weigh("assets/mount-")).toBeLessThanOrEqual(25 * KB);
  for (const { fileName } of chunks) {
    if (!/widget\.js|chat-|mount-/.test(fileName)) expect(weigh(fileName)).toBeLessThan(2 * KB);
  }
});

test("no chunk imports the loader, which would then run twice", () => {
  for (const { fileName, imports } of chunks) expect(imports, fileName).not.toContain("widget.js");
});

test("no source makes HTML or code out of text", () => {
  const sink = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/i;
  const files = readdirSync("src", { recursive: true, encoding: "utf8" });
  const sources = files.filter((name) => /\.tsx?$/.test(name));
  expect(sources.length).toBeGreaterThan(40);
  expect(sources.filter((name) => sink.test(readFileSync(`src/${name}`, "utf8")))).toEqual([]);
});

test("the loader imports nothing until it is asked to", () => {
  const loader = chunks.find((one) => one.fileName === "widget.js");
  expect(loader?.imports).toEqual([]);
});
