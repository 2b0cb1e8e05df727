import type { Language } from "./index";

const locale = (language: Language) => (language === "zh" ? "zh-CN" : "en-GB");
const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(language: Language, name: string, options: Intl.DateTimeFormatOptions) {
  const key = `${language}/${name}`;
  let found = cache.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale(language), options);
    cache.set(key, found);
  }
  return found;
}

export function clockTime(language: Language, atMs: number): string {
  return formatter(language, "time", { hour: "2-digit", minute: "2-digit", hour12: false }).format(
    atMs,
  );
}

export function dateTime(language: Language, atMs: number): string {
  return formatter(language, "dateTime", {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  }).format(atMs);
}

export function dayMark(language: Language, atMs: number): string {
  return formatter(language, "day", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  }).format(atMs);
}

/** A date of the calendar, ``2027-01-01``, as people read it. */
export function dayOf(language: Language, date: string): string {
  return formatter(language, "dayOf", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  }).format(Date.parse(date));
}

/** Time for today, day and month for this year, a date otherwise. */
export function shortWhen(language: Language, atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const now = new Date(nowMs);
  if (at.toDateString() === now.toDateString()) return clockTime(language, atMs);
  if (at.getFullYear() === now.getFullYear()) {
    return formatter(language, "short", { day: "numeric", month: "short" }).format(atMs);
  }
  return formatter(language, "date", { day: "2-digit", month: "2-digit", year: "numeric" }).format(
    atMs,
  );
}

/** ``4:05``, ``1:04:05``, ``3 d 04 h``: always the same width class, for tabular figures. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
  if (hours > 0) return `${hours}:${two(minutes)}:${two(total % 60)}`;
  return `${minutes}:${two(total % 60)}`;
}

export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB"];
  let value = bytes;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < units.length - 1);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** The name of a language tag in the reader's own language; the tag itself when unknown. */
export function languageName(language: Language, tag: string): string {
  if (!tag) return "";
  try {
    return new Intl.DisplayNames([locale(language)], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** A short description of a browser from its user agent string. */
export function browserName(agent: string): string {
  const system = /Windows|Android|iPhone|iPad|Mac OS X|CrOS|Linux/.exec(agent)?.[0] ?? "";
  const patterns: [RegExp, string][] = [
    [/Edg\/(\d+)/, "Edge"],
    [/OPR\/(\d+)/, "Opera"],
    [/Firefox\/(\d+)/, "Firefox"],
    [/Chrome\/(\d+)/, "Chrome"],
    [/Version\/(\d+).*Safari/, "Safari"],
  ];
  for (const [pattern, name] of patterns) {
    const match = pattern.exec(agent);
    if (match)
      return `${name} ${match[1]}${system ? ` · ${system.replace("Mac OS X", "macOS")}` : ""}`;
  }
  return agent.slice(0, 60);
}
