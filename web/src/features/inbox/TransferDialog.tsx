import {
  Alert,
  Button,
  Group,
  Modal,
  Radio,
  ScrollArea,
  Stack,
  Tabs,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { asApiError } from "../../data/http";
import { useDirectory } from "../../data/rest";
import { errorWords, useText } from "../../i18n";
import { Icon } from "../../icons";
import { transfer } from "../../live/commands";
import { useLive } from "../../live/store";
import { sayDone } from "../../ui/notify";
import { Failed, Loading, StateGlyph } from "../../ui/parts";
import { useStateWords } from "../../ui/states";
import type { AgentView, InteractionView, QueueLive } from "../../wire";

const SEARCH_MS = 200;

type Target = { queueId?: string; agentId?: string };

function room(agent: AgentView, kind: string): string {
  return `${agent.load[kind] ?? 0}/${agent.capacity[kind] ?? 0}`;
}

function AgentChoice({ agent, kind }: { agent: AgentView; kind: string }) {
  const words = useStateWords();
  return (
    <Radio
      value={`agent:${agent.user_id}`}
      label={
        <Group gap={8} wrap="nowrap">
          <StateGlyph state={agent.state} reason={agent.reason} />
          <span>{agent.name}</span>
          <span className="muted">{words(agent.state, agent.reason)}</span>
          <span className="muted num">{room(agent, kind)}</span>
        </Group>
      }
    />
  );
}

function QueueChoice({
  id,
  name,
  live,
}: {
  id: string;
  name: string;
  live: QueueLive | undefined;
}) {
  const t = useText();
  return (
    <Radio
      value={`queue:${id}`}
      label={
        <Group gap={8}>
          <Icon name="list" size={16} />
          <span>{name}</span>
          {live && (
            <span className="muted num">{t("transfer.ready", { n: live.ready_agents })}</span>
          )}
        </Group>
      }
    />
  );
}

function parse(value: string): Target {
  const [kind, id] = value.split(":");
  return kind === "agent" ? { agentId: id } : { queueId: id };
}

/** Hand over to a queue or a colleague, with a note that only they see. */
export default function TransferDialog({
  interaction,
  close,
}: {
  interaction: InteractionView;
  close: () => void;
}) {
  const t = useText();
  const queues = useLive((state) => state.queues);
  const [choice, setChoice] = useState("");
  const [note, setNote] = useState("");
  const [search, setSearch] = useState("");
  const [sought] = useDebouncedValue(search.trim(), SEARCH_MS);
  const { data, error, refetch } = useDirectory(sought);
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const fits = (name: string) => name.toLowerCase().includes(search.toLowerCase());
  const agents = (data?.agents ?? []).filter((agent) => fits(agent.name.trim()));
  const submit = async () => {
    setBusy(true);
    setFailed("");
    try {
      await transfer(interaction.id, parse(choice), note.trim());
      sayDone(t("transfer.done"));
      close();
    } catch (refused) {
      setFailed(errorWords(asApiError(refused)));
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      onClose={close}
      title={t("transfer.title")}
      size={520}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Stack gap="md">
        {failed && (
          <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
            {failed}
          </Alert>
        )}
        {error && <Failed error={error} retry={() => void refetch()} />}
        {!data && !error && <Loading rows={3} />}
        {data && (
          <Radio.Group value={choice} onChange={setChoice} aria-label={t("transfer.to")}>
            <Tabs defaultValue="queues">
              <Tabs.List>
                <Tabs.Tab value="queues">{t("transfer.queues")}</Tabs.Tab>
                <Tabs.Tab value="agents">{t("transfer.agents")}</Tabs.Tab>
              </Tabs.List>
              <TextInput
                mt="sm"
                data-autofocus
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
                aria-label={t("transfer.search")}
                placeholder={t("transfer.search")}
                leftSection={<Icon name="search" size={16} />}
              />
              <ScrollArea.Autosize mah={260} mt="sm">
                <Tabs.Panel value="queues">
                  <Stack gap={10} p={4}>
                    {data.queues
                      .filter((queue) => fits(queue.name))
                      .map((queue) => (
                        <QueueChoice
                          key={queue.id}
                          id={queue.id}
                          name={queue.name}
                          live={queues[queue.id]}
                        />
                      ))}
                  </Stack>
                </Tabs.Panel>
                <Tabs.Panel value="agents">
                  <Stack gap={10} p={4}>
                    {agents.length === 0 && <span className="muted">{t("transfer.nobody")}</span>}
                    {agents.map((agent) => (
                      <AgentChoice key={agent.user_id} agent={agent} kind={interaction.kind} />
                    ))}
                    {data.more > 0 && (
                      <span className="muted">{t("transfer.more", { n: data.more })}</span>
                    )}
                  </Stack>
                </Tabs.Panel>
              </ScrollArea.Autosize>
            </Tabs>
          </Radio.Group>
        )}
        <Textarea
          label={t("transfer.note")}
          description={t("transfer.note.more")}
          maxLength={500}
          rows={3}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("cancel")}
          </Button>
          <Button disabled={choice === ""} loading={busy} onClick={() => void submit()}>
            {t("transfer.do")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
