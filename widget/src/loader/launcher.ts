/** The button that stands on the page before anything else is loaded. */
import type { SiteConfig } from "../wire";
import type { Availability, Language, LauncherView } from "./api";
import css from "./launcher.css?inline";

const WORDS: Record<Language, Record<Availability | "unread", string>> = {
  en: {
    online: "We are here",
    busy: "Short wait",
    offline: "Leave a message",
    unread: "unread",
  },
  zh: { online: "在线", busy: "需稍候", offline: "请留言", unread: "条未读" },
  ar: {
    online: "نحن هنا",
    busy: "انتظار قصير",
    offline: "اترك رسالة",
    unread: "غير مقروءة",
  },
};

/** Outline of the bubble; the stroke inside it tells the state without colour. */
const BUBBLE = "M4 5h16v11H11l-4 4v-4H4z";
const PATHS: Record<Availability | "close", string> = {
  online: `${BUBBLE}M8 10.5h8`,
  busy: `${BUBBLE}M8 10.5h.01M12 10.5h.01M16 10.5h.01`,
  offline: "M3 6h18v12H3zM3 6.5l9 7 9-7",
  close: "M6 9l6 6 6-6",
};

const doc = Document.prototype;
const make = (tag: string): HTMLElement => doc.createElement.call(document, tag);
const shape = (tag: string): SVGElement =>
  doc.createElementNS.call(document, "http://www.w3.org/2000/svg", tag) as SVGElement;

/** The default accent: its light and dark shades are in the style sheet. */
const OURS = "#0b6e69";

/** Whether white reads better on `hex` than near-black: WCAG luminance, which crosses near 0.2. */
function isDark(hex: string): boolean {
  const value = Number.parseInt(hex.slice(1), 16);
  const part = (shift: number, weight: number): number =>
    weight * (((value >> shift) & 255) / 255) ** 2.2;
  return part(16, 0.2126) + part(8, 0.7152) + part(0, 0.0722) < 0.2;
}

export interface Launcher {
  frame: HTMLElement;
  button: HTMLButtonElement;
  show(view: LauncherView): void;
}

export function buildLauncher(
  shadow: ShadowRoot,
  config: SiteConfig,
  language: Language,
  title: string,
): Launcher {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [sheet];
  const frame = make("div");
  frame.lang = language;
  frame.dir = language === "ar" ? "rtl" : "ltr";
  const { accent } = config;
  if (/^#[0-9a-f]{6}$/i.test(accent) && accent.toLowerCase() !== OURS) {
    for (const name of ["--l", "--d"]) {
      frame.style.setProperty(name, accent);
      frame.style.setProperty(`${name}t`, isDark(accent) ? "#fff" : "#06201e");
    }
  }
  const button = make("button") as HTMLButtonElement;
  button.type = "button";
  button.className = "l";
  const icon = shape("svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const path = shape("path");
  icon.append(path);
  const label = make("span");
  const state = make("small");
  label.append(`${title} `, state);
  const badge = make("b");
  badge.ariaHidden = "true";
  button.append(icon, label, badge);
  frame.append(button);
  shadow.append(frame);
  const words = WORDS[language];
  return {
    frame,
    button,
    show({ availability, unread, open }) {
      frame.className = `w ${config.position}${open ? " open" : ""}`;
      path.setAttribute("d", PATHS[open ? "close" : availability]);
      state.textContent = words[availability];
      badge.textContent = `${unread || ""}`;
      button.ariaExpanded = `${open}`;
      button.ariaLabel = `${title} ${words[availability]}${unread ? ` ${unread} ${words.unread}` : ""}`;
    },
  };
}
