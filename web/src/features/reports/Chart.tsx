/** Two counts as bars and a share as a line, per interval. The table has the same figures. */
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useLanguage, useText } from "../../i18n";
import type { ReportView } from "../../wire";
import { type Ask, isDays } from "./ask";
import { drawnOf, nameOfFigure, series, timeOfRow, written } from "./figures";
import css from "./reports.module.css";

const HEIGHT = 220;
const COLOURS = ["--wecc-accent", "--wecc-bad", "--wecc-link"] as const;

const colour = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axis(values: uPlot.Axis["values"], more: uPlot.Axis = {}): uPlot.Axis {
  return {
    stroke: colour("--wecc-muted"),
    grid: { stroke: colour("--wecc-border"), width: 1 },
    ticks: { stroke: colour("--wecc-border"), width: 1, size: 4 },
    font: "12px system-ui",
    values,
    ...more,
  };
}

type Times = (startMs: number, isDay: boolean) => string;

function options(ask: Ask, width: number, time: Times): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.8, 40], align: 0 });
  const [a, b, line] = COLOURS.map(colour);
  const isDay = isDays(ask.interval);
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    tzDate: (at) => uPlot.tzDate(new Date(at * 1_000), ask.tz),
    scales: {
      x: { time: true },
      n: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] },
      p: { range: [0, 105] },
    },
    series: [
      {},
      { scale: "n", width: 0, fill: b, paths: bars, points: { show: false } },
      { scale: "n", width: 0, fill: a, paths: bars, points: { show: false } },
      { scale: "p", stroke: line, width: 2, spanGaps: false, points: { size: 5 } },
    ],
    axes: [
      axis((_, splits) => splits.map((at) => time(at * 1_000, isDay)), { space: 90 }),
      axis((_, splits) => splits.map((n) => (Number.isInteger(n) ? String(n) : "")), {
        scale: "n",
        size: 40,
      }),
      axis((_, splits) => splits.map((n) => `${n} %`), {
        scale: "p",
        side: 1,
        size: 50,
        grid: { show: false },
      }),
    ],
  };
}

/** The second count stands on the first: what is drawn of it is the sum, behind the first. */
function dataOf(report: ReportView, names: readonly [string, string, string]): uPlot.AlignedData {
  const [a, b, line] = names.map((name) => series(report.intervals, report.together, name));
  const both = (a ?? []).map((value, place) => (value ?? 0) + (b?.[place] ?? 0));
  return [report.intervals.map((at) => at / 1_000), both, a ?? [], line ?? []];
}

export default function Chart({ report, ask }: { report: ReportView; ask: Ask }) {
  const t = useText();
  const language = useLanguage();
  const scheme = useComputedColorScheme("light");
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const names = drawnOf(ask);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes what the variables say
  useEffect(() => {
    const node = place.current;
    if (!node) return;
    const time: Times = (startMs, isDay) =>
      new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
        timeZone: ask.tz,
        ...(isDay
          ? { day: "numeric", month: "short" }
          : { hour: "2-digit", minute: "2-digit", hour12: false }),
      }).format(startMs);
    const made = options(ask, node.clientWidth, time);
    made.hooks = { setCursor: [(chart) => setAt(chart.cursor.idx ?? null)] };
    const chart = new uPlot(made, dataOf(report, names), node);
    const resized = new ResizeObserver(() =>
      chart.setSize({ width: node.clientWidth, height: HEIGHT }),
    );
    resized.observe(node);
    return () => {
      resized.disconnect();
      chart.destroy();
    };
  }, [report, ask.tz, ask.interval, language, scheme, names.join()]);
  const said = names.map((name) => nameOfFigure(t, name));
  const start = at === null ? undefined : report.intervals[at];
  const row = report.together.find((each) => each.start_ms === start);
  return (
    <figure className={css.chart}>
      <figcaption>
        {names.map((name, number) => (
          <span key={name} className={css.key}>
            <i
              className={number === 2 ? css.line : css.block}
              ref={(node) => node?.style.setProperty("--mark", `var(${COLOURS[number]})`)}
            />
            {said[number]}
            {row && <b className="num">{written(language, name, row.figures[name])}</b>}
          </span>
        ))}
        {row && (
          <span className="muted num">
            {timeOfRow(language, ask.tz, row, isDays(ask.interval))}
          </span>
        )}
      </figcaption>
      <div
        ref={place}
        role="img"
        aria-label={t("reports.chart", { bars: `${said[0]}, ${said[1]}`, line: said[2] ?? "" })}
      />
    </figure>
  );
}
