/** The menu of the panel's head, and the question before a chat is ended. */
import type { JSX } from "preact";
import type { Chat, View } from "../chat/context";
import type { Key } from "../words/speak";
import css from "./menu.css?inline";

export { css };

function menuItems(chat: Chat, view: View): [Key, () => void][] {
  const { engine, screen, set } = chat;
  const items: [Key, () => void][] = [];
  const thread = view.name === "thread" ? view.id : "";
  const isOpen = engine.model().conversations[thread]?.state === "open";
  if (thread) {
    items.push([
      "transcript",
      () => import("./transcript").then((it) => it.saveTranscript(chat, thread)),
    ]);
  }
  items.push(["older", () => set({ view: { name: "list" } })]);
  const { hasSound } = screen();
  items.push([
    hasSound ? "soundOff" : "soundOn",
    () => {
      engine.keep.set("sound", hasSound ? "off" : "on");
      set({ hasSound: !hasSound });
    },
  ]);
  if (isOpen) items.push(["end", () => set({ popup: "end" })]);
  return items;
}

export function Menu({ chat, view }: { chat: Chat; view: View }): JSX.Element {
  return (
    <ul class="menu">
      {menuItems(chat, view).map(([word, act]) => (
        <li key={word}>
          <button
            type="button"
            onClick={() => {
              chat.set({ popup: "" });
              act();
            }}
          >
            {chat.t(word)}
          </button>
        </li>
      ))}
    </ul>
  );
}

export function AskEnd({ chat, id }: { chat: Chat; id: string }): JSX.Element {
  const { engine, set, t } = chat;
  return (
    <div class="strip ask" role="alertdialog" aria-label={t("endSure")}>
      <b>{t("endSure")}</b>
      <button
        type="button"
        class="bad"
        onClick={() => {
          engine.end(id);
          set({ popup: "" });
        }}
      >
        {t("end")}
      </button>
      <button type="button" onClick={() => set({ popup: "" })}>
        {t("stay")}
      </button>
    </div>
  );
}
