import {
  Alert,
  Button,
  Checkbox,
  Group,
  Modal,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Textarea,
} from "@mantine/core";
import { type ReactNode, useState } from "react";
import { asApiError, post, put } from "../../data/http";
import { queryClient } from "../../data/query";
import { useReasons } from "../../data/rest";
import { errorWords, type Key, useText } from "../../i18n";
import { Icon } from "../../icons";
import { sayDone } from "../../ui/notify";
import { useStateWords } from "../../ui/states";
import type { AgentView, InteractionView, QueueLive } from "../../wire";

/** What a lead does by hand: to work that nobody has yet, or to an agent's state. */
export type Act =
  | { what: "move" | "priority" | "assign"; item: InteractionView }
  | { what: "state"; agent: AgentView }
  | { what: "sign_out"; agent: AgentView };

interface Props {
  act: Act;
  queues: QueueLive[];
  agents: AgentView[];
  close: () => void;
}

interface Answers {
  queueId: string;
  priority: number;
  agentId: string;
  over: boolean;
  state: "ready" | "not_ready";
  reason: string;
}

function send(act: Act, answers: Answers, why: string): Promise<unknown> {
  if (act.what === "state") {
    const reason = answers.state === "not_ready" ? answers.reason || null : null;
    return put(`/agents/${act.agent.user_id}/state`, { state: answers.state, reason, why });
  }
  if (act.what === "sign_out") return post(`/agents/${act.agent.user_id}/sign-out`, { why });
  const path = `/interactions/${act.item.id}/${act.what}`;
  if (act.what === "move") return post(path, { to_queue_id: answers.queueId, why });
  if (act.what === "priority") return post(path, { priority: answers.priority, why });
  return post(path, { agent_id: answers.agentId, over_capacity: answers.over, why });
}

function isWhole(act: Act, answers: Answers): boolean {
  if (act.what === "move") return answers.queueId !== "";
  if (act.what === "assign") return answers.agentId !== "";
  return true;
}

type Change = (part: Partial<Answers>) => void;

function StateFields({ answers, change }: { answers: Answers; change: Change }) {
  const t = useText();
  const { data: reasons } = useReasons();
  return (
    <>
      <SegmentedControl
        aria-label={t("live.state")}
        value={answers.state}
        data={[
          { value: "ready", label: t("state.ready") },
          { value: "not_ready", label: t("state.not_ready") },
        ]}
        onChange={(state) => change({ state: state as Answers["state"] })}
      />
      {answers.state === "not_ready" && (
        <Select
          label={t("steer.reason")}
          value={answers.reason}
          allowDeselect={false}
          data={[
            { value: "", label: t("steer.noReason") },
            ...(reasons ?? []).map(({ code, name }) => ({ value: code, label: name })),
          ]}
          onChange={(reason) => change({ reason: reason ?? "" })}
        />
      )}
    </>
  );
}

function Fields(props: Props & { answers: Answers; change: Change }): ReactNode {
  const { act, queues, agents, answers, change } = props;
  const t = useText();
  const words = useStateWords();
  if (act.what === "state") return <StateFields answers={answers} change={change} />;
  if (act.what === "sign_out") return <p>{t("steer.sign_out.more")}</p>;
  if (act.what === "move") {
    return (
      <Select
        label={t("steer.toQueue")}
        value={answers.queueId || null}
        data={queues
          .filter((queue) => queue.queue_id !== act.item.queue_id)
          .map((queue) => ({ value: queue.queue_id, label: queue.name }))}
        onChange={(queueId) => change({ queueId: queueId ?? "" })}
        data-autofocus
      />
    );
  }
  if (act.what === "priority") {
    return (
      <NumberInput
        label={t("customer.priority")}
        description={t("steer.priority.more")}
        min={-100}
        max={100}
        clampBehavior="strict"
        allowDecimal={false}
        value={answers.priority}
        onChange={(value) => change({ priority: Number(value) || 0 })}
        data-autofocus
      />
    );
  }
  return (
    <>
      <Select
        label={t("steer.toAgent")}
        searchable
        limit={60}
        value={answers.agentId || null}
        data={agents
          .filter((agent) => agent.state !== "offline")
          .map((agent) => ({
            value: agent.user_id,
            label: `${agent.name} · ${words(agent.state, agent.reason)}`,
          }))}
        onChange={(agentId) => change({ agentId: agentId ?? "" })}
        data-autofocus
      />
      <Checkbox
        label={t("steer.over")}
        checked={answers.over}
        onChange={(event) => change({ over: event.currentTarget.checked })}
      />
    </>
  );
}

function titleOf(act: Act): [Key, string] {
  if (act.what === "state" || act.what === "sign_out")
    return [`steer.${act.what}.title` as Key, act.agent.name];
  return [`steer.${act.what}.title` as Key, act.item.queue_name];
}

/** One intervention with its reason; the reason is kept with who did it. */
export default function Steer(props: Props) {
  const { act, close } = props;
  const t = useText();
  const [why, setWhy] = useState("");
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const [answers, setAnswers] = useState<Answers>({
    queueId: "",
    priority: "item" in act ? act.item.priority : 0,
    agentId: "",
    over: false,
    state: act.what === "state" && act.agent.state === "ready" ? "not_ready" : "ready",
    reason: "",
  });
  const change: Change = (part) => setAnswers((known) => ({ ...known, ...part }));
  const submit = async () => {
    setBusy(true);
    setFailed("");
    try {
      await send(act, answers, why.trim());
      await queryClient.invalidateQueries({ queryKey: ["live"] });
      sayDone(t("steer.done"));
      close();
    } catch (error) {
      setFailed(errorWords(asApiError(error)));
      setBusy(false);
    }
  };
  const [title, name] = titleOf(act);
  return (
    <Modal
      opened
      onClose={close}
      title={t(title, { name })}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack>
          {failed && (
            <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
              {failed}
            </Alert>
          )}
          <Fields {...props} answers={answers} change={change} />
          <Textarea
            label={t("steer.why")}
            description={t(act.what === "sign_out" ? "steer.sign_out.why" : "steer.why.more")}
            required
            maxLength={500}
            autosize
            minRows={2}
            value={why}
            onChange={(event) => setWhy(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t("cancel")}
            </Button>
            <Button
              type="submit"
              loading={busy}
              disabled={why.trim() === "" || !isWhole(act, answers)}
            >
              {t("steer.do")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
