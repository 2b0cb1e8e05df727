import { Button, MultiSelect, NumberInput, TextInput } from "@mantine/core";
import { useText } from "../../i18n";
import { Icon } from "../../icons";
import { IconButton } from "../../ui/parts";
import type { CapacityLabel, QueueView } from "../../wire";
import css from "./admin.module.css";
import { useList } from "./data";

const MOST = 20;

/** A label while it is being written: it may still lack its queues. */
export type Label = Omit<CapacityLabel, "queue_ids"> & { queue_ids: string[] };

interface Props {
  value: Label[];
  change: (value: Label[]) => void;
  wrong: string | undefined;
}

/** Second limits, each over the work of some queues together. */
export function Labels({ value, change, wrong }: Props) {
  const t = useText();
  const { data: queues } = useList<QueueView>("/queues");
  const set = (place: number, part: Partial<Label>) =>
    change(value.map((label, at) => (at === place ? { ...label, ...part } : label)));
  return (
    <>
      {value.length === 0 && <p className="muted">{t("policy.labels.none")}</p>}
      <ul className={css.labels}>
        {value.map((label, place) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a label is its place until it is saved
            key={place}
            aria-label={t("policy.label.n", { n: place + 1 })}
          >
            <TextInput
              label={t("admin.name")}
              required
              maxLength={120}
              value={label.name}
              onChange={(event) => set(place, { name: event.currentTarget.value })}
            />
            <MultiSelect
              label={t("policy.label.queues")}
              required
              searchable
              hidePickedOptions
              classNames={{ pillsList: css.pills }}
              data={(queues ?? []).map((queue) => ({ value: queue.id, label: queue.name }))}
              value={label.queue_ids}
              error={label.queue_ids.length === 0 && t("policy.label.empty")}
              onChange={(queue_ids) => set(place, { queue_ids })}
            />
            <NumberInput
              label={t("policy.label.limit")}
              allowDecimal={false}
              min={0}
              max={100}
              value={label.limit}
              onChange={(limit) => set(place, { limit: Number(limit) || 0 })}
            />
            <IconButton
              icon="trash"
              size="md"
              label={t("policy.label.remove", { n: place + 1 })}
              onClick={() => change(value.filter((_, at) => at !== place))}
            />
          </li>
        ))}
      </ul>
      {wrong && (
        <p className={css.wrong} role="alert">
          {wrong}
        </p>
      )}
      {value.length < MOST && (
        <Button
          variant="default"
          leftSection={<Icon name="plus" size={16} />}
          onClick={() => change([...value, { name: "", queue_ids: [], limit: 1 }])}
        >
          {t("policy.label.add")}
        </Button>
      )}
    </>
  );
}
