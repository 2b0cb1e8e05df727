import { Table } from "@mantine/core";
import { useEffect } from "react";
import { Link } from "wouter";
import { targetS, useLiveBoard, useQueues } from "../../data/rest";
import { type Key, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { Icon } from "../../icons";
import { useNow } from "../../live/clock";
import { useLive } from "../../live/store";
import { setPageTitle } from "../../sound/attention";
import { Expected } from "../../ui/Expected";
import { Empty, Failed, KIND_ICON, Loading, StateGlyph, Wide } from "../../ui/parts";
import { stateKey } from "../../ui/states";
import type { AgentView, InteractionView, QueueLive } from "../../wire";
import css from "./live.module.css";

const KINDS = ["chat", "call", "message"] as const;
const sum = (record: Record<string, number>) => Object.values(record).reduce((a, b) => a + b, 0);

function level(waitedMs: number, targetS: number | undefined): string {
  if (!targetS) return "";
  if (waitedMs >= targetS * 1_000) return css.late ?? "";
  return waitedMs >= targetS * 750 ? (css.near ?? "") : "";
}

/** What the board last said, with what the socket has said since. */
function useBoard() {
  const board = useLiveBoard();
  const queues = useLive((state) => state.queues);
  const agents = useLive((state) => state.agents);
  const data = board.data && {
    queues: board.data.queues.map((queue) => queues[queue.queue_id] ?? queue),
    agents: board.data.agents.map((agent) => agents[agent.user_id] ?? agent),
    waiting: board.data.waiting,
  };
  return { ...board, data };
}

function Figures({ queues, agents }: { queues: QueueLive[]; agents: AgentView[] }) {
  const t = useText();
  const now = useNow();
  const since = queues.map((queue) => queue.longest_wait_since_ms).filter((ms) => ms !== null);
  const figures: [Key, string][] = [
    ["live.waiting", String(queues.reduce((all, queue) => all + sum(queue.waiting), 0))],
    ["live.longest", since.length > 0 ? duration(now - Math.min(...since)) : "–"],
    ["live.ready", String(agents.filter((agent) => agent.state === "ready").length)],
    ["live.notReady", String(agents.filter((agent) => agent.state === "not_ready").length)],
    ["live.handling", String(agents.reduce((all, agent) => all + sum(agent.load), 0))],
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

function Queues({ queues }: { queues: QueueLive[] }) {
  const t = useText();
  const now = useNow();
  const { data: settings } = useQueues();
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("live.queue")}</Table.Th>
          {KINDS.map((kind) => (
            <Table.Th key={kind} className={css.right}>
              {t(`live.kind.${kind}`)}
            </Table.Th>
          ))}
          <Table.Th className={css.right}>{t("live.longest")}</Table.Th>
          <Table.Th className={css.right}>{t("live.expected")}</Table.Th>
          <Table.Th className={css.right}>{t("live.target")}</Table.Th>
          <Table.Th className={css.right}>{t("live.readyAgents")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {queues.map((queue) => {
          const target = targetS(settings, queue.queue_id);
          const waited =
            queue.longest_wait_since_ms === null ? null : now - queue.longest_wait_since_ms;
          return (
            <Table.Tr key={queue.queue_id}>
              <Table.Td>{queue.name}</Table.Td>
              {KINDS.map((kind) => (
                <Table.Td key={kind} className={`num ${css.right}`}>
                  {queue.waiting[kind] ?? 0}
                </Table.Td>
              ))}
              <Table.Td
                className={`num ${css.right} ${waited === null ? "" : level(waited, target)}`}
              >
                {waited === null ? "–" : duration(waited)}
              </Table.Td>
              <Table.Td className={`num ${css.right}`}>
                <Expected queue={queue} none={waited === null ? "–" : t("queue.expectedNot")} />
              </Table.Td>
              <Table.Td className={`num ${css.right}`}>
                {target ? duration(target * 1_000) : "–"}
              </Table.Td>
              <Table.Td className={`num ${css.right}`}>{queue.ready_agents}</Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

function Agents({ agents }: { agents: AgentView[] }) {
  const t = useText();
  const now = useNow();
  const order = { ready: 0, not_ready: 1, offline: 2 };
  const sorted = [...agents].sort(
    (a, b) => order[a.state] - order[b.state] || a.name.localeCompare(b.name),
  );
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("live.agent")}</Table.Th>
          <Table.Th>{t("live.state")}</Table.Th>
          <Table.Th className={css.right}>{t("live.for")}</Table.Th>
          {KINDS.map((kind) => (
            <Table.Th key={kind} className={css.right}>
              {t(`live.kind.${kind}`)}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {sorted.map((agent) => (
          <Table.Tr key={agent.user_id}>
            <Table.Td>{agent.name}</Table.Td>
            <Table.Td>
              <span className={css.stateCell}>
                <StateGlyph state={agent.state} reason={agent.reason} />
                {t(stateKey(agent.state, agent.reason))}
              </span>
            </Table.Td>
            <Table.Td className={`num ${css.right}`}>
              {agent.since_ms > 0 ? duration(now - agent.since_ms) : "–"}
            </Table.Td>
            {KINDS.map((kind) => (
              <Table.Td key={kind} className={`num ${css.right}`}>
                {agent.load[kind] ?? 0} / {agent.capacity[kind] ?? 0}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Waiting({ items }: { items: InteractionView[] }) {
  const t = useText();
  const now = useNow();
  const { data: settings } = useQueues();
  if (items.length === 0) {
    return (
      <Empty icon="check" title={t("live.nobodyWaits")}>
        <p>{t("live.nobodyWaits.more")}</p>
      </Empty>
    );
  }
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("customer.kind")}</Table.Th>
          <Table.Th>{t("live.queue")}</Table.Th>
          <Table.Th className={css.right}>{t("live.waits")}</Table.Th>
          <Table.Th className={css.right}>{t("customer.priority")}</Table.Th>
          <Table.Th>{t("customer.state")}</Table.Th>
          <Table.Th>{t("live.open")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((item) => {
          const waited = now - item.enqueued_at_ms;
          const target = targetS(settings, item.queue_id, item.kind);
          return (
            <Table.Tr key={item.id}>
              <Table.Td>
                <span className={css.stateCell}>
                  <Icon name={KIND_ICON[item.kind] ?? "chat"} size={16} />
                  {t(`kind.${item.kind}`)}
                </span>
              </Table.Td>
              <Table.Td>{item.queue_name}</Table.Td>
              <Table.Td className={`num ${css.right} ${level(waited, target)}`}>
                {duration(waited)}
              </Table.Td>
              <Table.Td className={`num ${css.right}`}>{item.priority}</Table.Td>
              <Table.Td>{t(`interaction.${item.state}` as Key)}</Table.Td>
              <Table.Td>
                <Link href={`/inbox/${item.conversation_id}`}>{t("live.look")}</Link>
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

/** Queues, agents and who waits, now. Plain tables; figures the server gave, nothing estimated. */
export default function LivePage() {
  const t = useText();
  const { data, error, refetch } = useBoard();
  useEffect(() => setPageTitle(t("rail.live")), [t]);
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className={css.page} tabIndex={0} aria-label={t("rail.live")}>
      <div className={css.head}>
        <h1>{t("rail.live")}</h1>
        <span className="muted">{t("live.more")}</span>
      </div>
      <Figures queues={data.queues} agents={data.agents} />
      <section className={css.section}>
        <h2>{t("live.queues")}</h2>
        <Wide>
          {data.queues.length > 0 ? (
            <Queues queues={data.queues} />
          ) : (
            <Empty icon="list" title={t("live.noQueues")}>
              <p>{t("live.noQueues.more")}</p>
            </Empty>
          )}
        </Wide>
      </section>
      <section className={css.section}>
        <h2>{t("live.waitingList")}</h2>
        <Wide>
          <Waiting items={data.waiting} />
        </Wide>
      </section>
      <section className={css.section}>
        <h2>{t("live.agents")}</h2>
        <Wide>
          {data.agents.length > 0 ? (
            <Agents agents={data.agents} />
          ) : (
            <Empty icon="people" title={t("live.noAgents")}>
              <p>{t("live.noAgents.more")}</p>
            </Empty>
          )}
        </Wide>
      </section>
    </section>
  );
}
