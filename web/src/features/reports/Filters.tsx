import { Button, Group, SegmentedControl, Select, Switch, TextInput } from "@mantine/core";
import { useMemo } from "react";
import { API } from "../../data/http";
import { useQueues } from "../../data/rest";
import { useText } from "../../i18n";
import { Icon } from "../../icons";
import { type Ask, BYS, dayIn, INTERVALS, KINDS, LEVELS, queryOf, shift } from "./ask";
import css from "./reports.module.css";

/** What an agent may see of themselves. */
const OWN = ["agent", "states"] as const;

type Change = (part: Partial<Ask>) => void;
interface Props {
  ask: Ask;
  change: Change;
}

const SPANS = [
  ["reports.today", 0, 0],
  ["reports.yesterday", 1, 1],
  ["reports.week", 6, 0],
  ["reports.month", 29, 0],
] as const;

/** The longest range each interval may have; longer ones take a longer interval by themselves. */
const LONGEST_DAYS = {
  "5": 7,
  "15": 35,
  "30": 62,
  "60": 93,
  day: 800,
  week: 1100,
  month: 1100,
} as const;

/** The shortest interval, from the wished one on, that a range of days may have. */
export function fitting(interval: Ask["interval"], from: string, to: string): Ask["interval"] {
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  const wished = INTERVALS.indexOf(interval);
  return INTERVALS.slice(wished).find((each) => days <= LONGEST_DAYS[each]) ?? "month";
}

function Days({ ask, change }: Props) {
  const t = useText();
  const set = (from: string, to: string) => {
    if (!from || !to) return;
    const [first, last] = from <= to ? [from, to] : [to, from];
    change({ from: first, to: last, interval: fitting(ask.interval, first, last) });
  };
  const today = dayIn(ask.tz, Date.now());
  return (
    <>
      <TextInput
        type="date"
        label={t("reports.from")}
        value={ask.from}
        onChange={(event) => set(event.currentTarget.value, ask.to)}
      />
      <TextInput
        type="date"
        label={t("reports.to")}
        value={ask.to}
        onChange={(event) => set(ask.from, event.currentTarget.value)}
      />
      <Group gap={4} className={css.spans}>
        {SPANS.map(([words, first, last]) => {
          const from = shift(today, -first);
          const to = shift(today, -last);
          const chosen = ask.from === from && ask.to === to;
          return (
            <Button
              key={words}
              size="compact-sm"
              variant={chosen ? "light" : "subtle"}
              aria-pressed={chosen}
              onClick={() => set(from, to)}
            >
              {t(words)}
            </Button>
          );
        })}
      </Group>
    </>
  );
}

function Zone({ ask, change }: Props) {
  const t = useText();
  const zones = useMemo(
    () => [...new Set(["UTC", ask.tz, ...Intl.supportedValuesOf("timeZone")])],
    [ask.tz],
  );
  return (
    <Select
      label={t("reports.zone")}
      data={zones}
      value={ask.tz}
      searchable
      limit={60}
      allowDeselect={false}
      onChange={(tz) => tz && change({ tz })}
    />
  );
}

/** What to show; everything is kept in the address. */
export function Filters({ ask, change, isLead }: Props & { isLead: boolean }) {
  const t = useText();
  const { data: queues } = useQueues();
  const all = { value: "", label: t("reports.all") };
  const isOfStates = ask.by === "states";
  return (
    <section className={css.filters} aria-label={t("reports.filters")}>
      <SegmentedControl
        aria-label={t("reports.by")}
        value={ask.by}
        data={(isLead ? BYS : OWN).map((by) => ({ value: by, label: t(`reports.by.${by}`) }))}
        onChange={(by) => change({ by: by as Ask["by"] })}
      />
      {!isOfStates && (
        <Select
          label={t("reports.interval")}
          allowDeselect={false}
          value={ask.interval}
          data={INTERVALS.map((each) => ({ value: each, label: t(`reports.interval.${each}`) }))}
          onChange={(value) =>
            value && change({ interval: fitting(value as Ask["interval"], ask.from, ask.to) })
          }
        />
      )}
      <Days ask={ask} change={change} />
      <Zone ask={ask} change={change} />
      {!isOfStates && (
        <>
          <Select
            label={t("reports.queue")}
            allowDeselect={false}
            value={ask.queue}
            data={[all, ...(queues ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
            onChange={(queue) => change({ queue: queue ?? "" })}
          />
          <Select
            label={t("reports.kind")}
            allowDeselect={false}
            value={ask.kind}
            data={[all, ...KINDS.map((kind) => ({ value: kind, label: t(`live.kind.${kind}`) }))]}
            onChange={(kind) => change({ kind: kind ?? "" })}
          />
        </>
      )}
      {ask.by !== "agent" && !isOfStates && (
        <Select
          label={t("reports.level")}
          allowDeselect={false}
          value={ask.level}
          w={280}
          data={LEVELS.map((level) => ({ value: level, label: t(`reports.level.${level}`) }))}
          onChange={(level) => level && change({ level: level as Ask["level"] })}
        />
      )}
      {!isOfStates && (
        <Switch
          label={t("reports.robots")}
          checked={ask.robots}
          onChange={(event) => change({ robots: event.currentTarget.checked })}
        />
      )}
      <Button
        component="a"
        href={`${API}/reports/${isOfStates ? "states" : "intervals"}?${queryOf(ask)}&format=csv`}
        download
        variant="default"
        leftSection={<Icon name="download" size={16} />}
      >
        {t("reports.csv")}
      </Button>
    </section>
  );
}
