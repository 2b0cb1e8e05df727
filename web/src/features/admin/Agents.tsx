import {
  Alert,
  Button,
  Drawer,
  Group,
  MultiSelect,
  NumberInput,
  SimpleGrid,
  Stack,
  Switch,
  Table,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { asApiError, put } from "../../data/http";
import { queryClient } from "../../data/query";
import { errorWords, useText } from "../../i18n";
import { Icon } from "../../icons";
import { sayDone } from "../../ui/notify";
import { Empty, Failed, IconButton, Loading, Wide } from "../../ui/parts";
import type { AgentProfileBody, AgentProfileView, QueueView, SkillView } from "../../wire";
import css from "./admin.module.css";
import { rootField, useAgents, useList, usePolicy } from "./data";
import { Interrupts } from "./Interrupts";
import { Levels } from "./Levels";
import { Page } from "./Page";

const KINDS = ["chat", "call", "message"] as const;

type Rule = Required<AgentProfileBody>["interrupted_by"];

/** What may interrupt what for this agent, when it is not as for everybody. */
function OwnRule({ value, change }: { value: Rule; change: (value: Rule) => void }) {
  const t = useText();
  const { data: policy } = usePolicy();
  const own = Object.keys(value).length > 0;
  if (!policy) return null;
  const everybody = policy.interrupted_by as Rule;
  return (
    <div>
      <Switch
        label={t("agents.own")}
        description={t("agents.own.more")}
        checked={own}
        onChange={(event) => change(event.currentTarget.checked ? { ...everybody } : {})}
      />
      {own && (
        <Interrupts
          value={{ ...policy.interrupted_by, ...value }}
          change={(next) => change(next as Rule)}
        />
      )}
    </div>
  );
}

function Profile({ agent, close }: { agent: AgentProfileView; close: () => void }) {
  const t = useText();
  const { data: queues } = useList<QueueView>("/queues");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const form = useForm<Required<AgentProfileBody>>({
    initialValues: {
      skills: agent.skills,
      queue_ids: agent.queue_ids,
      weight: agent.weight,
      capacity: agent.capacity,
      interrupted_by: agent.interrupted_by as AgentProfileBody["interrupted_by"] & object,
    },
  });
  const save = async (values: Required<AgentProfileBody>) => {
    setBusy(true);
    setFailed("");
    try {
      await put(`/agents/${agent.user_id}`, values);
      await queryClient.invalidateQueries({ queryKey: ["agents"] });
      sayDone(t("admin.saved"));
      close();
    } catch (failure) {
      const error = asApiError(failure);
      const field = rootField(error.field);
      if (field in values) form.setFieldError(field, errorWords(error));
      else setFailed(errorWords(error));
      setBusy(false);
    }
  };
  const { capacity } = form.values;
  return (
    <form onSubmit={form.onSubmit((values) => void save(values))}>
      <Stack>
        {failed && (
          <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
            {failed}
          </Alert>
        )}
        <MultiSelect
          label={t("agents.queues")}
          description={t("agents.queues.more")}
          data={(queues ?? []).map((queue) => ({ value: queue.id, label: queue.name }))}
          {...form.getInputProps("queue_ids")}
        />
        <Levels
          label={t("agents.skills")}
          description={t("agents.skills.more")}
          value={form.values.skills}
          onChange={(value) => form.setFieldValue("skills", value)}
          error={form.errors.skills}
        />
        <SimpleGrid cols={3}>
          {KINDS.map((kind) => (
            <NumberInput
              key={kind}
              label={t(`agents.capacity.${kind}`)}
              min={0}
              max={25}
              value={capacity[kind] ?? 0}
              onChange={(value) =>
                form.setFieldValue("capacity", { ...capacity, [kind]: Number(value) || 0 })
              }
              error={form.errors.capacity}
            />
          ))}
        </SimpleGrid>
        <OwnRule
          value={form.values.interrupted_by}
          change={(value) => form.setFieldValue("interrupted_by", value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={busy}>
            {t("save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Matrix({
  agents,
  edit,
}: {
  agents: AgentProfileView[];
  edit: (agent: AgentProfileView) => void;
}) {
  const t = useText();
  const { data: skills } = useList<SkillView>("/skills");
  const { data: queues } = useList<QueueView>("/queues");
  const queueName = (id: string) => queues?.find((queue) => queue.id === id)?.name ?? id;
  return (
    <Wide>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("live.agent")}</Table.Th>
            <Table.Th>{t("agents.queues")}</Table.Th>
            {(skills ?? []).map((skill) => (
              <Table.Th key={skill.id} className={css.right}>
                {skill.name}
              </Table.Th>
            ))}
            {KINDS.map((kind) => (
              <Table.Th key={kind} className={css.right}>
                {t(`live.kind.${kind}`)}
              </Table.Th>
            ))}
            <Table.Th className={css.right}>{t("admin.actions")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {agents.map((agent) => (
            <Table.Tr key={agent.user_id}>
              <Table.Td>{agent.name}</Table.Td>
              <Table.Td>
                {agent.queue_ids.map(queueName).join(", ") || (
                  <span className="muted">{t("agents.noQueue")}</span>
                )}
              </Table.Td>
              {(skills ?? []).map((skill) => (
                <Table.Td key={skill.id} className={`num ${css.right}`}>
                  {agent.skills[skill.id] ?? <span className="muted">–</span>}
                </Table.Td>
              ))}
              {KINDS.map((kind) => (
                <Table.Td key={kind} className={`num ${css.right}`}>
                  {agent.capacity[kind] ?? 0}
                </Table.Td>
              ))}
              <Table.Td>
                <div className={css.acts}>
                  <IconButton
                    icon="edit"
                    size="md"
                    label={t("admin.edit", { name: agent.name })}
                    onClick={() => edit(agent)}
                  />
                </div>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

export function Agents() {
  const t = useText();
  const { data, error, isPending, refetch } = useAgents();
  const [editing, setEditing] = useState<AgentProfileView | null>(null);
  return (
    <Page title={t("agents.title")} more={t("agents.more")}>
      {isPending && <Loading rows={4} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {data?.length === 0 && (
        <Empty icon="person" title={t("agents.empty")}>
          <p>{t("agents.empty.more")}</p>
        </Empty>
      )}
      {data && data.length > 0 && <Matrix agents={data} edit={setEditing} />}
      <Drawer
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={editing?.name}
        size={560}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        {editing && <Profile agent={editing} close={() => setEditing(null)} />}
      </Drawer>
    </Page>
  );
}
