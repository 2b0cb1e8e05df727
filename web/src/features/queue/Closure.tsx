import { Alert, Button, Group, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { put, remove } from "../../data/http";
import { queryClient } from "../../data/query";
import { useLanguage, useText } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Icon } from "../../icons";
import { attempt, sayDone } from "../../ui/notify";
import type { QueueClosure, QueueView } from "../../wire";
import css from "./queue.module.css";

async function change(work: () => Promise<unknown>): Promise<void> {
  await work();
  await queryClient.invalidateQueries({ queryKey: ["queues"] });
}

/** Close a queue at once, whatever its hours say. */
export function Close({ queue }: { queue: QueueView }) {
  const t = useText();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const { id, name } = queue;
  const go = async () => {
    setBusy(true);
    const done = await attempt(() => change(() => put(`/queues/${id}/closure`, { reason })));
    setBusy(false);
    if (!done) return;
    setAsking(false);
    sayDone(t("rule.closedNow", { name }));
  };
  return (
    <>
      <Button
        className={css.close}
        variant="subtle"
        color="bad"
        size="compact-sm"
        onClick={() => setAsking(true)}
      >
        {t("rule.close")}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("rule.close.title", { name })}
        size={440}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        <p>{t("rule.close.more")}</p>
        <TextInput
          label={t("rule.close.reason")}
          maxLength={500}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          mb={16}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setAsking(false)}>
            {t("cancel")}
          </Button>
          <Button color="bad" loading={busy} disabled={!reason.trim()} onClick={() => void go()}>
            {t("rule.close.do")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}

/** Says who closed the queue and why, and opens it again. */
export function Closed({ queue, closure }: { queue: QueueView; closure: QueueClosure }) {
  const t = useText();
  const language = useLanguage();
  const [busy, setBusy] = useState(false);
  const { id, name } = queue;
  const open = async () => {
    setBusy(true);
    const done = await attempt(() => change(() => remove(`/queues/${id}/closure`)));
    setBusy(false);
    if (done) sayDone(t("rule.reopened", { name }));
  };
  const words = { name: closure.by_name, when: dateTime(language, closure.at_ms) };
  return (
    <Alert color="bad" icon={<Icon name="alert" />} title={t("rule.closed", words)} my={8}>
      {closure.reason && <p>{closure.reason}</p>}
      <Button variant="default" loading={busy} onClick={() => void open()}>
        {t("rule.reopen")}
      </Button>
    </Alert>
  );
}
