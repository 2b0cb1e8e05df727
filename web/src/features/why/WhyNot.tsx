import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../../data/http";
import { type Key, type Translate, useLanguage, useText } from "../../i18n";
import { clockTime, duration } from "../../i18n/format";
import { Failed, Loading } from "../../ui/parts";
import type { AgentExplanationView, AgentProfileView, ExplanationView } from "../../wire";
import css from "./why.module.css";
import { exclusionText, type Names } from "./words";

const SEARCH_MS = 200;

type Told = AgentExplanationView["offers"][number];

function atOffer(t: Translate, names: Names, one: Told): string {
  if (one.exclusion) return exclusionText(t, names, one.exclusion);
  if (one.rank === 1) return t("why.not.first");
  return one.rank === null ? t("why.not.busy") : t("why.not.rank", { rank: one.rank });
}

function Side({ told }: { told: AgentExplanationView }) {
  const t = useText();
  const language = useLanguage();
  const names: Names = {
    agent: () => told.agent_name,
    queue: () => "",
    skill: (id) => told.skills[id] || t("why.goneSkill"),
  };
  return (
    <section aria-label={told.agent_name}>
      <ol className={css.lines}>
        {told.stretches.map((one) => (
          <li key={one.from_ms} data-tone={one.verdict}>
            <span className="num muted">{clockTime(language, one.from_ms)}</span>
            <span>
              {one.exclusion
                ? exclusionText(t, names, one.exclusion)
                : t(`why.verdict.${one.verdict}` as Key)}
            </span>
            <span className={`num ${css.lasts}`}>
              {duration((one.to_ms ?? told.until_ms) - one.from_ms)}
            </span>
          </li>
        ))}
      </ol>
      {told.offers.map((one) => (
        <p key={one.offer_id}>
          {t("why.not.at", {
            time: clockTime(language, one.at_ms),
            why: atOffer(t, names, one),
          })}
        </p>
      ))}
    </section>
  );
}

/** Why not that one? Choose an agent and read their side of the wait. */
export function WhyNot({ view }: { view: ExplanationView }) {
  const t = useText();
  const [agentId, setAgentId] = useState("");
  const [chosen, setChosen] = useState("");
  const [search, setSearch] = useState("");
  // The chosen name stands in the field: it is no search.
  const [sought] = useDebouncedValue(search === chosen ? "" : search.trim(), SEARCH_MS);
  const agents = useQuery({
    queryKey: ["agents", "found", sought],
    queryFn: () => get<AgentProfileView[]>(`/agents?${new URLSearchParams({ q: sought })}`),
    placeholderData: keepPreviousData,
  });
  const found = (agents.data ?? []).map((one) => ({ value: one.user_id, label: one.name }));
  const isThere = !agentId || found.some((one) => one.value === agentId);
  const options = isThere ? found : [...found, { value: agentId, label: chosen }];
  const path = `/interactions/${view.interaction_id}/explanation/agents/${agentId}`;
  const told = useQuery({
    queryKey: ["why", view.interaction_id, agentId],
    queryFn: () => get<AgentExplanationView>(path),
    enabled: agentId !== "",
    gcTime: 0,
  });
  return (
    <>
      <h3>{t("why.not")}</h3>
      <Select
        label={t("why.not.agent")}
        searchable
        value={agentId || null}
        searchValue={search}
        onSearchChange={setSearch}
        data={options}
        onChange={(id, option) => {
          setAgentId(id ?? "");
          setChosen(option?.label ?? "");
        }}
      />
      {told.error && !told.data && <Failed error={told.error} retry={() => void told.refetch()} />}
      {agentId && !told.data && !told.error && <Loading rows={2} />}
      {told.data && <Side told={told.data} />}
    </>
  );
}
