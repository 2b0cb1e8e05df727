import { Badge, Button, Input, Select, TagsInput, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { t, useLanguage } from "../../i18n";
import { Icon } from "../../icons";
import { IconButton } from "../../ui/parts";
import type { HoursBody, HoursView, OpenWindow } from "../../wire";
import css from "./admin.module.css";
import { CalendarFile } from "./Calendar";
import { type Listed, Listing } from "./Listing";

const DAYS = [0, 1, 2, 3, 4, 5, 6];
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const NINE = 540;
const FIVE = 1_020;

const zones = (): string[] => [
  "UTC",
  ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC"),
];

/** ``09:30`` for minute 570; the end of a day is ``24:00``. */
export function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** Minute of the day for ``9``, ``9:30`` or ``09:30``; null for anything else. */
export function minuteOf(text: string): number | null {
  const match = /^(\d{1,2})(?::?(\d{2}))?$/.exec(text.trim());
  if (!match) return null;
  const minute = Number(match[1]) * 60 + Number(match[2] ?? 0);
  return minute <= 1_440 && Number(match[2] ?? 0) < 60 ? minute : null;
}

interface SpanProps {
  day: string;
  window: OpenWindow;
  change: (window: OpenWindow) => void;
  remove: () => void;
}

function Span({ day, window: open, change, remove }: SpanProps) {
  const set =
    (part: "from_minute" | "to_minute") => (event: React.FocusEvent<HTMLInputElement>) => {
      const minute = minuteOf(event.currentTarget.value);
      if (minute === null) event.currentTarget.value = clockOf(open[part]);
      else change({ ...open, [part]: minute });
    };
  return (
    <div className={css.span}>
      <TextInput
        key={`f${open.from_minute}`}
        size="xs"
        aria-label={t("hours.from", { day })}
        defaultValue={clockOf(open.from_minute)}
        onBlur={set("from_minute")}
        inputMode="numeric"
      />
      <span>–</span>
      <TextInput
        key={`t${open.to_minute}`}
        size="xs"
        aria-label={t("hours.to", { day })}
        defaultValue={clockOf(open.to_minute)}
        onBlur={set("to_minute")}
        inputMode="numeric"
        error={open.to_minute <= open.from_minute}
      />
      <IconButton icon="close" size="md" label={t("hours.removeSpan", { day })} onClick={remove} />
    </div>
  );
}

/** The week: any number of open spans on each day. */
function Week({ form }: { form: UseFormReturnType<HoursBody> }) {
  const language = useLanguage();
  const windows = form.values.windows;
  const set = (next: OpenWindow[]) => form.setFieldValue("windows", next as never);
  const dayName = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
    weekday: "long",
    timeZone: "UTC",
  });
  return (
    <Input.Wrapper
      label={t("hours.week")}
      description={t("hours.week.more")}
      error={form.errors.windows}
      labelElement="div"
    >
      <div className={css.week}>
        {DAYS.map((weekday) => {
          const day = dayName.format(MONDAY + weekday * DAY_MS);
          const mine = windows
            .map((open, index) => ({ open, index }))
            .filter(({ open }) => open.weekday === weekday);
          return (
            <div key={weekday} className={css.dayRow}>
              <strong>{day}</strong>
              <div>
                {mine.length === 0 && <span className="muted">{t("hours.closed")}</span>}
                {mine.map(({ open, index }) => (
                  <Span
                    key={`${weekday}-${index}`}
                    day={day}
                    window={open}
                    change={(next) => set(windows.with(index, next))}
                    remove={() => set(windows.filter((_, at) => at !== index))}
                  />
                ))}
              </div>
              <IconButton
                icon="plus"
                size="md"
                label={t("hours.addSpan", { day })}
                onClick={() => set([...windows, { weekday, from_minute: NINE, to_minute: FIVE }])}
              />
            </div>
          );
        })}
      </div>
    </Input.Wrapper>
  );
}

function Fields({ form }: { form: UseFormReturnType<HoursBody> }) {
  const workdays = DAYS.slice(0, 5).map((weekday) => ({
    weekday,
    from_minute: NINE,
    to_minute: FIVE,
  }));
  return (
    <>
      <TextInput
        label={t("admin.name")}
        required
        maxLength={120}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <Select
        label={t("hours.zone")}
        searchable
        required
        allowDeselect={false}
        limit={200}
        data={zones()}
        {...form.getInputProps("time_zone")}
      />
      <Week form={form} />
      <Button
        variant="default"
        size="xs"
        style={{ alignSelf: "flex-start" }}
        leftSection={<Icon name="calendar" size={14} />}
        onClick={() => form.setFieldValue("windows", workdays as never)}
      >
        {t("hours.workdays")}
      </Button>
      <TagsInput
        label={t("hours.closedDates")}
        description={t("hours.closedDates.more")}
        placeholder="2027-01-01"
        classNames={{ pillsList: css.pills }}
        splitChars={[",", " ", ";"]}
        {...form.getInputProps("closed_dates")}
      />
      <CalendarFile
        closed={form.values.closed_dates ?? []}
        change={(dates) => form.setFieldValue("closed_dates", dates as never)}
      />
    </>
  );
}

const hours: Listed<HoursView, HoursBody> = {
  path: "/hours",
  icon: "calendar",
  words: "hours",
  keeps: true,
  width: 520,
  columns: [
    { head: "admin.name", cell: (view) => view.name },
    { head: "hours.zone", cell: (view) => view.time_zone },
    { head: "hours.spans", cell: (view) => view.windows.length, number: true },
    { head: "hours.closedDates", cell: (view) => view.closed_dates.length, number: true },
    {
      head: "hours.now",
      cell: (view) => (
        <Badge color={view.open_now ? "ok" : "slate"}>
          {view.open_now ? t("hours.open") : t("hours.closed")}
        </Badge>
      ),
    },
  ],
  blank: {
    name: "",
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    windows: [],
    closed_dates: [],
  },
  bodyOf: ({ name, time_zone, windows, closed_dates }) => ({
    name,
    time_zone,
    windows,
    closed_dates,
  }),
  fields: (form) => <Fields form={form} />,
};

export const Hours = () => <Listing of={hours} />;
