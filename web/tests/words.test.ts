import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { adminEn } from "../src/i18n/admin.en";
import { adminZh } from "../src/i18n/admin.zh";
import { en } from "../src/i18n/en";
import { errorsEn } from "../src/i18n/errors.en";
import { errorsZh } from "../src/i18n/errors.zh";
import { floorEn } from "../src/i18n/floor.en";
import { floorZh } from "../src/i18n/floor.zh";
import { clockTime, duration, fileSize, languageName, shortWhen } from "../src/i18n/format";
import { fill } from "../src/i18n/index";
import { peopleEn } from "../src/i18n/people.en";
import { peopleZh } from "../src/i18n/people.zh";
import { queueEn } from "../src/i18n/queue.en";
import { queueZh } from "../src/i18n/queue.zh";
import { reportsEn } from "../src/i18n/reports.en";
import { reportsZh } from "../src/i18n/reports.zh";
import { whyEn } from "../src/i18n/why.en";
import { whyZh } from "../src/i18n/why.zh";
import { zh } from "../src/i18n/zh";

const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join();
const source = (folder: string): string =>
  readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory()
        ? source(path)
        : /\.tsx?$/.test(entry.name)
          ? readFileSync(path, "utf8")
          : "";
    })
    .join("\n");

describe("words", () => {
  it("exist in both languages, with the same places to fill in", () => {
    for (const [english, chinese] of [
      [en, zh],
      [adminEn, adminZh],
      [floorEn, floorZh],
      [peopleEn, peopleZh],
      [queueEn, queueZh],
      [reportsEn, reportsZh],
      [whyEn, whyZh],
    ] as [Record<string, string>, Record<string, string>][]) {
      for (const [key, text] of Object.entries(english)) {
        expect(chinese[key], key).toBeTruthy();
        expect(places(chinese[key] ?? ""), key).toBe(places(text));
      }
    }
  });

  it("are all there for every key written out in the source", () => {
    const known = new Set(
      [en, adminEn, floorEn, peopleEn, queueEn, reportsEn, whyEn].flatMap((words) =>
        Object.keys(words),
      ),
    );
    const used = [
      ...source(join(__dirname, "../src")).matchAll(/\b(?:t|words)\("([a-z_]+\.[\w.]+)"/gi),
    ].map((match) => match[1]);
    expect(used.length).toBeGreaterThan(200);
    expect(used.filter((key) => key && !known.has(key))).toEqual([]);
  });

  it("are there for every error code of the server, in both languages", () => {
    const listed = readFileSync(join(__dirname, "../../docs/reference/errors.md"), "utf8");
    const codes = [...listed.matchAll(/^\| `(\w+)` \| \d+ /gm)].map((match) => match[1]);
    expect(codes.length).toBeGreaterThan(30);
    const words: Record<string, string>[] = [errorsEn, errorsZh];
    for (const code of codes) {
      for (const language of words) expect(language[`error.${code}`], code).toBeTruthy();
    }
  });

  it("keep a place that got no value, so that it is noticed", () => {
    expect(fill("{a} and {b}", { a: 1 })).toBe("1 and {b}");
  });
});

describe("figures", () => {
  it("show durations of one width class", () => {
    expect([0, 59_999, 245_000, 3_845_000, 259_200_000].map(duration)).toEqual([
      "0:00",
      "0:59",
      "4:05",
      "1:04:05",
      "3 d 00 h",
    ]);
    expect(duration(-5_000)).toBe("0:00");
  });

  it("show sizes, times and languages", () => {
    expect([999, 1_500, 284_211, 52_428_800].map(fileSize)).toEqual([
      "999 B",
      "1.5 kB",
      "284 kB",
      "52 MB",
    ]);
    const at = new Date(2026, 10, 23, 9, 5).getTime();
    expect(clockTime("en", at)).toBe("09:05");
    expect(shortWhen("en", at, at + 1_000)).toBe("09:05");
    expect(languageName("en", "zh")).toBe("Chinese");
    expect(languageName("en", "not a tag")).toBe("not a tag");
  });
});
