import { MultiSelect, NumberInput } from "@mantine/core";
import { useState } from "react";
import { useQueues } from "../../data/rest";
import { useText } from "../../i18n";
import type { VipView } from "../../wire";
import { Ask } from "./Ask";
import { putVip } from "./data";

const USUAL = 10;

interface Props {
  contact: { id: string; name: string };
  mark?: VipView;
  close: () => void;
}

/** Let a contact's new work go first. */
export function Vip({ contact, mark, close }: Props) {
  const t = useText();
  const { data: queues } = useQueues();
  const [priority, setPriority] = useState(mark?.priority ?? USUAL);
  const [queueIds, setQueueIds] = useState(mark?.queue_ids ?? []);
  return (
    <Ask
      title={t("people.vip.of", { name: contact.name })}
      action={t("people.save")}
      done={t("people.vip.done")}
      first={mark?.why}
      ready={priority >= 1}
      close={close}
      send={(why) => putVip(contact.id, { priority, queue_ids: queueIds, why })}
    >
      {(errorOf) => (
        <>
          <NumberInput
            label={t("people.vip.priority")}
            description={t("people.vip.priority.more")}
            min={1}
            max={100}
            clampBehavior="blur"
            allowDecimal={false}
            value={priority}
            error={errorOf("priority")}
            onChange={(value) => setPriority(Number(value) || 0)}
            data-autofocus
          />
          <MultiSelect
            label={t("people.vip.queues")}
            description={t("people.vip.queues.more")}
            searchable
            value={queueIds}
            data={(queues ?? []).map((queue) => ({ value: queue.id, label: queue.name }))}
            error={errorOf("queue_ids")}
            onChange={setQueueIds}
          />
        </>
      )}
    </Ask>
  );
}
