import { SegmentedControl, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useText } from "../../i18n";
import type { BlockBody } from "../../wire";
import { Ask } from "./Ask";
import { block } from "./data";

const DAY_MS = 86_400_000;
const SPANS = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS } as const;
const UNTIL = ["day", "week", "month", "date", "open"] as const;
type Until = (typeof UNTIL)[number];

/** The moment a block ends; null for one that somebody lifts. */
export function endOf(until: Until, date: string, nowMs: number): number | null {
  if (until === "open") return null;
  if (until !== "date") return nowMs + SPANS[until];
  return new Date(`${date}T23:59:59`).getTime();
}

/** ``2026-03-09`` of a moment, in the time of whoever looks. */
const dayOf = (ms: number) => new Date(ms).toLocaleDateString("sv-SE");

interface Props {
  /** The contact to block; without one, an address or a network is asked for. */
  contact?: { id: string; name: string };
  close: () => void;
}

/** Keep a contact, an e-mail address or a network out. */
export function Block({ contact, close }: Props) {
  const t = useText();
  const [kind, setKind] = useState<"email" | "network">("email");
  const [value, setValue] = useState("");
  const [until, setUntil] = useState<Until>("week");
  const [date, setDate] = useState(dayOf(Date.now() + 7 * DAY_MS));
  const send = (why: string) => {
    const ends = { why, until_ms: endOf(until, date, Date.now()) };
    const what: Pick<BlockBody, "kind" | "value"> = contact
      ? { kind: "contact", value: contact.id }
      : { kind, value: value.trim() };
    return block({ ...what, ...ends });
  };
  return (
    <Ask
      title={contact ? t("people.block.of", { name: contact.name }) : t("people.block.add")}
      action={t("people.block.do")}
      done={t("people.block.done")}
      danger
      ready={(contact !== undefined || value.trim() !== "") && (until !== "date" || date !== "")}
      close={close}
      send={send}
    >
      {(errorOf) => (
        <>
          <p className="muted">{t("people.block.told")}</p>
          {!contact && (
            <>
              <SegmentedControl
                aria-label={t("people.block.kind")}
                value={kind}
                data={(["email", "network"] as const).map((each) => ({
                  value: each,
                  label: t(`people.block.kind.${each}`),
                }))}
                onChange={(each) => setKind(each as typeof kind)}
              />
              <TextInput
                label={t(`people.block.value.${kind}`)}
                description={kind === "network" && t("people.block.value.network.more")}
                required
                maxLength={320}
                value={value}
                error={errorOf("value")}
                onChange={(event) => setValue(event.currentTarget.value)}
                data-autofocus
              />
            </>
          )}
          <Select
            label={t("people.block.until")}
            allowDeselect={false}
            value={until}
            data={UNTIL.map((each) => ({ value: each, label: t(`people.block.until.${each}`) }))}
            error={until === "date" ? undefined : errorOf("until_ms")}
            onChange={(each) => setUntil((each ?? "week") as Until)}
          />
          {until === "date" && (
            <TextInput
              type="date"
              label={t("people.block.date")}
              required
              min={dayOf(Date.now())}
              value={date}
              error={errorOf("until_ms")}
              onChange={(event) => setDate(event.currentTarget.value)}
            />
          )}
        </>
      )}
    </Ask>
  );
}
