import { Table } from "@mantine/core";
import { useLanguage, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { useNow } from "../../live/clock";
import { Expected } from "../../ui/Expected";
import type { BoardView, QueueBoard, QueueLive } from "../../wire";
import { written } from "../reports/figures";
import { KINDS, level, targetOf } from "./board";
import css from "./live.module.css";
import { Pages, usePages } from "./Pages";

const TODAY = ["service_level_settled", "answered", "abandoned", "answer_wait_avg_ms"] as const;

function Row({ queue, today }: { queue: QueueLive; today: QueueBoard | undefined }) {
  const t = useText();
  const now = useNow();
  const language = useLanguage();
  const target = targetOf(today, queue.waiting);
  const waited = queue.longest_wait_since_ms === null ? null : now - queue.longest_wait_since_ms;
  const below = (today?.below_target.length ?? 0) > 0;
  return (
    <Table.Tr>
      <Table.Th scope="row" className={css.name}>
        {queue.name}
        {(today?.robots_waiting ?? 0) > 0 && (
          <span className={css.since}> {t("live.robots", { n: today?.robots_waiting ?? 0 })}</span>
        )}
      </Table.Th>
      {KINDS.map((kind) => (
        <Table.Td key={kind} className={`num ${css.right}`}>
          {queue.waiting[kind] ?? 0}
        </Table.Td>
      ))}
      <Table.Td
        className={`num ${css.right} ${waited === null ? "" : level(waited, target?.within_s)}`}
      >
        {waited === null ? "–" : duration(waited)}
      </Table.Td>
      <Table.Td className={`num ${css.right}`}>
        <Expected queue={queue} none={waited === null ? "–" : t("queue.expectedNot")} />
      </Table.Td>
      <Table.Td className={`num ${css.right}`}>
        {target
          ? t("board.goal", { percent: target.percent, time: duration(target.within_s * 1_000) })
          : "–"}
      </Table.Td>
      {TODAY.map((name) => (
        <Table.Td
          key={name}
          className={`num ${css.right} ${below && name === TODAY[0] ? css.near : ""}`}
        >
          {written(language, name, today?.today[name])}
        </Table.Td>
      ))}
      <Table.Td className={`num ${css.right}`}>{queue.ready_agents}</Table.Td>
    </Table.Tr>
  );
}

/** Each queue: who waits by kind, how long, what is promised, and how today went. */
export function Queues(props: { queues: QueueLive[]; today: BoardView | undefined }) {
  const t = useText();
  const right = { className: css.right };
  const paged = usePages(props.queues);
  const boards = new Map(props.today?.queues.map((each) => [each.queue_id, each]));
  return (
    <>
      <Table className={css.heads}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("live.queue")}</Table.Th>
            {KINDS.map((kind) => (
              <Table.Th key={kind} {...right}>
                {t(`live.kind.${kind}`)}
              </Table.Th>
            ))}
            <Table.Th {...right}>{t("live.longest")}</Table.Th>
            <Table.Th {...right}>{t("live.expected")}</Table.Th>
            <Table.Th {...right}>{t("live.target")}</Table.Th>
            <Table.Th {...right}>{t("board.level")}</Table.Th>
            <Table.Th {...right}>{t("board.answered")}</Table.Th>
            <Table.Th {...right}>{t("board.left")}</Table.Th>
            <Table.Th {...right}>{t("board.wait")}</Table.Th>
            <Table.Th {...right}>{t("live.readyAgents")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {paged.shown.map((queue) => (
            <Row key={queue.queue_id} queue={queue} today={boards.get(queue.queue_id)} />
          ))}
        </Table.Tbody>
      </Table>
      <Pages {...paged} />
    </>
  );
}
