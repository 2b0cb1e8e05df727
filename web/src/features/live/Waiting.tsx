import { Table } from "@mantine/core";
import { Link } from "wouter";
import { type Key, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { Icon } from "../../icons";
import { useNow } from "../../live/clock";
import { Empty, IconButton, KIND_ICON } from "../../ui/parts";
import type { BoardView, InteractionView } from "../../wire";
import { openWhy } from "../why/open";
import { level, waitOf } from "./board";
import css from "./live.module.css";
import { Pages, usePages } from "./Pages";
import type { Act } from "./Steer";

const ACTS = [
  ["move", "transfer"],
  ["priority", "sliders"],
  ["assign", "person"],
] as const;

function Actions({ item, act }: { item: InteractionView; act: (act: Act) => void }) {
  const t = useText();
  return (
    <span className={css.stateCell}>
      {ACTS.map(([what, icon]) => (
        <IconButton
          key={what}
          icon={icon}
          size="md"
          label={t(`steer.${what}`)}
          onClick={() => act({ what, item })}
        />
      ))}
      <IconButton icon="info" size="md" label={t("why.ask")} onClick={() => openWhy(item.id)} />
    </span>
  );
}

/** Who waits now, longest first. */
export function Waiting(props: {
  items: InteractionView[];
  today: BoardView | undefined;
  act: (act: Act) => void;
}) {
  const t = useText();
  const now = useNow();
  const paged = usePages(props.items);
  const boards = new Map(props.today?.queues.map((each) => [each.queue_id, each]));
  if (props.items.length === 0) {
    return (
      <Empty icon="check" title={t("live.nobodyWaits")}>
        <p>{t("live.nobodyWaits.more")}</p>
      </Empty>
    );
  }
  return (
    <>
      <Table className={css.heads}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("customer.kind")}</Table.Th>
            <Table.Th>{t("live.queue")}</Table.Th>
            <Table.Th className={css.right}>{t("live.waits")}</Table.Th>
            <Table.Th className={css.right}>{t("customer.priority")}</Table.Th>
            <Table.Th>{t("customer.state")}</Table.Th>
            <Table.Th>{t("live.open")}</Table.Th>
            <Table.Th>{t("steer.column")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {paged.shown.map((item) => {
            const waited = waitOf(item, now);
            const board = boards.get(item.queue_id);
            return (
              <Table.Tr key={item.id}>
                <Table.Td>
                  <span className={css.stateCell}>
                    <Icon name={KIND_ICON[item.kind] ?? "chat"} size={16} />
                    {t(`kind.${item.kind}`)}
                    {item.is_robot && <span className={css.since}>{t("live.robot")}</span>}
                  </span>
                </Table.Td>
                <Table.Td>{item.queue_name}</Table.Td>
                <Table.Td
                  className={`num ${css.right} ${level(waited, board?.targets[item.kind]?.within_s)}`}
                >
                  {duration(waited)}
                </Table.Td>
                <Table.Td className={`num ${css.right}`}>{item.priority}</Table.Td>
                <Table.Td>{t(`interaction.${item.state}` as Key)}</Table.Td>
                <Table.Td>
                  <Link href={`/inbox/${item.conversation_id}`}>{t("live.look")}</Link>
                </Table.Td>
                <Table.Td>
                  <Actions item={item} act={props.act} />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
      <Pages {...paged} />
    </>
  );
}
