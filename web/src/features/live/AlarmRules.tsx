import { Alert, Button, Checkbox, Group, Modal, NumberInput, Select, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { asApiError, get, put } from "../../data/http";
import { queryClient } from "../../data/query";
import { errorWords, useText } from "../../i18n";
import { Icon } from "../../icons";
import { sayDone } from "../../ui/notify";
import { Empty, Failed, Loading } from "../../ui/parts";
import type { AlarmRuleBody, AlarmRuleView } from "../../wire";

const KEY = ["alarm-rules"];

const bodyOf = (rule: AlarmRuleView): AlarmRuleBody => ({
  near_percent: rule.near_percent,
  late: rule.late,
  level_percent: rule.level_percent,
  longest_s: rule.longest_s,
  nobody_ready: rule.nobody_ready,
});

interface FieldsProps {
  body: AlarmRuleBody;
  change: (part: Partial<AlarmRuleBody>) => void;
}

function Fields({ body, change }: FieldsProps) {
  const t = useText();
  const whole = { allowDecimal: false, clampBehavior: "strict", min: 0 } as const;
  return (
    <>
      <NumberInput
        {...whole}
        label={t("alarm.rule.near")}
        description={t("alarm.rule.near.more")}
        max={99}
        value={body.near_percent}
        onChange={(value) => change({ near_percent: Number(value) || 0 })}
      />
      <Checkbox
        label={t("alarm.rule.late")}
        checked={body.late}
        onChange={(event) => change({ late: event.currentTarget.checked })}
      />
      <NumberInput
        {...whole}
        label={t("alarm.rule.level")}
        description={t("alarm.rule.level.more")}
        max={99}
        value={body.level_percent ?? ""}
        onChange={(value) => change({ level_percent: value === "" ? null : Number(value) || 0 })}
      />
      <NumberInput
        {...whole}
        label={t("alarm.rule.longest")}
        description={t("alarm.rule.longest.more")}
        max={604_800}
        value={body.longest_s}
        onChange={(value) => change({ longest_s: Number(value) || 0 })}
      />
      <Checkbox
        label={t("alarm.rule.nobody")}
        checked={body.nobody_ready}
        onChange={(event) => change({ nobody_ready: event.currentTarget.checked })}
      />
    </>
  );
}

function Editor({ rules, close }: { rules: AlarmRuleView[]; close: () => void }) {
  const t = useText();
  const [queueId, setQueueId] = useState(rules[0]?.queue_id ?? "");
  const [changed, setChanged] = useState<Partial<AlarmRuleBody>>({});
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const rule = rules.find((each) => each.queue_id === queueId);
  if (!rule) return <Empty icon="list" title={t("live.noQueues")} />;
  const body = { ...bodyOf(rule), ...changed };
  const save = async () => {
    setBusy(true);
    setFailed("");
    try {
      await put(`/queues/${queueId}/alarm-rule`, body);
      await queryClient.invalidateQueries({ queryKey: KEY });
      sayDone(t("alarm.rule.saved"));
      close();
    } catch (error) {
      setFailed(errorWords(asApiError(error)));
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Stack>
        {failed && (
          <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
            {failed}
          </Alert>
        )}
        <Select
          label={t("alarm.rule.queue")}
          description={t(rule.is_default ? "alarm.rule.default" : "alarm.rule.own")}
          searchable
          limit={60}
          allowDeselect={false}
          value={queueId}
          data={rules.map((each) => ({ value: each.queue_id, label: each.queue_name }))}
          onChange={(next) => {
            setQueueId(next ?? queueId);
            setChanged({});
          }}
        />
        <Fields body={body} change={(part) => setChanged((known) => ({ ...known, ...part }))} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={busy}>
            {t("alarm.rule.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What is worth an alarm, queue by queue. */
export default function AlarmRules({ close }: { close: () => void }) {
  const t = useText();
  const { data, error, refetch } = useQuery({
    queryKey: KEY,
    queryFn: () => get<AlarmRuleView[]>("/alarm-rules"),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={t("alarm.rules")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {error && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading rows={5} />}
      {data && <Editor rules={data} close={close} />}
    </Modal>
  );
}
