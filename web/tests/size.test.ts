/** The weight of the first page, as built: `npm test` builds before it measures. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const BUILT = join(__dirname, "../../gateway/static/web");
const page = readFileSync(join(BUILT, "index.html"), "utf8");
const packed = (name: string) => gzipSync(readFileSync(join(BUILT, name)), { level: 9 }).length;
const named = (pattern: RegExp) => [
  ...new Set([...page.matchAll(pattern)].map((match) => match[1] ?? "")),
];
const total = (names: string[]) => names.reduce((sum, name) => sum + packed(name), 0);

describe("the built desk", () => {
  it("loads at most 180 KB of script and 40 KB of style at first", () => {
    const scripts = named(/(assets\/[^"]+\.js)"/g);
    expect(scripts.length).toBeGreaterThan(0);
    expect(total(scripts)).toBeLessThanOrEqual(180_000);
    expect(total(named(/(assets\/[^"]+\.css)"/g))).toBeLessThanOrEqual(40_000);
  });

  it("has no lazy part above 230 KB", () => {
    for (const name of readdirSync(join(BUILT, "assets")))
      expect(packed(`assets/${name}`), name).toBeLessThanOrEqual(230_000);
  });

  it("gives every script and style the nonce of its response, and asks nothing of other hosts", () => {
    for (const [tag] of page.matchAll(
      /<(?:script|style|link rel="(?:stylesheet|modulepreload)")[^>]*>/g,
    )) {
      expect(tag).toContain('nonce="__WECC_NONCE__"');
    }
    expect(page).not.toMatch(/(?:src|href)="https?:/);
    expect(page).toContain('<meta name="wecc-nonce" content="__WECC_NONCE__"');
  });
});
