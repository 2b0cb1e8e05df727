import { Button, Group } from "@mantine/core";
import { useText } from "../../i18n";
import { Icon } from "../../icons";
import { desk } from "../../live/commands";
import type { Outgoing } from "../../live/outbox";
import { useLive } from "../../live/store";
import css from "./inbox.module.css";

/** A message that is not yet on the server: on its way, waiting for a connection, or refused. */
export function PendingMessage({ item }: { item: Outgoing }) {
  const t = useText();
  const open = useLive((state) => state.link === "open");
  return (
    <article className={css.message} data-mine="true" data-note={item.note} data-pending="true">
      <div className={css.bubble} dir="auto">
        {item.note && (
          <div className={css.noteHead}>
            <Icon name="lock" size={13} />
            {t("thread.privateNote")}
          </div>
        )}
        {item.text || t("thread.fileSending")}
      </div>
      {item.refused ? (
        <Group gap={8} className={css.receipt}>
          <span className={css.refused}>
            {t("outbox.refused")} {item.refusedWords}
          </span>
          <Button size="xs" variant="default" onClick={() => desk().retryMessage(item.id)}>
            {t("outbox.again")}
          </Button>
          <Button size="xs" variant="default" onClick={() => desk().discardMessage(item.id)}>
            {t("outbox.discard")}
          </Button>
        </Group>
      ) : (
        <span className={css.receipt}>
          <Icon name="clock" size={14} />
          {open ? t("outbox.sending") : t("outbox.waiting")}
        </span>
      )}
    </article>
  );
}
