/** What stands above the thread: the place in the queue, the connection, a question to settle. */
import type { JSX } from "preact";
import { placeOf } from "../state/select";
import type { Chat, View } from "./context";
import { AskEnd } from "./parts";
import { Queue } from "./queue";

/** Whether there is a place in the queue to show. */
function isWaiting(chat: Chat, id: string): boolean {
  const model = chat.engine.model();
  const state = placeOf(model, id)?.state;
  const isOpen = model.conversations[id]?.state === "open";
  return isOpen && (state === "waiting" || state === "offered");
}

export function Strips({ chat, view }: { chat: Chat; view: View }): JSX.Element {
  const { engine, screen, set, t } = chat;
  const { status, visitor } = engine.model();
  const { popup, notice } = screen();
  const lost =
    status === "stopped" ? "stopped" : !visitor && status === "connecting" ? "connecting" : "lost";
  return (
    <>
      <div role="status">
        {status !== "online" && <p class={`strip ${lost}`}>{t(lost)}</p>}
        {notice && (
          <p class="strip stopped">
            {notice}{" "}
            <button type="button" onClick={() => set({ notice: "" })}>
              {t("close")}
            </button>
          </p>
        )}
      </div>
      {view.name === "thread" && isWaiting(chat, view.id) && <Queue chat={chat} id={view.id} />}
      {popup === "end" && view.name === "thread" && <AskEnd chat={chat} id={view.id} />}
    </>
  );
}
