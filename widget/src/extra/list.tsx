/** This visitor's earlier conversations, to read again. */
import type { JSX } from "preact";
import type { Chat } from "../chat/context";
import css from "./list.css?inline";

export { css };

export function List({ chat }: { chat: Chat }): JSX.Element {
  const { engine, set, speech, t } = chat;
  const known = Object.values(engine.model().conversations);
  const list = known.sort((a, b) => b.created_at_ms - a.created_at_ms);
  const show = (id: string): void => {
    if (!engine.model().messages[id]) engine.older(id);
    set({ view: { name: "thread", id } });
  };
  if (!list.length) return <p class="home">{t("noOlder")}</p>;
  return (
    <ul class="log list">
      {list.map((one) => (
        <li key={one.id}>
          <button type="button" class="line" onClick={() => show(one.id)}>
            <b dir="auto">{one.agent_name || t("agent")}</b>
            <small class="n">
              {speech.day(one.created_at_ms, engine.nowMs())} {speech.time(one.created_at_ms)}
              {one.rating ? ` · ${t("stars", { n: one.rating })}` : ""}
            </small>
          </button>
        </li>
      ))}
    </ul>
  );
}
