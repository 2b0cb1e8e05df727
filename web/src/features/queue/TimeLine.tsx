import { useText } from "../../i18n";
import { useRule } from "./check";
import { startsOf } from "./draft";
import css from "./queue.module.css";
import { type Names, overflowWords, seconds, stepWords } from "./words";

const LEAST = 0.14;
const OPEN_END = 0.3;

/** How the demand relaxes: a bar per step, as wide as it lasts, as high as it reaches people. */
function Bars() {
  const t = useText();
  const { draft, matches } = useRule();
  const { steps, overflow } = draft;
  const starts = startsOf(steps);
  const last = starts.at(-1) ?? 0;
  const reach = steps.map((step) => matches.get(step.expression)?.agents ?? 0);
  const most = Math.max(1, ...reach);
  const width = (index: number) =>
    index === steps.length - 1
      ? OPEN_END
      : Math.max(LEAST, ((steps[index]?.after_s ?? 0) / Math.max(1, last)) * (1 - OPEN_END));
  const limits = overflow.filter((rule) => rule.when === "wait").map((rule) => rule.limit);
  const limit = limits.length > 0 ? Math.min(...limits) : null;
  const cut = (index: number) =>
    limit !== null &&
    limit >= (starts[index] ?? 0) &&
    (index === steps.length - 1 || limit < (starts[index + 1] ?? 0));
  return (
    <div className={css.line} aria-hidden="true">
      {steps.map((_, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
          key={index}
          className={css.bar}
          style={{ flexGrow: width(index) }}
          data-open={index === steps.length - 1}
        >
          <div className={css.rise}>
            <div style={{ height: `${20 + 80 * ((reach[index] ?? 0) / most)}%` }}>
              <b className="num">{reach[index]}</b>
            </div>
          </div>
          <span className="num">{seconds(starts[index] ?? 0)}</span>
          {cut(index) && limit !== null && (
            <em className="num">{t("rule.story.limit", { time: seconds(limit) })}</em>
          )}
        </div>
      ))}
    </div>
  );
}

/** The steps as a picture and as sentences. */
export function TimeLine({ names }: { names: Names }) {
  const t = useText();
  const { draft } = useRule();
  return (
    <figure className={css.story}>
      <figcaption>{t("rule.story")}</figcaption>
      {draft.steps.length > 1 && <Bars />}
      <ol>
        {draft.steps.map((_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
          <li key={index}>{stepWords(draft.steps, index)}</li>
        ))}
      </ol>
      {draft.overflow.length > 0 && (
        <ul>
          {draft.overflow.map((rule, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a rule is its place
            <li key={index}>{t("rule.story.overflow", { words: overflowWords(rule, names) })}</li>
          ))}
        </ul>
      )}
    </figure>
  );
}
