import { Button } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { type Key, useLanguage, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { useNow } from "../../live/clock";
import { setPageTitle } from "../../sound/attention";
import { Empty, Failed, Loading, Wide } from "../../ui/parts";
import type { AgentView, BoardView } from "../../wire";
import { written } from "../reports/figures";
import { Agents } from "./Agents";
import { Alarms } from "./Alarms";
import { sum, useBoard, useToday } from "./board";
import css from "./live.module.css";
import { Queues } from "./Queues";
import type { Act } from "./Steer";
import { Waiting } from "./Waiting";

const Done = lazy(() => import("./Done"));
const Steer = lazy(() => import("./Steer"));

interface FiguresProps {
  board: NonNullable<ReturnType<typeof useBoard>["data"]>;
  today: BoardView | undefined;
}

/** Counted here, second by second, while every agent is in the list; by the server otherwise. */
function Figures({ board: { queues, agents, counts, inHand }, today }: FiguresProps) {
  const isWhole = agents.length >= sum(counts);
  const count = (state: AgentView["state"]) =>
    isWhole ? agents.filter((agent) => agent.state === state).length : undefined;
  const t = useText();
  const language = useLanguage();
  const now = useNow();
  const since = queues.map((queue) => queue.longest_wait_since_ms).filter((ms) => ms !== null);
  const served = written(language, "service_level_settled", today?.total.service_level_settled);
  const figures: [Key, string][] = [
    ["live.waiting", String(queues.reduce((all, queue) => all + sum(queue.waiting), 0))],
    ["live.longest", since.length > 0 ? duration(now - Math.min(...since)) : "–"],
    ["board.level", served],
    ["live.ready", String(count("ready") ?? counts.ready ?? 0)],
    ["live.notReady", String(count("not_ready") ?? counts.not_ready ?? 0)],
    ["live.handling", String(isWhole ? agents.reduce((n, { load }) => n + sum(load), 0) : inHand)],
  ];
  return (
    <div className={css.figures}>
      {figures.map(([key, value]) => (
        <div key={key} className={css.figure}>
          <b>{value}</b>
          <span>{t(key)}</span>
        </div>
      ))}
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={css.section}>
      <h2>{title}</h2>
      <Wide>{children}</Wide>
    </section>
  );
}

/** Queues, agents and who waits, now, with the same figures of today as a report. */
export default function LivePage() {
  const t = useText();
  const { data, error, refetch } = useBoard();
  const today = useToday();
  const [act, setAct] = useState<Act | null>(null);
  const [looksBack, setLooksBack] = useState(false);
  useEffect(() => setPageTitle(t("rail.live")), [t]);
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className={css.page} tabIndex={0} aria-label={t("rail.live")}>
      <div className={css.head}>
        <h1>{t("rail.live")}</h1>
        <span className="muted">{t("live.more")}</span>
        <Button
          className={css.headButton}
          variant="subtle"
          size="compact-sm"
          onClick={() => setLooksBack(true)}
        >
          {t("done.title")}
        </Button>
      </div>
      <Figures board={data} today={today.data} />
      <Alarms today={today.data} />
      {today.error && <p className={css.near}>{t("board.failed")}</p>}
      <Part title={t("live.queues")}>
        {data.queues.length > 0 ? (
          <Queues queues={data.queues} today={today.data} />
        ) : (
          <Empty icon="list" title={t("live.noQueues")}>
            <p>{t("live.noQueues.more")}</p>
          </Empty>
        )}
      </Part>
      <Part title={t("live.waitingList")}>
        <Waiting items={data.waiting} today={today.data} act={setAct} />
      </Part>
      <Part title={t("live.agents")}>
        {data.agents.length > 0 ? (
          <>
            <Agents agents={data.agents} act={setAct} />
            {data.agents.length < sum(data.counts) && (
              <p className="muted">
                {t("live.someAgents", { n: data.agents.length, all: sum(data.counts) })}
              </p>
            )}
          </>
        ) : (
          <Empty icon="people" title={t("live.noAgents")}>
            <p>{t("live.noAgents.more")}</p>
          </Empty>
        )}
      </Part>
      <Suspense>
        {looksBack && <Done close={() => setLooksBack(false)} />}
        {act && (
          <Steer act={act} queues={data.queues} agents={data.agents} close={() => setAct(null)} />
        )}
      </Suspense>
    </section>
  );
}
