import { describe, expect, test } from "vitest";
import { apiBase } from "../src/chat/engine";
import { clock } from "../src/chat/timer";
import { contrast, parse, readable } from "../src/extra/colour";
import { split } from "../src/extra/linked";
import { fileSize } from "../src/files/size";
import { check, formValues, MESSAGE } from "../src/form/fields";
import type { FormField } from "../src/wire";
import * as ar from "../src/words/ar";
import * as arMore from "../src/words/ar-more";
import * as en from "../src/words/en";
import * as enMore from "../src/words/en-more";
import { fill, speak } from "../src/words/speak";
import * as zh from "../src/words/zh";
import * as zhMore from "../src/words/zh-more";

describe("links", () => {
  test("only http and https become links, without what follows a sentence", () => {
    expect(split("see https://a.example/x?y=1, or javascript:alert(1).")).toEqual([
      "see ",
      ["https://a.example/x?y=1", "https://a.example/x?y=1"],
      ", or javascript:alert(1).",
    ]);
    for (const text of ["data:text/html,x", "ftp://a.example", "//a.example", "vbscript:x"]) {
      expect(split(text)).toEqual([text]);
    }
  });

  test("a look-alike host is shown as what it is", () => {
    expect(split("https://аpple.com/id")).toEqual([
      ["https://xn--pple-43d.com/id", "https://xn--pple-43d.com/id"],
    ]);
  });

  test("an address with a hidden host stays text", () => {
    expect(split("https://bank.example@evil.example/")).toEqual([
      "https://bank.example@evil.example/",
    ]);
  });

  test("direction marks end an address", () => {
    const [, link] = split("x https://a.example/\u202egpj.exe");
    expect(link).toEqual(["https://a.example/", "https://a.example/"]);
  });
});

describe("the form", () => {
  const field = (name: string, kind: FormField["kind"], required: boolean): FormField => ({
    name,
    kind,
    required,
    label: {},
    options: [],
  });
  const fields = [field("name", "text", true), field("email", "email", false)];

  test("says what is missing or wrong", () => {
    expect(check(fields, {})).toEqual({ name: "required", [MESSAGE]: "required" });
    expect(check(fields, { name: "A", email: "a@b", [MESSAGE]: "x" })).toEqual({
      email: "badEmail",
    });
    expect(check([field("ok", "consent", true)], { [MESSAGE]: "x" })).toEqual({ ok: "consent" });
    expect(check(fields, { name: "A", email: "a@b.example", [MESSAGE]: "x" })).toEqual({});
  });

  test("sends the site's own fields only", () => {
    const sent = formValues(fields, { name: " A ", email: "", other: "x", [MESSAGE]: "m" });
    expect(sent).toEqual({ name: "A" });
  });
});

describe("colours", () => {
  test("any accent becomes readable on both grounds", () => {
    for (const hex of ["#ffff00", "#000000", "#7a1f5c", "#0b6e69", "#ffffff", "#8888ff"]) {
      const rgb = parse(hex);
      if (!rgb) throw new Error(hex);
      for (const ground of [
        [255, 255, 255],
        [18, 23, 29],
      ] as [number, number, number][]) {
        expect(contrast(readable(rgb, ground), ground)).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(parse("red")).toBeNull();
  });
});

describe("words", () => {
  test("every language has the places to fill that English has", () => {
    const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const [ours, theirs] of [
      [en.words, zh.words],
      [en.words, ar.words],
      [enMore.words, zhMore.words],
      [enMore.words, arMore.words],
    ] as Record<string, string>[][]) {
      for (const [key, text] of Object.entries(ours ?? {})) {
        expect(places(theirs?.[key] ?? ""), key).toEqual(places(text));
      }
    }
  });

  test("later words come with more()", async () => {
    const speech = await speak("zh");
    expect(speech.t("send")).toBe("发送");
    expect(speech.t("rate")).toBe("");
    await speech.more();
    expect(speech.t("stars", { n: 4 })).toContain("4");
    expect(speech.maybe("err_new_code", "err_any")).toBe(speech.t("err_any"));
    expect(speech.maybe("constructor", "send")).toBe("发送");
  });

  test("numbers and times", () => {
    expect(fill("{a} of {b}", { a: 1, b: 2 })).toBe("1 of 2");
    expect(clock(0)).toBe("00:00");
    expect(clock(3_661_000)).toBe("1:01:01");
    expect(clock(-5)).toBe("00:00");
    expect(fileSize("en", 1_500_000)).toBe("1.5 MB");
    expect(fileSize("en", 0)).toBe("0 byte");
  });

  test("the address of the API may say v1 or not", () => {
    for (const url of ["http://w.example", "http://w.example/", "http://w.example/v1/"]) {
      expect(apiBase(url)).toBe("http://w.example/v1");
    }
  });
});
