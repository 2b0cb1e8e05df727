import { useText } from "../i18n";
import { duration } from "../i18n/format";
import { useNow } from "../live/clock";
import { Elapsed } from "../ui/parts";
import { useStateWords } from "../ui/states";
import type { AgentView } from "../wire";
import css from "./shell.module.css";

/** For how long the state lasts, by whom it was set, and what comes after the last work. */
export function StateTime({ agent }: { agent: AgentView }) {
  const t = useText();
  const words = useStateWords();
  const now = useNow();
  const left = agent.until_ms === null ? null : agent.until_ms - now;
  const isOverdue = agent.overdue || (left !== null && left <= 0);
  return (
    <>
      <Elapsed sinceMs={agent.since_ms} />
      {isOverdue && <span className={css.overdue}>{t("state.overdue")}</span>}
      {left !== null && !isOverdue && (
        <span className={`${css.extra} num muted`}>
          {t("state.left", { time: duration(left) })}
        </span>
      )}
      {agent.set_by_name && (
        <span className={`${css.extra} muted`}>
          {t("state.setBy", { name: agent.set_by_name })}
        </span>
      )}
      {agent.next_state && (
        <span className={`${css.next} ${css.extra}`}>
          {t("state.then", { state: words(agent.next_state, agent.next_reason) })}
        </span>
      )}
    </>
  );
}
