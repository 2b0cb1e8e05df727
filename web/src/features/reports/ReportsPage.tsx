import { Button, Drawer, SegmentedControl, Table } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { get } from "../../data/http";
import { useLanguage, useText } from "../../i18n";
import { setPageTitle } from "../../sound/attention";
import { Empty, Failed, Loading, Wide } from "../../ui/parts";
import type { MetricView, MeView, ReportView } from "../../wire";
import { type Ask, queryOf, useAsk } from "./ask";
import { FigureTable, type Wanted } from "./FigureTable";
import { Filters } from "./Filters";
import { columnsOf, momentIn, nameOfFigure, written } from "./figures";
import css from "./reports.module.css";
import { Waits } from "./Waits";

const States = lazy(() => import("./States"));
const Chart = lazy(() => import("./Chart"));
const STALE_MS = 10_000;
const AGAIN_MS = 30_000;

function useReport(ask: Ask) {
  const asked = queryOf(ask);
  return useQuery({
    queryKey: ["report", asked],
    queryFn: () => get<ReportView>(`/reports/intervals?${asked}`),
    placeholderData: keepPreviousData,
    staleTime: STALE_MS,
    refetchInterval: AGAIN_MS,
  });
}

function Strip({ ask, report }: { ask: Ask; report: ReportView }) {
  const t = useText();
  const language = useLanguage();
  const names =
    ask.by === "agent"
      ? ["accepted", "handled", "handle_avg_ms", "unanswered", "occupancy"]
      : ["offered", "answered", "abandoned", ask.level, "answer_wait_avg_ms", "answer_wait_p90_ms"];
  return (
    <dl className={css.strip}>
      {names.map((name) => (
        <div key={name}>
          <dt>{nameOfFigure(t, name)}</dt>
          <dd className="num">{written(language, name, report.total.figures[name])}</dd>
        </div>
      ))}
    </dl>
  );
}

function Definitions({ ask, close }: { ask: Ask; close: () => void }) {
  const t = useText();
  const { data, error, refetch } = useQuery({
    queryKey: ["metrics"],
    queryFn: () => get<MetricView[]>("/reports/metrics"),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const columns = new Set(columnsOf(ask));
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size="lg"
      title={t("reports.definitions")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {error && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading rows={6} />}
      {data && (
        <Wide>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("reports.name")}</Table.Th>
                <Table.Th>{t("reports.formula")}</Table.Th>
                <Table.Th>{t("reports.countsIn")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data
                .filter((metric) => columns.has(metric.name))
                .map((metric) => (
                  <Table.Tr key={metric.name}>
                    <Table.Th scope="row">{nameOfFigure(t, metric.name)}</Table.Th>
                    <Table.Td>
                      <code>{metric.formula}</code>
                    </Table.Td>
                    <Table.Td>{t(`reports.countsIn.${metric.counts}`)}</Table.Td>
                  </Table.Tr>
                ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Drawer>
  );
}

interface ShownProps {
  ask: Ask;
  change: (part: Partial<Ask>) => void;
  report: ReportView;
}

function Shown({ ask, change, report }: ShownProps) {
  const t = useText();
  const language = useLanguage();
  const [view, setView] = useState("totals");
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [explains, setExplains] = useState(false);
  const isEmpty = report.rows.length === 0;
  return (
    <>
      {report.robots_left_out > 0 && (
        <p className={css.note}>
          {t("reports.robots.leftOut", { n: report.robots_left_out })}{" "}
          <Button size="compact-sm" variant="light" onClick={() => change({ robots: true })}>
            {t("reports.robots.count")}
          </Button>
        </p>
      )}
      {isEmpty ? (
        <Empty icon="chart" title={t("reports.empty")}>
          <p>{t("reports.empty.more")}</p>
        </Empty>
      ) : (
        <>
          <Strip ask={ask} report={report} />
          <Suspense fallback={<Loading rows={1} height={220} />}>
            <Chart report={report} ask={ask} />
          </Suspense>
          <div className={css.bar}>
            <SegmentedControl
              aria-label={t("reports.rows")}
              value={view}
              onChange={setView}
              data={[
                { value: "totals", label: t("reports.totals") },
                { value: "rows", label: t("reports.rows") },
              ]}
            />
            <Button variant="subtle" size="compact-sm" onClick={() => setExplains(true)}>
              {t("reports.definitions")}
            </Button>
          </div>
          <FigureTable
            key={view}
            ask={ask}
            rows={view === "totals" ? report.totals : report.rows}
            total={view === "totals" ? report.total : undefined}
            hasTime={view === "rows"}
            open={setWanted}
          />
        </>
      )}
      <p className="muted">
        {t("reports.counted", { time: momentIn(language, ask.tz, report.counted_to_ms) })}
      </p>
      <Waits ask={ask} wanted={wanted} close={() => setWanted(null)} />
      {explains && <Definitions ask={ask} close={() => setExplains(false)} />}
    </>
  );
}

function Figures({ ask, change }: { ask: Ask; change: (part: Partial<Ask>) => void }) {
  const { data, error, refetch, isPlaceholderData } = useReport(ask);
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  return (
    <div aria-busy={isPlaceholderData} className={isPlaceholderData ? css.old : undefined}>
      <Shown ask={ask} change={change} report={data} />
    </div>
  );
}

/** Figures of days past and of today, by queue, agent or kind; agents see their own. */
export default function ReportsPage({ me }: { me: MeView }) {
  const t = useText();
  const isLead = me.user.role !== "agent";
  const [asked, change] = useAsk(me.is_demo);
  const ask: Ask = isLead || asked.by === "states" ? asked : { ...asked, by: "agent" };
  useEffect(() => setPageTitle(t("reports.title")), [t]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className={css.page} tabIndex={0} aria-label={t("reports.title")}>
      <header className={css.head}>
        <h1>{t("reports.title")}</h1>
        <span className="muted">{t("reports.more")}</span>
      </header>
      <Filters ask={ask} change={change} isLead={isLead} />
      {ask.by === "states" ? (
        <Suspense fallback={<Loading rows={6} />}>
          <States ask={ask} />
        </Suspense>
      ) : (
        <Figures ask={ask} change={change} />
      )}
    </section>
  );
}
