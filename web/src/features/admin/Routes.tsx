import { MultiSelect, NumberInput, Select, SimpleGrid, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { t } from "../../i18n";
import type { QueueView, RouteBody, RouteView, SiteView } from "../../wire";
import { useList } from "./data";
import { Levels } from "./Levels";
import { type Listed, Listing } from "./Listing";

const KINDS = ["chat", "call", "message"] as const;

function Condition({ route }: { route: RouteView }) {
  const { data: sites } = useList<SiteView>("/sites");
  const site = sites?.find((each) => each.id === route.site_id)?.name;
  const parts = [
    route.site_id && `${t("routes.site")} = ${site ?? route.site_id}`,
    route.kinds.length > 0 &&
      `${t("routes.kinds")} = ${route.kinds.map((kind) => t(`kind.${kind}`)).join(" / ")}`,
    route.department && `${t("routes.department")} = ${route.department}`,
    route.language && `${t("routes.language")} = ${route.language}`,
  ].filter(Boolean);
  return <>{parts.join(", ") || t("routes.everything")}</>;
}

function QueueName({ id }: { id: string }) {
  const { data } = useList<QueueView>("/queues");
  return <>{data?.find((queue) => queue.id === id)?.name ?? id}</>;
}

function Fields({ form }: { form: UseFormReturnType<RouteBody> }) {
  const { data: sites } = useList<SiteView>("/sites");
  const { data: queues } = useList<QueueView>("/queues");
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label={t("admin.name")}
          required
          maxLength={120}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <NumberInput
          label={t("routes.position")}
          description={t("routes.position.more")}
          min={0}
          max={10_000}
          {...form.getInputProps("position")}
        />
      </SimpleGrid>
      <Select
        label={t("routes.site")}
        clearable
        placeholder={t("routes.any")}
        data={(sites ?? []).map((site) => ({ value: site.id, label: site.name }))}
        {...form.getInputProps("site_id")}
      />
      <MultiSelect
        label={t("routes.kinds")}
        placeholder={(form.values.kinds ?? []).length === 0 ? t("routes.any") : undefined}
        data={KINDS.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))}
        {...form.getInputProps("kinds")}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label={t("routes.department")}
          placeholder={t("routes.any")}
          maxLength={120}
          {...form.getInputProps("department")}
        />
        <TextInput
          label={t("routes.language")}
          description={t("routes.language.more")}
          placeholder={t("routes.any")}
          maxLength={16}
          {...form.getInputProps("language")}
        />
      </SimpleGrid>
      <Select
        label={t("routes.queue")}
        required
        allowDeselect={false}
        data={(queues ?? []).map((queue) => ({ value: queue.id, label: queue.name }))}
        {...form.getInputProps("queue_id")}
      />
      <Levels
        label={t("routes.skills")}
        description={t("routes.skills.more")}
        value={form.values.skills ?? {}}
        onChange={(value) => form.setFieldValue("skills", value as never)}
        error={form.errors.skills}
      />
      <NumberInput
        label={t("queues.priority")}
        description={t("routes.priority.more")}
        min={-100}
        max={100}
        {...form.getInputProps("priority")}
      />
    </>
  );
}

const routes: Listed<RouteView, RouteBody> = {
  path: "/routes",
  icon: "route",
  words: "routes",
  width: 560,
  columns: [
    { head: "routes.position", cell: (route) => route.position, number: true },
    { head: "admin.name", cell: (route) => route.name },
    { head: "routes.when", cell: (route) => <Condition route={route} /> },
    { head: "routes.queue", cell: (route) => <QueueName id={route.queue_id} /> },
    { head: "queues.priority", cell: (route) => route.priority, number: true },
  ],
  blank: {
    name: "",
    position: 100,
    site_id: null,
    kinds: [],
    department: "",
    language: "",
    queue_id: "",
    skills: {},
    priority: 0,
  },
  bodyOf: ({ id: _id, ...body }) => body,
  sort: (a, b) => a.position - b.position,
  fields: (form) => <Fields form={form} />,
};

export const Routes = () => <Listing of={routes} />;
