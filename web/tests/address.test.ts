import { expect, test } from "vitest";
import { honestLink } from "../src/ui/address";

test("plain addresses are shown as they were written", () => {
  for (const raw of [
    "https://shop.example/a?b=c#d",
    "http://shop.example:8080/",
    "https://Shop.example/路/灯",
    "https://xn--shp-alder-o6a.example/",
  ])
    expect(honestLink(raw)?.label).toBe(raw);
});

test("look-alike hosts show the name a browser asks for", () => {
  expect(honestLink("https://\u0430pple.example/id")?.label).toBe(
    "https://xn--pple-43d.example/id",
  );
  expect(honestLink("https://shop\u3002example/")?.label).toBe("https://shop.example/");
});

test("what is invisible or turns letters around is written out", () => {
  const label = honestLink("https://shop.example/\u202egpj.exe\u200b")?.label ?? "";
  expect(label).toBe("https://shop.example/%E2%80%AEgpj.exe%E2%80%8B");
  expect(honestLink("https://sh\u200bop.example/")?.label).toBe("https://shop.example/");
});

test("other schemes and names before an @ are no links", () => {
  for (const raw of [
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "blob:https://shop.example/1",
    "//shop.example",
    "https://shop.example@evil.example/",
    "https://a:b@evil.example/",
    "shop.example",
    "https://",
    "",
  ])
    expect(honestLink(raw)).toBeNull();
});
