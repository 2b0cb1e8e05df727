/**
 * The loader: the only script a page embeds. It fetches the site's public configuration, puts
 * the launcher on the page and loads the chat on the first click. It trusts nothing of the
 * page: names on `document` may be shadowed by elements, prototypes may be frozen.
 */
import type { SiteConfig } from "../wire";
import type { ChatApp, Host, Identity, Language, LauncherView, WeccApi, WeccEvents } from "./api";
import { buildLauncher } from "./launcher";

const TAG = "wecc-widget";
const STALE_MS = 60_000;
const here = new URL(import.meta.url);
const page = <K extends keyof Document>(key: K): Document[K] =>
  Reflect.get(Document.prototype, key, document);
const script = Document.prototype.querySelector.call(
  document,
  "script[data-wecc-site]",
) as HTMLElement | null;
const site = here.searchParams.get("site") ?? script?.dataset.weccSite ?? "";

function chooseLanguage(offered: string[]): Language {
  const known = (["en", "zh", "ar"] as const).filter((one) => offered.includes(one));
  const wishes = [
    script?.dataset.weccLanguage,
    page("documentElement").lang,
    ...navigator.languages,
  ];
  for (const wish of wishes) {
    const found = known.find((one) => wish?.toLowerCase().split("-")[0] === one);
    if (found) return found;
  }
  return known[0] ?? "en";
}

const fetchConfig = async (): Promise<SiteConfig> => {
  const answer = await fetch(new URL(`v1/sites/${encodeURIComponent(site)}/config`, here), {
    credentials: "omit",
  });
  if (!answer.ok) throw new Error(`wecc: no configuration (${answer.status})`);
  return answer.json();
};

/** Own, flat, short strings only: nothing of a hostile object reaches the wire. */
function flatten(context: Record<string, unknown>): Record<string, string> {
  const flat: Record<string, string> = Object.create(null);
  for (const key of Object.keys(context).slice(0, 50)) {
    const value = context[key];
    if (key !== "__proto__" && /^(string|number|boolean)$/.test(typeof value)) {
      flat[key.slice(0, 60)] = `${value}`.slice(0, 500);
    }
  }
  return flat;
}

/** Whether this browser has an open conversation here: then the chat loads without a click. */
function isReturning(): boolean {
  try {
    return localStorage.getItem(`wecc:${site}:live`) !== null;
  } catch {
    return false;
  }
}

function start(config: SiteConfig, shadow: ShadowRoot): void {
  const language = chooseLanguage(config.languages);
  const title = config.title[language] ?? Object.values(config.title)[0] ?? "";
  const launcher = buildLauncher(shadow, config, language, title);
  const listeners = new Map<string, Set<(detail: never) => void>>();
  let view: LauncherView = { availability: config.state, unread: 0, open: false };
  let chat: Promise<ChatApp> | undefined;
  const show = (change: Partial<LauncherView>): void => {
    view = { ...view, ...change };
    launcher.show(view);
  };
  const emit = <K extends keyof WeccEvents>(event: K, detail: WeccEvents[K]): void => {
    for (const listener of listeners.get(event) ?? []) {
      try {
        (listener as (detail: WeccEvents[K]) => void)(detail);
      } catch (problem) {
        reportError(problem);
      }
    }
  };
  const host: Host = {
    config,
    language,
    shadow,
    frame: launcher.frame,
    launcher: launcher.button,
    show,
    emit,
  };
  let identity: Identity | undefined;
  let context: Record<string, string> = {};
  const load = (): Promise<ChatApp> => {
    chat ??= import("../chat/mount").then(
      async ({ mount }) => {
        const app = await mount(host);
        app.setContext(context);
        if (identity) app.setUser(identity);
        return app;
      },
      (problem) => {
        chat = undefined; // the next click tries again
        emit("error", { code: "not_ready", message: `${problem}` });
        throw problem;
      },
    );
    return chat;
  };
  const run = (step: (app: ChatApp) => void): void => void load().then(step, () => {});
  const api: WeccApi = {
    open: () => run((app) => app.open()),
    close: () => chat?.then((app) => app.close()),
    startCall: () => run((app) => app.startCall()),
    setUser(jwt) {
      identity = jwt;
      chat?.then((app) => app.setUser(jwt));
    },
    setContext(values) {
      context = flatten(values);
      chat?.then((app) => app.setContext(context));
    },
    on: (event, listener) =>
      void (listeners.get(event) ?? listeners.set(event, new Set()).get(event))?.add(listener),
    off: (event, listener) => void listeners.get(event)?.delete(listener),
    push(...calls) {
      for (const [method, ...args] of calls) {
        if (Object.hasOwn(api, method) && method !== "push") {
          (api[method as "on"] as (...args: unknown[]) => void)(...args);
        }
      }
    },
  };
  launcher.button.onclick = () => (view.open ? api.close() : api.open());
  show({});
  const early = window.wecc;
  window.wecc = api;
  if (Array.isArray(early)) api.push(...early);
  if (isReturning()) void load();
  refresh(() => !chat, show);
}

/** Keep the state on the launcher true while the chat, which hears of changes, is not loaded. */
function refresh(isNeeded: () => boolean, show: (view: Partial<LauncherView>) => void): void {
  let at = performance.now();
  EventTarget.prototype.addEventListener.call(document, "visibilitychange", () => {
    if (!isNeeded() || page("hidden") || performance.now() - at < STALE_MS) return;
    at = performance.now();
    fetchConfig().then(
      (config) => isNeeded() && show({ availability: config.state }),
      () => {},
    );
  });
}

if (!site) {
  console.error('wecc: data-wecc-site="…" is missing');
} else if (!customElements.get(TAG)) {
  customElements.define(TAG, class extends HTMLElement {});
  fetchConfig().then((config) => {
    const element: HTMLElement = Document.prototype.createElement.call(document, TAG);
    const shadow = element.attachShadow({ mode: "open" });
    start(config, shadow);
    page("documentElement").append(element);
    // In the top layer no transform, filter or stacking of the page can touch it.
    element.popover = "manual";
    element.showPopover?.();
  }, reportError);
}
