/** The visitor's place in the queue, and how long they have waited. */
import type { JSX } from "preact";
import { placeOf } from "../state/select";
import { waitText } from "../words/wait";
import type { Chat } from "./context";
import { Timer } from "./timer";

export function Queue({ chat, id }: { chat: Chat; id: string }): JSX.Element | null {
  const { engine, t } = chat;
  const model = engine.model();
  const place = placeOf(model, id);
  const conversation = model.conversations[id];
  if (!place || !conversation || conversation.state === "closed") return null;
  if (place.kind === "message" && place.state !== "active") {
    return <p class="strip">{t("leftOk")}</p>;
  }
  if (place.state !== "waiting" && place.state !== "offered") return null;
  const isOffered = place.state === "offered";
  return (
    <div class="strip queue" role="status">
      {!isOffered && place.position && (
        <b class="place n" aria-hidden="true">
          {place.position}
        </b>
      )}
      <p>
        <b>
          {isOffered
            ? t("offered")
            : place.position
              ? t("number", { n: place.position })
              : t("queued")}
        </b>
        <span>
          {!isOffered && place.position && `${waitText(t, place)} `}
          {t("keep")}
        </span>
      </p>
      <small aria-hidden="true">
        {t("waited")} <Timer since={conversation.created_at_ms} now={engine.nowMs} />
      </small>
    </div>
  );
}
