/**
 * What the three parts of the widget promise each other: the page (`WeccApi`), the loader
 * (`Host`) and the chat chunk (`ChatApp`). Types only: chunks never import the loader's code,
 * because a module loaded under two addresses would run twice.
 */
import type { SiteConfig } from "../wire";

export type Availability = SiteConfig["state"];
export type Language = "en" | "zh" | "ar";

/** What a page can listen to with `wecc.on(event, listener)`. */
export interface WeccEvents {
  open: null;
  close: null;
  /** Unread messages, whenever the number changes. */
  unread: number;
  availability: Availability;
  /** A message of the other side arrived. */
  message: { conversation_id: string; id: string; author: string; text: string };
  conversation: { id: string; state: "open" | "closed" };
  call: { id: string; state: string };
  error: { code: string; message: string };
}

export type Listener<K extends keyof WeccEvents> = (detail: WeccEvents[K]) => void;
/** A signed identity, or a function that fetches a fresh one when the widget connects. */
export type Identity = string | (() => string | Promise<string>);

/** `window.wecc`. Before it is there: `(window.wecc ||= []).push(["open"])`. */
export interface WeccApi {
  open(): void;
  close(): void;
  setUser(jwt: Identity): void;
  setContext(context: Record<string, string | number | boolean>): void;
  startCall(): void;
  on<K extends keyof WeccEvents>(event: K, listener: Listener<K>): void;
  off<K extends keyof WeccEvents>(event: K, listener: Listener<K>): void;
  push(...calls: [method: string, ...args: unknown[]][]): void;
}

/** What the launcher button shows. */
export interface LauncherView {
  availability: Availability;
  unread: number;
  open: boolean;
}

/** What the loader hands to the chat chunk. */
export interface Host {
  config: SiteConfig;
  language: Language;
  shadow: ShadowRoot;
  frame: HTMLElement;
  launcher: HTMLButtonElement;
  show(view: Partial<LauncherView>): void;
  emit<K extends keyof WeccEvents>(event: K, detail: WeccEvents[K]): void;
}

/** What the chat chunk gives back. */
export interface ChatApp {
  open(): void;
  close(): void;
  setUser(jwt: Identity): void;
  setContext(context: Record<string, string>): void;
  startCall(): void;
}

declare global {
  interface Window {
    wecc?: WeccApi | [method: string, ...args: unknown[]][];
  }
}
