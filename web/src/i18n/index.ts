import { create } from "zustand";
import type { AdminKey } from "./admin.en";
import { en } from "./en";

export type Language = "en" | "zh";
export type Key = keyof typeof en | AdminKey;
export type Params = Record<string, string | number>;
export type Translate = (key: Key, params?: Params) => string;

interface Words {
  language: Language;
  words: Record<string, string>;
}

const useWords = create<Words>(() => ({ language: "en", words: en }));
let adminLoaded = false;

/** Fill ``{name}`` places. A place without a value stays visible, so that tests find it. */
export function fill(text: string, params?: Params): string {
  if (!params) return text;
  return text.replace(/\{(\w+)\}/g, (place, name: string) =>
    name in params ? String(params[name]) : place,
  );
}

async function adminWords(language: Language): Promise<Record<string, string>> {
  if (!adminLoaded) return {};
  return language === "zh"
    ? (await import("./admin.zh")).adminZh
    : (await import("./admin.en")).adminEn;
}

/** Switch the desk's language; the Chinese words are fetched when they are first needed. */
export async function setLanguage(language: Language): Promise<void> {
  const core = language === "zh" ? (await import("./zh")).zh : en;
  useWords.setState({ language, words: { ...core, ...(await adminWords(language)) } });
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  localStorage.setItem("wecc.language", language);
}

/** Called by the administration chunk before it is shown. */
export async function loadAdminWords(): Promise<void> {
  adminLoaded = true;
  const { language, words } = useWords.getState();
  useWords.setState({ words: { ...words, ...(await adminWords(language)) } });
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
