/** Where the visitor is. Single-page sites change the address without loading anything. */
import type { PageInfo } from "../wire";

const LOOK_MS = 1_000;
const read = <K extends keyof Document>(key: K): Document[K] =>
  Reflect.get(Document.prototype, key, document);

export function pageInfo(): PageInfo {
  return {
    url: location.href.slice(0, 2_000),
    title: `${read("title")}`.replace(/^\(\d+\) /, "").slice(0, 500),
    referrer: `${read("referrer")}`.slice(0, 2_000),
  };
}

export const isHidden = (): boolean => read("hidden");

/** Call `changed` when the visible tab shows another address or title. */
export function watchPage(changed: () => void): void {
  const current = (): string => `${location.href}\n${read("title")}`;
  let known = current();
  const look = (): void => {
    if (isHidden() || known === current()) return;
    known = current();
    changed();
  };
  const events = (window as { navigation?: EventTarget }).navigation ?? window;
  events.addEventListener("navigatesuccess", look);
  window.addEventListener("popstate", look);
  EventTarget.prototype.addEventListener.call(document, "visibilitychange", () => {
    known = "";
    look();
  });
  setInterval(look, LOOK_MS);
}
