/** The call chunk's entry. One controller per page, made at the first call. */
import { render } from "preact";
import type { Chat } from "../chat/context";
import { addStyle } from "../chat/lazy";
import { check, MESSAGE, type Problem } from "../form/fields";
import css from "./call.css?inline";
import { type Controller, makeController } from "./controller";
import { CallPanel } from "./panel";
import { callWords } from "./words";

let controller: Controller | undefined;

function build(chat: Chat, box: HTMLElement): Controller {
  const { host } = chat;
  addStyle(host.shadow, css);
  const audio = document.createElement("audio");
  audio.autoplay = true;
  host.shadow.append(audio);
  const words = callWords(host.language);
  const draw = (): void => render(<CallPanel chat={chat} call={made} words={words} />, box);
  const made = makeController(chat, audio, draw);
  chat.engine.listen(draw);
  return made;
}

export function showCalls(chat: Chat, box: HTMLElement): void {
  controller ??= build(chat, box);
  controller.sync();
}

/** A call needs the form's required fields, too: show which. */
async function askForm(chat: Chat, wrong: Record<string, Problem>): Promise<void> {
  await chat.speech.more();
  chat.set({ view: { name: "home" }, wrong, notice: chat.t("formFirst") });
  chat.open();
}

export function startCall(chat: Chat, box: HTMLElement, conversationId: string | null): void {
  const wrong: Record<string, Problem> = conversationId
    ? {}
    : check(chat.host.config.form, chat.screen().form);
  delete wrong[MESSAGE];
  if (Object.keys(wrong).length) return void askForm(chat, wrong);
  controller ??= build(chat, box);
  // The form has been filled in: the conversation of the call takes its place as soon as it is known.
  if (!conversationId) chat.set({ view: null, notice: "" });
  controller.begin(conversationId);
}
