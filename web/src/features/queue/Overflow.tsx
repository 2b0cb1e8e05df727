import { Button, Select } from "@mantine/core";
import { useText } from "../../i18n";
import { Icon } from "../../icons";
import { IconButton } from "../../ui/parts";
import type { QueueOverflow, QueueView } from "../../wire";
import { useList } from "../admin/data";
import { useRule } from "./check";
import { MOST } from "./draft";
import { Seconds, Warned, Whole } from "./parts";
import css from "./queue.module.css";

const WHEN = ["wait", "size", "nobody_on_duty", "closed"] as const;
const LIMIT: Record<QueueOverflow["when"], number> = {
  wait: 300,
  size: 20,
  nobody_on_duty: 0,
  closed: 0,
};
const MESSAGE = "";

interface RowProps {
  rule: QueueOverflow;
  place: number;
  set: (rule: QueueOverflow) => void;
  remove: () => void;
}

function Row({ rule, place, set, remove }: RowProps) {
  const t = useText();
  const { id, errorOf } = useRule();
  const { data: queues } = useList<QueueView>("/queues");
  const others = (queues ?? []).filter((queue) => queue.id !== id);
  const error = errorOf(`overflow.${place}.limit`);
  return (
    <li aria-label={t("rule.overflow.n", { n: place + 1 })}>
      <Select
        label={t("rule.overflow.when")}
        allowDeselect={false}
        value={rule.when}
        data={WHEN.map((value) => ({ value, label: t(`rule.overflow.${value}`) }))}
        onChange={(value) => {
          const when = value as QueueOverflow["when"];
          set({ ...rule, when, limit: LIMIT[when] });
        }}
      />
      {rule.when === "wait" && (
        <Seconds
          className={css.limit}
          label={t("rule.overflow.limitWait")}
          min={1}
          value={rule.limit}
          onChange={(limit) => set({ ...rule, limit })}
          error={error}
        />
      )}
      {rule.when === "size" && (
        <Whole
          className={css.limit}
          label={t("rule.overflow.limitSize")}
          value={rule.limit}
          onChange={(limit) => set({ ...rule, limit })}
          error={error}
        />
      )}
      <Select
        label={t("rule.overflow.to")}
        allowDeselect={false}
        value={rule.to_queue_id ?? MESSAGE}
        data={[
          { value: MESSAGE, label: t("rule.overflow.message") },
          ...others.map((queue) => ({ value: queue.id, label: queue.name })),
        ]}
        onChange={(value) => set({ ...rule, to_queue_id: value || null })}
        error={errorOf(`overflow.${place}.to_queue_id`)}
      />
      <IconButton
        icon="trash"
        size="md"
        label={t("rule.overflow.remove", { n: place + 1 })}
        onClick={remove}
      />
    </li>
  );
}

/** When this queue cannot help: where the work goes. */
export function Overflow() {
  const t = useText();
  const { draft, change, warnings } = useRule();
  const rules = draft.overflow;
  const set = (overflow: QueueOverflow[]) => change({ overflow });
  return (
    <>
      {rules.length === 0 && <p className="muted">{t("rule.overflow.none")}</p>}
      <ol className={css.overflow}>
        {rules.map((rule, place) => (
          <Row
            // biome-ignore lint/suspicious/noArrayIndexKey: a rule is its place
            key={place}
            rule={rule}
            place={place}
            set={(next) => set(rules.with(place, next))}
            remove={() => set(rules.filter((_, at) => at !== place))}
          />
        ))}
      </ol>
      <Warned found={warnings.filter((one) => one.code === "overflow_cycle")} />
      {rules.length < MOST && (
        <div>
          <Button
            variant="default"
            leftSection={<Icon name="plus" size={16} />}
            onClick={() => set([...rules, { when: "wait", limit: LIMIT.wait, to_queue_id: null }])}
          >
            {t("rule.overflow.add")}
          </Button>
        </div>
      )}
    </>
  );
}
