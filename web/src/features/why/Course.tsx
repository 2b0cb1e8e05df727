import { useLanguage, useText } from "../../i18n";
import { clockTime } from "../../i18n/format";
import type { ExplanationView, PointView } from "../../wire";
import css from "./why.module.css";

const WIDTH = 600;
const HEIGHT = 56;

/** A line that is high while many are ahead, and comes down to the first place. */
function path(points: PointView[], x: (atMs: number) => number, endMs: number): string {
  const most = Math.max(1, ...points.map((point) => point.place));
  const y = (place: number) => (place === 0 ? HEIGHT : HEIGHT - 6 - (place / most) * (HEIGHT - 14));
  let drawn = "";
  points.forEach((point, at) => {
    const next = points[at + 1]?.at_ms ?? endMs;
    drawn += `${at === 0 ? "M" : "L"}${x(point.at_ms)} ${y(point.place)}L${x(next)} ${y(point.place)}`;
  });
  return drawn;
}

/** The wait as a strip: what it waited for, the place in the queue above it, and the steps. */
export function Course({ view }: { view: ExplanationView }) {
  const t = useText();
  const language = useLanguage();
  const start = view.queued_at_ms;
  const end = Math.max(start + 1, view.answered_at_ms ?? view.until_ms);
  const x = (atMs: number) => Math.round(((Math.min(atMs, end) - start) / (end - start)) * WIDTH);
  const points = view.points.filter((point) => point.at_ms <= end);
  const first = points.find((point) => point.place > 0)?.place;
  const last = points.filter((point) => point.place > 0).at(-1)?.place;
  const words =
    first === undefined || last === undefined
      ? t("why.course.none")
      : first === last
        ? t("why.course.same", { place: first })
        : t("why.course", { first, last });
  return (
    <figure className={css.course}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + 26}`} role="img" aria-label={words}>
        <path className={css.place} d={path(points, x, end)} />
        {view.stretches.map((one) => {
          const from = x(one.from_ms);
          const width = x(one.to_ms ?? end) - from;
          if (width <= 0) return null;
          return (
            <rect
              key={one.from_ms}
              className={css.stretch}
              data-cause={one.cause}
              x={from}
              y={HEIGHT + 4}
              width={Math.max(1, width - 1)}
              height={12}
            />
          );
        })}
        {view.turns
          .filter((turn) => turn.what === "relaxed" && turn.at_ms <= end)
          .map((turn) => (
            <line
              key={`${turn.at_ms}/${turn.step}`}
              className={css.step}
              x1={x(turn.at_ms)}
              x2={x(turn.at_ms)}
              y1={4}
              y2={HEIGHT + 22}
            />
          ))}
      </svg>
      <figcaption>
        <span className="num">{clockTime(language, start)}</span>
        <span>{words}</span>
        <span className="num">{clockTime(language, end)}</span>
      </figcaption>
    </figure>
  );
}
