import { Button, SegmentedControl, Table } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { API, get } from "../../data/http";
import { useLanguage, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { Icon } from "../../icons";
import { Empty, Failed, Loading, StateGlyph, Wide } from "../../ui/parts";
import { useStateWords } from "../../ui/states";
import type { AgentView, SpansPage, SpanView, StatesView, StateTotal } from "../../wire";
import { type Ask, queryOf } from "./ask";
import { momentIn } from "./figures";
import css from "./reports.module.css";

type State = AgentView["state"];
const AGAIN_MS = 30_000;

function useTotals(asked: string) {
  return useQuery({
    queryKey: ["states", asked],
    queryFn: () => get<StatesView>(`/reports/states?${asked}`),
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  });
}

function useChanges(asked: string) {
  return useInfiniteQuery({
    queryKey: ["state-changes", asked],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      get<SpansPage>(
        `/reports/state-changes?${asked}${pageParam && `&cursor=${encodeURIComponent(pageParam)}`}`,
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

function StateCell({ state, reason }: { state: string; reason: string }) {
  const words = useStateWords();
  return (
    <span className={css.state}>
      <StateGlyph state={state as State} reason={reason} />
      {words(state as State, reason)}
    </span>
  );
}

/** Per agent how long the desk was open, and what for: each reason with its share. */
function Totals({ ask }: { ask: Ask }) {
  const t = useText();
  const { data, error, refetch } = useTotals(queryOf(ask));
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  if (data.totals.length === 0) return <NoStates />;
  const online = new Map<string, number>();
  for (const each of data.totals)
    online.set(each.agent_id, (online.get(each.agent_id) ?? 0) + each.lasted_ms);
  const share = ({ agent_id, lasted_ms }: StateTotal) => {
    const whole = online.get(agent_id) ?? 0;
    return whole > 0 ? `${((100 * lasted_ms) / whole).toFixed(1)} %` : "–";
  };
  const right = { className: css.right };
  return (
    <Wide>
      <Table className={css.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("reports.by.agent")}</Table.Th>
            <Table.Th {...right}>{t("states.online")}</Table.Th>
            <Table.Th>{t("states.state")}</Table.Th>
            <Table.Th {...right}>{t("states.lasted")}</Table.Th>
            <Table.Th {...right}>{t("states.share")}</Table.Th>
            <Table.Th {...right}>{t("states.times")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.totals.map((each) => (
            <Table.Tr key={`${each.agent_id}/${each.state}/${each.reason}`}>
              <Table.Th scope="row" className={css.name}>
                {each.agent_name || t("reports.gone")}
              </Table.Th>
              <Table.Td className={`num ${css.right}`}>
                {duration(online.get(each.agent_id) ?? 0)}
              </Table.Td>
              <Table.Td>
                <StateCell state={each.state} reason={each.reason} />
              </Table.Td>
              <Table.Td className={`num ${css.right}`}>{duration(each.lasted_ms)}</Table.Td>
              <Table.Td className={`num ${css.right}`}>{share(each)}</Table.Td>
              <Table.Td className={`num ${css.right}`}>{each.times}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function ChangeRow({ span, tz }: { span: SpanView; tz: string }) {
  const t = useText();
  const language = useLanguage();
  const { ended_at_ms: ended } = span;
  return (
    <Table.Tr>
      <Table.Td className={`num ${css.time}`}>{momentIn(language, tz, span.began_at_ms)}</Table.Td>
      <Table.Th scope="row" className={css.name}>
        {span.agent_name || t("reports.gone")}
      </Table.Th>
      <Table.Td>
        <StateCell state={span.state} reason={span.reason} />
      </Table.Td>
      <Table.Td className={`num ${css.right}`}>
        {ended === null ? t("states.lasts") : duration(ended - span.began_at_ms)}
      </Table.Td>
      <Table.Td>
        {span.set_by_id ? span.set_by_name || t("reports.gone") : t("states.self")}
      </Table.Td>
    </Table.Tr>
  );
}

/** Every state, the oldest first, with who set it. */
function Changes({ ask }: { ask: Ask }) {
  const t = useText();
  const asked = queryOf(ask);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useChanges(asked);
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  const items = data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <NoStates />;
  return (
    <>
      <Wide>
        <Table className={css.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("states.began")}</Table.Th>
              <Table.Th>{t("reports.by.agent")}</Table.Th>
              <Table.Th>{t("states.state")}</Table.Th>
              <Table.Th className={css.right}>{t("states.lasted")}</Table.Th>
              <Table.Th>{t("states.by")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map((span) => (
              <ChangeRow
                key={`${span.agent_id}/${span.began_at_ms}/${span.state}`}
                {...{ span, tz: ask.tz }}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      <p className={css.more}>
        {hasNextPage && (
          <Button
            variant="default"
            size="compact-sm"
            loading={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            {t("reports.moreRows")}
          </Button>
        )}
        <Button
          component="a"
          href={`${API}/reports/state-changes?${asked}&format=csv`}
          download
          variant="default"
          size="compact-sm"
          leftSection={<Icon name="download" size={16} />}
        >
          {t("reports.csv")}
        </Button>
      </p>
    </>
  );
}

function NoStates() {
  const t = useText();
  return (
    <Empty icon="people" title={t("states.none")}>
      <p>{t("states.none.more")}</p>
    </Empty>
  );
}

/** Online hours of agents: what they were, how long, why, and who set it. */
export default function States({ ask }: { ask: Ask }) {
  const t = useText();
  const [view, setView] = useState("totals");
  return (
    <>
      <div className={css.bar}>
        <SegmentedControl
          aria-label={t("states.view")}
          value={view}
          onChange={setView}
          data={[
            { value: "totals", label: t("states.totals") },
            { value: "changes", label: t("states.changes") },
          ]}
        />
      </div>
      {view === "totals" ? <Totals ask={ask} /> : <Changes ask={ask} />}
    </>
  );
}
