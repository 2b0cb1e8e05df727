import { MultiSelect, NumberInput, Select, SimpleGrid, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { t } from "../../i18n";
import { duration } from "../../i18n/format";
import type { DispositionView, HoursView, QueueBody, QueueView, SkillView } from "../../wire";
import { useList } from "./data";
import { Levels } from "./Levels";
import { type Listed, Listing } from "./Listing";

const KINDS = ["chat", "call", "message"] as const;
const OFFER_S: Record<string, number> = { chat: 30, call: 20, message: 300 };

/** Skills by name, with their levels. */
export function SkillNames({ skills }: { skills: Record<string, number> }) {
  const { data } = useList<SkillView>("/skills");
  const names = Object.entries(skills).map(
    ([id, level]) => `${data?.find((skill) => skill.id === id)?.name ?? id} ≥ ${level}`,
  );
  return <>{names.join(", ") || "–"}</>;
}

function HoursName({ id }: { id: string | null }) {
  const { data } = useList<HoursView>("/hours", id !== null);
  return (
    <>{id === null ? t("queues.always") : (data?.find((hours) => hours.id === id)?.name ?? id)}</>
  );
}

function Fields({ form }: { form: UseFormReturnType<QueueBody> }) {
  const { data: hours } = useList<HoursView>("/hours");
  const { data: dispositions } = useList<DispositionView>("/dispositions");
  const timeouts = form.values.offer_timeout_s ?? {};
  return (
    <>
      <TextInput
        label={t("admin.name")}
        required
        maxLength={120}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <Levels
        label={t("queues.skills")}
        description={t("queues.skills.more")}
        value={form.values.required_skills ?? {}}
        onChange={(value) => form.setFieldValue("required_skills", value as never)}
        error={form.errors.required_skills}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NumberInput
          label={t("queues.priority")}
          description={t("queues.priority.more")}
          min={-100}
          max={100}
          {...form.getInputProps("priority")}
        />
        <NumberInput
          label={t("queues.target")}
          description={t("queues.target.more")}
          min={1}
          max={86_400}
          suffix=" s"
          {...form.getInputProps("service_target_s")}
        />
      </SimpleGrid>
      <Select
        label={t("queues.hours")}
        description={t("queues.hours.more")}
        clearable
        placeholder={t("queues.always")}
        data={(hours ?? []).map((each) => ({ value: each.id, label: each.name }))}
        {...form.getInputProps("hours_id")}
      />
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        {KINDS.map((kind) => (
          <NumberInput
            key={kind}
            label={t(`queues.ring.${kind}`)}
            min={5}
            max={900}
            suffix=" s"
            value={timeouts[kind] ?? OFFER_S[kind]}
            onChange={(value) =>
              form.setFieldValue("offer_timeout_s", {
                ...timeouts,
                [kind]: Number(value) || 5,
              } as never)
            }
            error={form.errors.offer_timeout_s}
          />
        ))}
      </SimpleGrid>
      <NumberInput
        label={t("queues.wrap")}
        description={t("queues.wrap.more")}
        min={0}
        max={900}
        suffix=" s"
        {...form.getInputProps("wrap_up_s")}
      />
      <MultiSelect
        label={t("queues.dispositions")}
        description={t("queues.dispositions.more")}
        data={(dispositions ?? []).map((each) => ({ value: each.id, label: each.name }))}
        {...form.getInputProps("disposition_ids")}
      />
    </>
  );
}

const queues: Listed<QueueView, QueueBody> = {
  path: "/queues",
  icon: "list",
  words: "queues",
  width: 560,
  columns: [
    { head: "admin.name", cell: (queue) => queue.name },
    { head: "queues.skills", cell: (queue) => <SkillNames skills={queue.required_skills} /> },
    { head: "queues.hours", cell: (queue) => <HoursName id={queue.hours_id} /> },
    { head: "queues.priority", cell: (queue) => queue.priority, number: true },
    {
      head: "queues.target",
      cell: (queue) => duration(queue.service_target_s * 1_000),
      number: true,
    },
    { head: "queues.wrap", cell: (queue) => duration(queue.wrap_up_s * 1_000), number: true },
  ],
  blank: {
    name: "",
    required_skills: {},
    priority: 0,
    hours_id: null,
    offer_timeout_s: {},
    wrap_up_s: 60,
    service_target_s: 30,
    disposition_ids: [],
  },
  bodyOf: ({ id: _id, ...body }) => body,
  fields: (form) => <Fields form={form} />,
};

export const Queues = () => <Listing of={queues} />;
