/** The chat chunk's entry: builds engine and screen, and gives the loader its handle. */
import { render } from "preact";
import intakeCss from "../files/intake.css?inline";
import formCss from "../form/form.css?inline";
import { openKeep, pageStorage } from "../link/keep";
import type { ChatApp, Host } from "../loader/api";
import { liveCall, openConversation, unreadCount } from "../state/select";
import type { MessageView } from "../wire";
import { speak } from "../words/speak";
import { App, currentView } from "./app";
import chatCss from "./chat.css?inline";
import type { Chat, Screen, View } from "./context";
import { startEngine } from "./engine";
import { addStyle } from "./lazy";
import { isHidden } from "./page";
import queueCss from "./queue.css?inline";

const RING_AFTER_MS = 400;

export async function mount(host: Host): Promise<ChatApp> {
  const speech = await speak(host.language);
  addStyle(host.shadow, chatCss + formCss + intakeCss + queueCss);
  // The loader has set a colour only where the site has one of its own.
  if (host.frame.style.length) {
    void import("../extra/colour").then((it) => it.paint(host.frame, host.config.accent));
  }
  const box = document.createElement("div");
  const callBox = document.createElement("div");
  host.frame.prepend(box, callBox);
  const { visualViewport: view } = window;
  if (view && matchMedia("(pointer: coarse)").matches) {
    void import("../extra/keyboard").then((it) => it.fitToKeyboard(host.frame, view));
  }
  const perTab = openKeep(host.config.key, pageStorage("sessionStorage"));

  let isDue = false;
  let lastUnread = 0;
  let isTitled = false;
  let lastState = "";
  const changed = (): void => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      draw();
    });
  };
  const arrived = (messages: MessageView[], isLeader: boolean): void => {
    for (const { conversation_id, id, author, text } of messages) {
      host.emit("message", { conversation_id, id, author: author.name, text });
    }
    if (isLeader) setTimeout(ring, RING_AFTER_MS);
  };
  const ring = (): void => {
    if (screen.hasSound && lastUnread) void notice().then((it) => it.ring());
  };
  const engine = startEngine({ host, changed, arrived });
  let screen: Screen = {
    isOpen: false,
    view: null,
    popup: "",
    hasSound: engine.keep.get("sound") !== "off",
    form: JSON.parse(engine.keep.get("form") ?? "{}"),
    wrong: {},
    uploads: [],
    notice: "",
  };
  let kept: View | undefined;
  const set = (change: Partial<Screen>): void => {
    screen = { ...screen, ...change };
    changed();
  };

  function draw(): void {
    const model = engine.model();
    const isKnown = (id: string): boolean => id in model.conversations;
    if (screen.view === kept && kept?.name === "thread" && !isKnown(kept.id)) {
      screen = { ...screen, view: null }; // the page has said that this is somebody else
    }
    const view = currentView(chat);
    if (screen.isOpen && view.name === "thread") {
      // What is being read stays on the screen, though it be read or end.
      if (!screen.view && isKnown(view.id)) {
        kept = view;
        screen = { ...screen, view };
      }
      if (!isHidden()) engine.read(view.id);
    }
    const unread = unreadCount(engine.model());
    host.show({ availability: model.availability, unread, open: screen.isOpen });
    if (unread !== lastUnread) host.emit("unread", unread);
    if (lastState && lastState !== model.availability) {
      host.emit("availability", model.availability);
    }
    lastUnread = unread;
    lastState = model.availability;
    if (unread || isTitled) void notice().then((it) => it.titleCount(unread));
    isTitled = unread > 0;
    if (liveCall(model)) void calls().then((it) => it.showCalls(chat, callBox));
    render(<App chat={chat} />, box);
  }

  const notice = (): Promise<typeof import("../extra/notice")> => import("../extra/notice");
  const calls = (): Promise<typeof import("../call/mount")> => import("../call/mount");
  const sorry = async (): Promise<void> => {
    await speech.more();
    set({ notice: speech.t("err_any") });
  };
  const files = (): Promise<typeof import("../files/upload")> => import("../files/upload");
  const chat: Chat = {
    host,
    engine,
    speech,
    t: speech.t,
    screen: () => screen,
    set,
    close() {
      if (!screen.isOpen) return;
      set({ isOpen: false, popup: "" });
      perTab.set("open", "");
      queueMicrotask(() => host.launcher.focus()); // drawn anew first: it may have been hidden
      host.emit("close", null);
    },
    addFiles: (id, list) => void files().then((it) => it.add(chat, id, list), sorry),
    retryUpload: (id) => void files().then((it) => it.run(chat, id), sorry),
    open,
    dropUpload(id) {
      set({ uploads: screen.uploads.filter((one) => one.id !== id) });
    },
    placeCall: (slot) => (slot ?? host.frame).append(callBox),
    startCall: (id) => void calls().then((it) => it.startCall(chat, callBox, id), sorry),
  };
  EventTarget.prototype.addEventListener.call(document, "visibilitychange", changed);

  function open(): void {
    if (screen.isOpen) return;
    set({ isOpen: true });
    perTab.set("open", "1");
    engine.reconnect();
    host.emit("open", null);
    queueMicrotask(() => {
      const isTouch = matchMedia("(pointer: coarse)").matches;
      const target = isTouch
        ? "h2"
        : "[aria-invalid],.compose textarea,.home input,.home select,.home textarea,h2";
      box.querySelector<HTMLElement>(target)?.focus({ preventScroll: true });
    });
  }
  const app: ChatApp = {
    open,
    close: chat.close,
    setUser: engine.setUser,
    setContext: engine.setContext,
    startCall: () => chat.startCall(openConversation(engine.model())?.id ?? null),
  };
  draw();
  if (perTab.get("open")) open();
  return app;
}
