import { Table } from "@mantine/core";
import { useEffect } from "react";
import { useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { useNow } from "../../live/clock";
import { showAgents } from "../../live/commands";
import { useLive } from "../../live/store";
import { IconButton, StateGlyph } from "../../ui/parts";
import { useStateWords } from "../../ui/states";
import type { AgentView } from "../../wire";
import { KINDS } from "./board";
import css from "./live.module.css";
import { Pages, usePages } from "./Pages";
import type { Act } from "./Steer";

const ORDER = { ready: 0, not_ready: 1, offline: 2 };

/** What else there is to say of a state: what comes next, who set it, whether it lasts too long. */
function More({ agent }: { agent: AgentView }) {
  const t = useText();
  const words = useStateWords();
  return (
    <>
      {agent.overdue && <b className={css.late}>{t("state.overdue")}</b>}
      {agent.next_state && (
        <span className="muted">
          {t("state.then", { state: words(agent.next_state, agent.next_reason) })}
        </span>
      )}
      {agent.set_by_name && (
        <span className="muted">{t("state.setBy", { name: agent.set_by_name })}</span>
      )}
    </>
  );
}

/** Have the server tell of the agents on the screen, and of nobody once it is left. */
function useShown(ids: string[]): void {
  const link = useLive((state) => state.link);
  const known = ids.join();
  useEffect(() => {
    if (link !== "open") return;
    void showAgents(known ? known.split(",") : []).catch(() => undefined);
    return () => void showAgents([]).catch(() => undefined);
  }, [known, link]);
}

/** Each agent: state, since when, and how much of each kind is in hand. */
export function Agents({ agents, act }: { agents: AgentView[]; act: (act: Act) => void }) {
  const t = useText();
  const words = useStateWords();
  const now = useNow();
  const sorted = [...agents].sort(
    (a, b) => ORDER[a.state] - ORDER[b.state] || a.name.localeCompare(b.name),
  );
  const paged = usePages(sorted);
  useShown(paged.shown.map((agent) => agent.user_id));
  return (
    <>
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
            <Table.Th>{t("steer.column")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {paged.shown.map((agent) => (
            <Table.Tr key={agent.user_id}>
              <Table.Th scope="row" className={css.name}>
                {agent.name}
              </Table.Th>
              <Table.Td>
                <span className={css.stateCell}>
                  <StateGlyph state={agent.state} reason={agent.reason} />
                  {words(agent.state, agent.reason)}
                  <More agent={agent} />
                </span>
              </Table.Td>
              <Table.Td className={`num ${css.right} ${agent.overdue ? css.late : ""}`}>
                {agent.since_ms > 0 ? duration(now - agent.since_ms) : "–"}
              </Table.Td>
              {KINDS.map((kind) => (
                <Table.Td key={kind} className={`num ${css.right}`}>
                  {agent.load[kind] ?? 0} / {agent.capacity[kind] ?? 0}
                </Table.Td>
              ))}
              <Table.Td>
                {agent.state !== "offline" && (
                  <span className={css.stateCell}>
                    <IconButton
                      icon="hand"
                      size="md"
                      label={`${t("steer.state")}: ${agent.name}`}
                      onClick={() => act({ what: "state", agent })}
                    />
                    <IconButton
                      icon="exit"
                      size="md"
                      label={`${t("steer.sign_out")}: ${agent.name}`}
                      onClick={() => act({ what: "sign_out", agent })}
                    />
                  </span>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Pages {...paged} />
    </>
  );
}
