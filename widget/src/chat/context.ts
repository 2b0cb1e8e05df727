/** What every component is given: the engine, the words, and the state of the screen. */
import type { Host } from "../loader/api";
import type { Speech } from "../words/speak";
import type { Engine } from "./engine";

export type View = { name: "home" } | { name: "thread"; id: string } | { name: "list" };

export interface Upload {
  id: string;
  conversationId: string;
  file: File;
  sent: number;
  error: string;
}

export interface Screen {
  isOpen: boolean;
  /** Null: whatever fits, the open conversation or the start. */
  view: View | null;
  popup: "" | "menu" | "emoji" | "end";
  hasSound: boolean;
  form: Readonly<Record<string, string>>;
  /** Form fields that were submitted empty or wrong. */
  wrong: Readonly<Record<string, string>>;
  uploads: readonly Upload[];
  notice: string;
}

export interface Chat {
  host: Host;
  engine: Engine;
  speech: Speech;
  t: Speech["t"];
  screen(): Screen;
  set(change: Partial<Screen>): void;
  open(): void;
  close(): void;
  addFiles(conversationId: string, files: Iterable<File>): void;
  retryUpload(id: string): void;
  dropUpload(id: string): void;
  startCall(conversationId: string | null): void;
  /** The call lives in the open panel, or on the page when the panel is closed. */
  placeCall(slot: HTMLElement | null): void;
}
