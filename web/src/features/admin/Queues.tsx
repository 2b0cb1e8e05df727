import { MultiSelect, NumberInput, Select, SimpleGrid, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { t } from "../../i18n";
import { duration } from "../../i18n/format";
import type {
  DispositionView,
  HoursView,
  QueueBody,
  QueueStep,
  QueueView,
  ServiceTarget,
  WrapUpTime,
} from "../../wire";
import { useList } from "./data";
import { type Listed, Listing } from "./Listing";

const KINDS = ["chat", "call", "message"] as const;
const OFFER_S: Record<string, number> = { chat: 30, call: 20, message: 300 };

const WRAP_UP: WrapUpTime = { mode: "timed", seconds: 60, extension_s: 0 };
const TARGET: ServiceTarget = { percent: 80, within_s: 60 };
const STEP: QueueStep = {
  expression: "",
  preferred: "",
  after_s: null,
  priority: 0,
  skip_if: "none",
  drops_own: false,
};

/** The same for every kind of work. */
function everyKind<Value>(value: Value): Record<string, Value> {
  return Object.fromEntries(KINDS.map((kind) => [kind, value]));
}

function HoursName({ id }: { id: string | null }) {
  const { data } = useList<HoursView>("/hours", id !== null);
  return (
    <>{id === null ? t("queues.always") : (data?.find((hours) => hours.id === id)?.name ?? id)}</>
  );
}

/** No seconds, no wrap-up; the mode stays what it was otherwise. */
function wrapUpOf(before: WrapUpTime, seconds: number): WrapUpTime {
  if (!seconds) return { mode: "none", seconds: 0, extension_s: 0 };
  return { ...before, mode: before.mode === "none" ? "timed" : before.mode, seconds };
}

function Fields({ form }: { form: UseFormReturnType<QueueBody> }) {
  const { data: hours } = useList<HoursView>("/hours");
  const { data: dispositions } = useList<DispositionView>("/dispositions");
  const [first = STEP, ...later] = form.values.steps ?? [];
  const target = form.values.service_target?.chat ?? TARGET;
  const wrapUp = form.values.wrap_up?.chat ?? WRAP_UP;
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
      <TextInput
        label={t("queues.skills")}
        description={t("queues.skills.more")}
        maxLength={1_000}
        value={first.expression}
        onChange={(event) =>
          form.setFieldValue("steps", [
            { ...first, expression: event.currentTarget.value },
            ...later,
          ] as never)
        }
        error={form.errors.steps}
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
          value={target.within_s}
          onChange={(value) =>
            form.setFieldValue(
              "service_target",
              everyKind({ ...target, within_s: Number(value) || 1 }) as never,
            )
          }
          error={form.errors.service_target}
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
        value={wrapUp.mode === "none" ? 0 : wrapUp.seconds}
        onChange={(value) =>
          form.setFieldValue("wrap_up", everyKind(wrapUpOf(wrapUp, Number(value) || 0)) as never)
        }
        error={form.errors.wrap_up}
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
    { head: "queues.skills", cell: (queue) => queue.steps[0]?.expression || "–" },
    { head: "queues.hours", cell: (queue) => <HoursName id={queue.hours_id} /> },
    { head: "queues.priority", cell: (queue) => queue.priority, number: true },
    {
      head: "queues.target",
      cell: (queue) => duration((queue.service_target.chat ?? TARGET).within_s * 1_000),
      number: true,
    },
    {
      head: "queues.wrap",
      cell: (queue) => duration((queue.wrap_up.chat ?? WRAP_UP).seconds * 1_000),
      number: true,
    },
  ],
  blank: {
    name: "",
    steps: [STEP],
    priority: 0,
    hours_id: null,
    offer_timeout_s: {},
    wrap_up: everyKind(WRAP_UP),
    service_target: {},
    disposition_ids: [],
  },
  bodyOf: ({ id: _id, version: _1, warnings: _2, closed: _3, closure: _4, ...body }) => body,
  fields: (form) => <Fields form={form} />,
};

export const Queues = () => <Listing of={queues} />;
