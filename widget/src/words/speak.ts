/** The chosen language: words by key, and times and sizes by `Intl`. */
import type { Language } from "../loader/api";
import { words as en, type Words } from "./en";
import type { MoreWords } from "./en-more";

export type Key = keyof Words | keyof MoreWords;
type All = Words & Partial<MoreWords>;

export interface Speech {
  language: Language;
  t(key: Key, params?: Record<string, string | number>): string;
  /** A word that may not exist, such as one for an error code of a newer server. */
  maybe(key: string, otherwise: Key, params?: Record<string, string | number>): string;
  has(key: string): boolean;
  /** Load the words of the parts that load later. */
  more(): Promise<void>;
  time(atMs: number): string;
  day(atMs: number, nowMs: number): string;
}

export function fill(text: string, params: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => `${params[name] ?? ""}`);
}

const first: Record<Language, () => Promise<Words>> = {
  en: async () => en,
  zh: async () => (await import("./zh")).words,
  ar: async () => (await import("./ar")).words,
};
const later: Record<Language, () => Promise<{ words: MoreWords }>> = {
  en: () => import("./en-more"),
  zh: () => import("./zh-more"),
  ar: () => import("./ar-more"),
};

export async function speak(language: Language): Promise<Speech> {
  const all: All = { ...(await first[language]()) };
  // The visitor's own region where it speaks this language: British clocks have 24 hours.
  const region = navigator.languages?.find((tag) => tag.startsWith(`${language}-`)) ?? language;
  const clock = new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit" });
  const date = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
  const near = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const t: Speech["t"] = (key, params = {}) => fill(all[key] ?? "", params);
  const has = (key: string): boolean => Object.hasOwn(all, key);
  return {
    language,
    has,
    t,
    maybe: (key, otherwise, params) => t(has(key) ? (key as Key) : otherwise, params),
    more: async () => void Object.assign(all, (await later[language]()).words),
    time: (atMs) => clock.format(atMs),
    day(atMs, nowMs) {
      const days = Math.round(
        (new Date(nowMs).setHours(0, 0, 0, 0) - new Date(atMs).setHours(0, 0, 0, 0)) / 86_400_000,
      );
      return days < 2 ? near.format(-days, "day") : date.format(atMs);
    },
  };
}
