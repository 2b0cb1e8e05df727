import { Anchor, MultiSelect } from "@mantine/core";
import { Link } from "wouter";
import { useText } from "../../i18n";
import { Failed, Loading } from "../../ui/parts";
import type { AgentProfileView } from "../../wire";
import { useList } from "../admin/data";
import { useRule } from "./check";
import css from "./queue.module.css";

const SHOWN = 50;

/** The agents of this queue: of them, the steps ask for skills. */
export function Members() {
  const t = useText();
  const { members, join } = useRule();
  const { data: agents, error, refetch } = useList<AgentProfileView>("/agents");
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (!agents || !members) return <Loading rows={1} />;
  return (
    <div>
      <MultiSelect
        label={t("rule.members")}
        description={t("rule.members.more")}
        searchable
        hidePickedOptions
        limit={SHOWN}
        classNames={{ pillsList: css.pills }}
        data={agents.map((agent) => ({ value: agent.user_id, label: agent.name }))}
        value={members}
        onChange={join}
      />
      {members.length === 0 && <p className={css.refused}>{t("rule.members.none")}</p>}
      <p className={css.beside}>
        <Anchor component={Link} href="/admin/agents" size="sm" underline="always">
          {t("rule.members.link")}
        </Anchor>
      </p>
    </div>
  );
}
