import { Table } from "@mantine/core";
import { useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { useNow } from "../../live/clock";
import { StateGlyph } from "../../ui/parts";
import { useStateWords } from "../../ui/states";
import type { AgentView } from "../../wire";
import { KINDS } from "./board";
import css from "./live.module.css";

const ORDER = { ready: 0, not_ready: 1, offline: 2 };

/** Each agent: state, since when, and how much of each kind is in hand. */
export function Agents({ agents }: { agents: AgentView[] }) {
  const t = useText();
  const words = useStateWords();
  const now = useNow();
  const sorted = [...agents].sort(
    (a, b) => ORDER[a.state] - ORDER[b.state] || a.name.localeCompare(b.name),
  );
  return (
    <Table className={css.heads}>
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
            <Table.Th scope="row" className={css.name}>
              {agent.name}
            </Table.Th>
            <Table.Td>
              <span className={css.stateCell}>
                <StateGlyph state={agent.state} reason={agent.reason} />
                {words(agent.state, agent.reason)}
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
