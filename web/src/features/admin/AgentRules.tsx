import { NumberInput, TextInput } from "@mantine/core";
import { t, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { Failed, Loading } from "../../ui/parts";
import type { NotReadyReasonBody, NotReadyReasonView } from "../../wire";
import { Capacity } from "./Capacity";
import { usePolicy } from "./data";
import { type Listed, Listing } from "./Listing";
import { Page } from "./Page";

const MINUTE_S = 60;

const reasons: Listed<NotReadyReasonView, NotReadyReasonBody> = {
  path: "/not-ready-reasons",
  icon: "pause",
  words: "reasons",
  part: true,
  columns: [
    { head: "admin.name", cell: (reason) => reason.name },
    { head: "dispositions.code", cell: (reason) => <code>{reason.code}</code> },
    {
      head: "reasons.longest",
      cell: (reason) =>
        reason.max_s ? (
          duration(1_000 * reason.max_s)
        ) : (
          <span className="muted">{t("reasons.unlimited")}</span>
        ),
      number: true,
    },
  ],
  blank: { name: "", code: "", max_s: 0 },
  bodyOf: ({ name, code, max_s }) => ({ name, code, max_s }),
  fields: (form) => (
    <>
      <TextInput
        label={t("admin.name")}
        description={t("reasons.name.more")}
        required
        maxLength={120}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <TextInput
        label={t("dispositions.code")}
        description={t("dispositions.code.more")}
        required
        pattern="[a-z0-9_]{1,40}"
        {...form.getInputProps("code")}
      />
      <NumberInput
        label={t("reasons.longest")}
        description={t("reasons.longest.more")}
        suffix={t("reasons.minutes")}
        min={0}
        max={1_440}
        decimalScale={1}
        value={(form.values.max_s ?? 0) / MINUTE_S}
        onChange={(value) =>
          form.setFieldValue("max_s", Math.round((Number(value) || 0) * MINUTE_S) as never)
        }
        error={form.errors.max_s}
      />
    </>
  ),
};

/** What holds for every agent: why they may be away, and how much they may hold at once. */
export function AgentRules() {
  const words = useText();
  const { data, error, isPending, refetch } = usePolicy();
  return (
    <Page title={words("policy.title")} more={words("policy.more")}>
      <Listing of={reasons} />
      {isPending && <Loading rows={4} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {data && <Capacity view={data} />}
    </Page>
  );
}
