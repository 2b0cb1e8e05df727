import { Alert, Badge, Button, FileButton, Group, Loader } from "@mantine/core";
import { useRef, useState } from "react";
import { type ApiError, asApiError, postBytes } from "../../data/http";
import { errorWords, useLanguage, useText } from "../../i18n";
import { dayOf } from "../../i18n/format";
import { Icon } from "../../icons";
import type { HolidaysFound } from "../../wire";
import css from "./admin.module.css";

const MOST_BYTES = 524_288;
const TYPE = "text/calendar";

/** Why a file brought nothing, in words about calendar files. */
function useRefusal() {
  const t = useText();
  const language = useLanguage();
  return (error: ApiError) => {
    if (error.code === "too_large") return t("hours.file.tooBig");
    return error.code === "bad_file" && language !== "en" ? t("hours.file.bad") : errorWords(error);
  };
}

interface FoundProps {
  found: HolidaysFound;
  file: string;
  closed: string[];
  add: (dates: string[]) => void;
  forget: () => void;
}

/** What adding the file would change: each day, what it is called, and whether it is new. */
function Found({ found, file, closed, add, forget }: FoundProps) {
  const t = useText();
  const language = useLanguage();
  const fresh = found.days.map((day) => day.date).filter((date) => !closed.includes(date));
  return (
    <section className={css.found} aria-label={t("hours.file.found", { file })}>
      <p role="status">
        <b>{t("hours.file.sum", { n: found.days.length, fresh: fresh.length, file })}</b>
        {found.skipped > 0 && (
          <>
            <br />
            <span className="muted">{t("hours.file.skipped", { n: found.skipped })}</span>
          </>
        )}
      </p>
      {found.days.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <ul className={css.days} tabIndex={0} aria-label={t("hours.file.days")}>
          {found.days.map((day) => (
            <li key={day.date}>
              <span className="num">{dayOf(language, day.date)}</span>
              <span>{day.name}</span>
              {closed.includes(day.date) ? (
                <span className="muted">{t("hours.file.there")}</span>
              ) : (
                <Badge color="ok">{t("hours.file.new")}</Badge>
              )}
            </li>
          ))}
        </ul>
      )}
      <Group justify="flex-end" gap={8}>
        <Button variant="default" size="xs" onClick={forget}>
          {t(fresh.length > 0 ? "hours.file.drop" : "close")}
        </Button>
        {fresh.length > 0 && (
          <Button size="xs" onClick={() => add(fresh)}>
            {t("hours.file.add", { n: fresh.length })}
          </Button>
        )}
      </Group>
    </section>
  );
}

interface Props {
  closed: string[];
  change: (dates: string[]) => void;
}

/** Holidays from a calendar file: looked at first, then put among the closed dates. */
export function CalendarFile({ closed, change }: Props) {
  const t = useText();
  const refusal = useRefusal();
  const [read, setRead] = useState<{ file: string; found: HolidaysFound } | null>(null);
  const [failed, setFailed] = useState("");
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const again = useRef<() => void>(null);
  const open = async (file: File | null) => {
    if (!file) return;
    again.current?.(); // the same file may be chosen once more
    setRead(null);
    setFailed("");
    setSaid("");
    if (file.size > MOST_BYTES) return setFailed(t("hours.file.tooBig"));
    setBusy(true);
    try {
      const found = await postBytes<HolidaysFound>("/hours/holidays", file, TYPE);
      setRead({ file: file.name, found });
    } catch (failure) {
      setFailed(refusal(asApiError(failure)));
    }
    setBusy(false);
  };
  const add = (dates: string[]) => {
    change([...new Set([...closed, ...dates])].sort());
    setSaid(t("hours.file.added", { n: dates.length }));
    setRead(null);
  };
  return (
    <>
      <Group gap={12}>
        <FileButton
          resetRef={again}
          onChange={(file) => void open(file)}
          accept=".ics,.ical,text/calendar"
        >
          {(props) => (
            <Button
              {...props}
              variant="default"
              size="xs"
              disabled={busy}
              leftSection={<Icon name="calendar" size={14} />}
            >
              {t("hours.file.open")}
            </Button>
          )}
        </FileButton>
        {busy && <Loader size={16} aria-label={t("loading")} />}
        <span className="muted" role="status">
          {said}
        </span>
      </Group>
      {failed && (
        <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
          {failed}
        </Alert>
      )}
      {read && <Found {...read} closed={closed} add={add} forget={() => setRead(null)} />}
    </>
  );
}
