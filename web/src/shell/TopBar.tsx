import { Button } from "@mantine/core";
import { targetS, useQueues } from "../data/rest";
import { useText } from "../i18n";
import { duration } from "../i18n/format";
import { Icon } from "../icons";
import { useKeysOf } from "../keys/useActions";
import { useNow } from "../live/clock";
import { useLive } from "../live/store";
import { Expected } from "../ui/Expected";
import { IconButton, KeyCaps } from "../ui/parts";
import type { QueueLive } from "../wire";
import { AgentState } from "./AgentState";
import { openPalette } from "./Palette";
import { openSheet } from "./Sheet";

import css from "./shell.module.css";

const SHOWN = 4;

export const waitingIn = (queue: QueueLive) =>
  Object.values(queue.waiting).reduce((sum, n) => sum + n, 0);

/** Green-less on purpose: only what is near or past its target gets a colour. */
export function targetClass(waitedMs: number, targetS: number | undefined): string {
  if (!targetS) return "";
  if (waitedMs >= targetS * 1_000) return css.late ?? "";
  return waitedMs >= targetS * 750 ? (css.near ?? "") : "";
}

function Figure({ queue, targetS }: { queue: QueueLive; targetS: number | undefined }) {
  const t = useText();
  const now = useNow();
  const waited = queue.longest_wait_since_ms === null ? null : now - queue.longest_wait_since_ms;
  return (
    <li className={css.queue}>
      <span className="clip">{queue.name}</span>
      <b className="num">{waitingIn(queue)}</b>
      <span className="muted">{t("queue.waiting")}</span>
      {waited !== null && (
        <span className={`num ${targetClass(waited, targetS)}`}>{duration(waited)}</span>
      )}
      <span className="muted num">
        <Expected queue={queue} />
      </span>
    </li>
  );
}

export function TopBar() {
  const t = useText();
  const queues = useLive((state) => state.queues);
  const { data: settings } = useQueues();
  const keys = useKeysOf("palette");
  const busiest = Object.values(queues)
    .sort((a, b) => waitingIn(b) - waitingIn(a) || a.name.localeCompare(b.name))
    .slice(0, SHOWN);
  return (
    <section className={css.top} aria-label={t("shell.top")}>
      <AgentState />
      <ul className={css.queues} aria-label={t("queue.now")}>
        {busiest.map((queue) => (
          <Figure key={queue.queue_id} queue={queue} targetS={targetS(settings, queue.queue_id)} />
        ))}
      </ul>
      <div className={css.grow} />
      <div className={css.wide}>
        <Button
          variant="default"
          className={css.search}
          justify="space-between"
          onClick={() => openPalette()}
          leftSection={<Icon name="search" size={16} />}
          rightSection={<KeyCaps keys={keys} />}
        >
          {t("palette.open")}
        </Button>
      </div>
      <IconButton icon="keyboard" label={t("sheet.title")} onClick={openSheet} />
    </section>
  );
}
