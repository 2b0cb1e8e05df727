import { Anchor, Radio, Select, SimpleGrid, Stack } from "@mantine/core";
import { Link } from "wouter";
import { useText } from "../../i18n";
import { useRule } from "./check";
import type { Draft } from "./draft";
import { Seconds, Warned, Whole } from "./parts";

const ORDERS = [
  "longest_idle",
  "least_loaded",
  "best_skill",
  "round_robin",
  "weighted",
  "manual",
] as const;
const KEEPS = ["place", "agent", "both"] as const;

/** What somebody finds again who comes back soon. */
function Recall() {
  const t = useText();
  const { draft, change, errorOf } = useRule();
  const { recall } = draft;
  return (
    <>
      <Whole
        label={t("rule.recall")}
        more={t("rule.recall.more")}
        max={120}
        suffix=" min"
        value={recall.minutes}
        onChange={(minutes) => change({ recall: { ...recall, minutes } })}
        error={errorOf("recall")}
      />
      <Select
        label={t("rule.recall.keep")}
        disabled={!recall.minutes}
        allowDeselect={false}
        value={recall.keep}
        data={KEEPS.map((keep) => ({ value: keep, label: t(`rule.recall.${keep}`) }))}
        onChange={(keep) => keep && change({ recall: { ...recall, keep } })}
      />
    </>
  );
}

/** Who of those who may serve gets the work. */
export function Sharing() {
  const t = useText();
  const { draft, change, errorOf, warnings } = useRule();
  return (
    <>
      <Radio.Group
        label={t("rule.order")}
        value={draft.order}
        onChange={(order) => change({ order: order as Draft["order"] })}
        error={errorOf("order")}
      >
        <Stack gap={8} mt={6}>
          {ORDERS.map((order) => (
            <Radio
              key={order}
              value={order}
              label={t(`rule.order.${order}`)}
              description={t(`rule.order.${order}.more`)}
            />
          ))}
        </Stack>
      </Radio.Group>
      <p className="muted">
        {t("rule.capacity")}{" "}
        <Anchor component={Link} href="/admin/agents" underline="always">
          {t("rule.capacity.link")}
        </Anchor>
      </p>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <div>
          <Seconds
            label={t("rule.sticky")}
            more={t("rule.sticky.more")}
            value={draft.sticky_s}
            onChange={(sticky_s) => change({ sticky_s })}
            error={errorOf("sticky_s")}
          />
          <Warned found={warnings.filter((one) => one.code === "sticky_too_long")} />
        </div>
        <Seconds
          label={t("rule.fairness")}
          more={t("rule.fairness.more")}
          value={draft.fairness_window_s}
          onChange={(fairness_window_s) => change({ fairness_window_s })}
          error={errorOf("fairness_window_s")}
        />
        <Whole
          label={t("rule.pull")}
          more={t("rule.pull.more")}
          max={100}
          value={draft.pull_oldest}
          onChange={(pull_oldest) => change({ pull_oldest })}
          error={errorOf("pull_oldest")}
        />
        <Whole
          label={t("rule.priority")}
          more={t("rule.priority.more")}
          min={-100}
          max={100}
          value={draft.priority}
          onChange={(priority) => change({ priority })}
          error={errorOf("priority")}
        />
        <Recall />
      </SimpleGrid>
    </>
  );
}
