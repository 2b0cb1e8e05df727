import { Button, Group, Select, Table } from "@mantine/core";
import { useState } from "react";
import { type ApiError, asApiError, post } from "../../data/http";
import { type Key, useLanguage, useText } from "../../i18n";
import { dateTime, duration } from "../../i18n/format";
import { Icon } from "../../icons";
import { Elapsed, Wide } from "../../ui/parts";
import type { QueueFigures, RehearsalView } from "../../wire";
import { useRule } from "./check";
import { NEW } from "./draft";
import { Refused } from "./parts";
import css from "./queue.module.css";

const DAYS = ["1", "7", "14", "31"];

const share = (value: number | null) => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);
const time = (value: number | null) => (value === null ? "–" : duration(1_000 * value));
const whole = (value: number | null) => (value === null ? "–" : String(value));
const ratio = (value: number | null) => (value === null ? "–" : value.toFixed(3));

/** A figure of a queue, how it reads, and whether more of it is better (1), worse (-1) or neither. */
const FIGURES: [keyof QueueFigures, Key, (value: number | null) => string, number][] = [
  ["service_level", "rule.try.level", share, 1],
  ["asa_s", "rule.try.average", time, -1],
  ["wait_p50_s", "rule.try.half", time, -1],
  ["wait_p90_s", "rule.try.nine", time, -1],
  ["answered", "rule.try.answered", whole, 1],
  ["abandoned", "rule.try.abandoned", whole, -1],
  ["overflowed", "rule.try.overflowed", whole, 0],
  ["most_waiting", "rule.try.most", whole, -1],
];

interface RowProps {
  name: string;
  values: (number | null)[];
  words: (value: number | null) => string;
  better: number;
}

/** What was recorded, what the run without the change gives, and what the run with it gives. */
function Row({ name, values, words, better }: RowProps) {
  const t = useText();
  const [recorded = null, before = null, after = null] = values;
  const by = before === null || after === null ? 0 : Math.sign(after - before) * better;
  const same = words(before) === words(after);
  const mark = same || by === 0 ? null : by > 0 ? "better" : "worse";
  return (
    <Table.Tr>
      <Table.Th scope="row">{name}</Table.Th>
      <Table.Td className="num">{words(recorded)}</Table.Td>
      <Table.Td className="num">{words(before)}</Table.Td>
      <Table.Td className="num" data-mark={mark}>
        <b>{words(after)}</b>
        {mark && (
          <Icon
            name={mark === "better" ? "check" : "alert"}
            size={14}
            label={t(`rule.try.${mark}`)}
          />
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Figures({ found }: { found: RehearsalView }) {
  const t = useText();
  const { before, after } = found;
  if (!before || !after) return null;
  const of = (list: QueueFigures[], one: QueueFigures) =>
    list.find((each) => each.queue_id === one.queue_id && each.kind === one.kind);
  const shown = after.queues.filter((one) => one.offered > 0);
  const first = (one: QueueFigures) => (one.queue_id === found.queue_id ? 0 : 1);
  shown.sort((a, b) => first(a) - first(b));
  return (
    <Wide>
      <Table className={css.compare} withRowBorders={false}>
        <Table.Thead>
          <Table.Tr>
            <Table.Td />
            <Table.Th scope="col">{t("rule.try.recorded")}</Table.Th>
            <Table.Th scope="col">{t("rule.try.before")}</Table.Th>
            <Table.Th scope="col">{t("rule.try.after")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        {shown.map((one) => (
          <Table.Tbody key={`${one.queue_id}/${one.kind}`}>
            <Table.Tr>
              <Table.Th colSpan={4} scope="rowgroup" className={css.group}>
                {one.queue_name} · {t(`kind.${one.kind}`)} ·{" "}
                {t("rule.try.offered", { n: one.offered, time: time(one.target_s) })}
              </Table.Th>
            </Table.Tr>
            {FIGURES.map(([field, name, words, better]) => (
              <Row
                key={field}
                name={t(name)}
                words={words}
                better={better}
                values={[of(found.recorded, one), of(before.queues, one), one].map((each) =>
                  each ? (each[field] as number | null) : null,
                )}
              />
            ))}
          </Table.Tbody>
        ))}
        <Table.Tbody>
          <Table.Tr>
            <Table.Th colSpan={4} scope="rowgroup" className={css.group}>
              {t("rule.try.everybody", { n: after.agents })}
            </Table.Th>
          </Table.Tr>
          <Row
            name={t("rule.try.occupancy")}
            words={share}
            better={0}
            values={[null, before.occupancy, after.occupancy]}
          />
          <Row
            name={t("rule.try.fairness")}
            words={ratio}
            better={1}
            values={[null, before.fairness, after.fairness]}
          />
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function Verdict({ found }: { found: RehearsalView }) {
  const t = useText();
  const language = useLanguage();
  const { verdict, answered, needed, contacts } = found;
  if (verdict === "too_slow") return <p className={css.plain}>{t("rule.try.tooSlow")}</p>;
  if (verdict === "not_enough_work") {
    return <p className={css.plain}>{t("rule.try.notEnough", { answered, needed })}</p>;
  }
  const span = {
    from: dateTime(language, found.from_ms),
    to: dateTime(language, found.to_ms),
    n: contacts,
  };
  const cut = found.before?.is_complete === false || found.after?.is_complete === false;
  return (
    <>
      <p className="muted">{t("rule.try.span", span)}</p>
      {cut && <p className={css.plain}>{t("rule.try.cut")}</p>}
      <Figures found={found} />
      <p className="muted">
        {t("rule.try.trust")} {t("rule.try.hours")}
      </p>
    </>
  );
}

/** Recorded work, run again with the draft: known before it is in force. */
export function Rehearsal() {
  const t = useText();
  const { id, draft } = useRule();
  const [days, setDays] = useState("7");
  const [since, setSince] = useState<number | null>(null);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const [done, setDone] = useState<{ found: RehearsalView; of: string } | null>(null);
  const now = JSON.stringify({ ...draft, note: "" });
  const run = async () => {
    setSince(Date.now());
    setFailed(null);
    setDone(null);
    try {
      const body = { queue: { ...draft, note: "" }, days: Number(days) };
      setDone({ found: await post<RehearsalView>(`/queues/${id}/rehearsal`, body), of: now });
    } catch (failure) {
      setFailed(asApiError(failure));
    }
    setSince(null);
  };
  if (id === NEW) return <p className="muted">{t("rule.try.new")}</p>;
  return (
    <>
      <Group gap={12} align="flex-end">
        <Select
          label={t("rule.try.days")}
          allowDeselect={false}
          w={150}
          value={days}
          data={DAYS.map((value) => ({ value, label: t("rule.try.nDays", { n: value }) }))}
          onChange={(value) => setDays(value ?? "7")}
        />
        <Button
          variant="default"
          disabled={since !== null}
          leftSection={<Icon name="play" size={16} />}
          onClick={() => void run()}
        >
          {t("rule.try.do")}
        </Button>
      </Group>
      <div role="status" className={css.status}>
        {since !== null && (
          <p>
            <span className={css.busy} aria-hidden="true" />
            {t("rule.try.running")} <Elapsed sinceMs={since} />
          </p>
        )}
        {done && done.of !== now && <p className={css.plain}>{t("rule.try.stale")}</p>}
      </div>
      <Refused error={failed} />
      {done && <Verdict found={done.found} />}
    </>
  );
}
