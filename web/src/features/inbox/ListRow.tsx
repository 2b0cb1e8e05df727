import { Badge, Button } from "@mantine/core";
import { Link, useLocation } from "wouter";
import { queryClient } from "../../data/query";
import { targetS, useQueues } from "../../data/rest";
import { useLanguage, useText } from "../../i18n";
import { duration, shortWhen } from "../../i18n/format";
import { Icon } from "../../icons";
import { useNow } from "../../live/clock";
import { takeInteraction } from "../../live/commands";
import { unreadCount, useLive, waitingSince } from "../../live/store";
import { attempt } from "../../ui/notify";
import { KIND_ICON } from "../../ui/parts";
import type { InteractionView } from "../../wire";
import css from "./inbox.module.css";
import type { Item, View } from "./items";
import { snippet } from "./words";

/** How long somebody has been waiting; coloured near and past the queue's target. */
function Wait({ sinceMs, queueId, kind }: { sinceMs: number; queueId: string; kind: string }) {
  const t = useText();
  const now = useNow();
  const { data: queues } = useQueues();
  const target = targetS(queues, queueId, kind);
  const waited = now - sinceMs;
  const level = !target
    ? ""
    : waited >= target * 1_000
      ? css.late
      : waited >= target * 750
        ? css.near
        : "";
  return (
    <span className={`num ${css.wait} ${level}`} title={t("list.waits")}>
      {duration(waited)}
    </span>
  );
}

function Take({ interaction }: { interaction: InteractionView }) {
  const t = useText();
  const [, go] = useLocation();
  const open = useLive((state) => state.link === "open");
  const take = async () => {
    if (await attempt(() => takeInteraction(interaction.id)))
      go(`/inbox/${interaction.conversation_id}`);
    await queryClient.invalidateQueries({ queryKey: ["waiting"] });
  };
  return (
    <Button
      size="xs"
      variant="default"
      className={css.take}
      disabled={!open}
      onClick={() => void take()}
    >
      {t("list.take")}
    </Button>
  );
}

function Right({ item, view, unread }: { item: Item; view: View; unread: number }) {
  const language = useLanguage();
  const now = useNow();
  const { interaction, conversation } = item;
  const since =
    view === "queue" ? (interaction?.enqueued_at_ms ?? null) : waitingSince(conversation);
  const live = view === "queue" || (view === "mine" && interaction?.state === "active");
  return (
    <span className={css.right}>
      {live && since !== null ? (
        <Wait
          sinceMs={since}
          queueId={interaction?.queue_id ?? ""}
          kind={interaction?.kind ?? ""}
        />
      ) : (
        <span className={`num muted ${css.wait}`}>
          {shortWhen(language, conversation.last_message?.at_ms ?? conversation.created_at_ms, now)}
        </span>
      )}
      {unread > 0 && (
        <Badge variant="filled" size="sm" className="num" px={6}>
          {unread}
        </Badge>
      )}
    </span>
  );
}

/** One conversation: channel, name, last words, wait, unread. */
export function ListRow({ item, selected, view }: { item: Item; selected: boolean; view: View }) {
  const t = useText();
  const { conversation, interaction } = item;
  const typing = useLive((state) => state.typing[conversation.id]);
  const unread = useLive((state) => (view === "mine" ? unreadCount(state, conversation) : 0));
  const name = conversation.contact.name || t("contact.unnamed");
  const all = interaction ? [interaction, ...item.beside] : [];
  const wrapping = all.some((each) => each.state === "wrap_up");
  const kinds = [...new Set(all.map((each) => each.kind))];
  return (
    <div className={css.row} data-selected={selected} data-unread={unread > 0}>
      <Link
        href={`/inbox/${conversation.id}`}
        className={css.link}
        aria-current={selected ? "true" : undefined}
      >
        <span className={css.kind} data-online={conversation.visitor_online}>
          {(kinds.length > 0 ? kinds : (["chat"] as const)).map((kind) => (
            <Icon
              key={kind}
              name={KIND_ICON[kind] ?? "chat"}
              size={kinds.length > 1 ? 16 : 18}
              label={t(`kind.${kind}`)}
            />
          ))}
        </span>
        <span className={css.text}>
          <span className={`clip ${css.name}`}>{name}</span>
          <span className={`clip ${css.snippet}`}>
            {view === "queue" && interaction?.transfer_note
              ? t("offer.note", { note: interaction.transfer_note })
              : wrapping
                ? t("list.wrapUp")
                : typing
                  ? t("thread.typing", { name })
                  : snippet(t, conversation.last_message)}
          </span>
        </span>
        <Right item={item} view={view} unread={unread} />
      </Link>
      {view === "queue" && interaction && <Take interaction={interaction} />}
    </div>
  );
}
