import { create } from "zustand";
import type { AdminKey } from "./admin.en";
import { en } from "./en";
import type { FloorKey } from "./floor.en";
import type { PeopleKey } from "./people.en";
import type { QueueKey } from "./queue.en";
import type { ReportsKey } from "./reports.en";
import type { WhyKey } from "./why.en";

export type Language = "en" | "zh";
export type Key =
  | keyof typeof en
  | AdminKey
  | FloorKey
  | PeopleKey
  | QueueKey
  | ReportsKey
  | WhyKey;
export type Params = Record<string, string | number>;
export type Translate = (key: Key, params?: Params) => string;

interface Words {
  language: Language;
  words: Record<string, string>;
}

const useWords = create<Words>(() => ({ language: "en", words: en }));
const PARTS = {
  admin: {
    en: async () => (await import("./admin.en")).adminEn,
    zh: async () => (await import("./admin.zh")).adminZh,
  },
  floor: {
    en: async () => (await import("./floor.en")).floorEn,
    zh: async () => (await import("./floor.zh")).floorZh,
  },
  people: {
    en: async () => (await import("./people.en")).peopleEn,
    zh: async () => (await import("./people.zh")).peopleZh,
  },
  queue: {
    en: async () => (await import("./queue.en")).queueEn,
    zh: async () => (await import("./queue.zh")).queueZh,
  },
  reports: {
    en: async () => (await import("./reports.en")).reportsEn,
    zh: async () => (await import("./reports.zh")).reportsZh,
  },
  why: {
    en: async () => (await import("./why.en")).whyEn,
    zh: async () => (await import("./why.zh")).whyZh,
  },
} as const;
type Part = keyof typeof PARTS;
const loaded = new Set<Part>();

/** Fill ``{name}`` places. A place without a value stays visible, so that tests find it. */
export function fill(text: string, params?: Params): string {
  if (!params) return text;
  return text.replace(/\{(\w+)\}/g, (place, name: string) =>
    name in params ? String(params[name]) : place,
  );
}

async function partWords(language: Language): Promise<Record<string, string>> {
  const words = await Promise.all([...loaded].map((part) => PARTS[part][language]()));
  return Object.assign({}, ...words);
}

/** Switch the desk's language; the Chinese words are fetched when they are first needed. */
export async function setLanguage(language: Language): Promise<void> {
  const core = language === "zh" ? (await import("./zh")).zh : en;
  useWords.setState({ language, words: { ...core, ...(await partWords(language)) } });
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  localStorage.setItem("wecc.language", language);
}

/** Called by a lazy part of the desk before it is shown. */
export async function loadWords(part: Part): Promise<void> {
  loaded.add(part);
  const more = await partWords(useWords.getState().language);
  useWords.setState(({ words }) => ({ words: { ...words, ...more } }));
}

/** The language remembered on this machine, or the browser's. */
export function startLanguage(): Language {
  const stored = localStorage.getItem("wecc.language");
  if (stored === "en" || stored === "zh") return stored;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** Translate outside of components. */
export const t: Translate = (key, params) => fill(useWords.getState().words[key] ?? key, params);

export function useText(): Translate {
  const words = useWords((state) => state.words);
  return (key, params) => fill(words[key] ?? key, params);
}

export function useLanguage(): Language {
  return useWords((state) => state.language);
}

/** Words for an error: the server's own English, or the code's translation. */
export function errorWords(error: { code: string; message: string }): string {
  const { language, words } = useWords.getState();
  const key = `error.${error.code}`;
  if (language === "en" && error.message) return error.message;
  return words[key] ?? (error.message || t("error.internal"));
}
