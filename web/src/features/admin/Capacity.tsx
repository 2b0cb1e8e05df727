import { Button, NumberInput, SimpleGrid, Switch } from "@mantine/core";
import { useEffect, useState } from "react";
import { type ApiError, asApiError, put } from "../../data/http";
import { queryClient } from "../../data/query";
import { errorWords, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { useFoot } from "../../ui/foot";
import { Leaving, useGuard } from "../../ui/Leaving";
import { sayDone } from "../../ui/notify";
import type { CapacityPolicyView } from "../../wire";
import css from "./admin.module.css";
import { Interrupts } from "./Interrupts";
import { type Label, Labels } from "./Labels";
import { Section } from "./Page";

const LONG_S = 120;

type Policy = Omit<CapacityPolicyView, "labels"> & { labels: Label[] };

interface PartProps {
  policy: Policy;
  change: (part: Partial<Policy>) => void;
}

/** What counts as work in hand, and who is waited for. */
function Counting({ policy, change }: PartProps) {
  const t = useText();
  const { quiet_chat_s: quiet, personal_limit, sticky_waits } = policy;
  return (
    <Section title={t("policy.counting")} more={t("policy.counting.more")}>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NumberInput
          label={t("policy.quiet")}
          description={
            (quiet >= LONG_S ? `${duration(1_000 * quiet)} · ` : "") + t("policy.quiet.more")
          }
          inputWrapperOrder={["label", "input", "description", "error"]}
          suffix=" s"
          allowDecimal={false}
          min={0}
          max={86_400}
          value={quiet}
          onChange={(value) => change({ quiet_chat_s: Number(value) || 0 })}
        />
        <NumberInput
          label={t("policy.personal")}
          description={t("policy.personal.more")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          allowDecimal={false}
          min={0}
          max={100}
          value={personal_limit}
          onChange={(value) => change({ personal_limit: Number(value) || 0 })}
        />
      </SimpleGrid>
      <Switch
        mt="md"
        label={t("policy.sticky")}
        description={t("policy.sticky.more")}
        checked={sticky_waits}
        onChange={(event) => change({ sticky_waits: event.currentTarget.checked })}
      />
    </Section>
  );
}

interface BarProps {
  dirty: boolean;
  busy: boolean;
  failed: ApiError | null;
  discard: () => void;
}

/** The bar at the foot: whether anything waits to be saved. */
function Bar({ dirty, busy, failed, discard }: BarProps) {
  const t = useText();
  const foot = useFoot<HTMLDivElement>();
  return (
    <div className={css.foot} ref={foot}>
      {failed ? (
        <span className={css.wrong} role="alert">
          {errorWords(failed)}
        </span>
      ) : (
        <span role="status">{t(dirty ? "policy.dirty" : "policy.same")}</span>
      )}
      <Button variant="default" disabled={!dirty || busy} onClick={discard}>
        {t("policy.discard")}
      </Button>
      <Button type="submit" loading={busy} disabled={!dirty}>
        {t("policy.save")}
      </Button>
    </div>
  );
}

/** The capacity policy: one form, in force for everybody as soon as it is saved. */
export function Capacity({ view }: { view: CapacityPolicyView }) {
  const t = useText();
  const [draft, setDraft] = useState<Policy | null>(null);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const policy: Policy = draft ?? view;
  const dirty = JSON.stringify(policy) !== JSON.stringify(view);
  const { leaving, stay } = useGuard(dirty);
  // A refusal is about what was sent: the next change is looked at anew.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the draft counts
  useEffect(() => setFailed(null), [draft]);
  const change = (part: Partial<Policy>) => setDraft({ ...policy, ...part });
  const discard = () => setDraft(null);
  const save = async () => {
    setBusy(true);
    try {
      const saved = await put<CapacityPolicyView>("/capacity-policy", policy);
      queryClient.setQueryData(["capacity-policy"], saved);
      setDraft(null);
      sayDone(t("admin.saved"));
    } catch (failure) {
      setFailed(asApiError(failure));
    }
    setBusy(false);
  };
  const ofLabels = failed?.field?.startsWith("labels") ? failed : null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Section title={t("policy.interrupts")} more={t("policy.interrupts.more")}>
        <Interrupts
          value={policy.interrupted_by}
          change={(interrupted_by) => change({ interrupted_by })}
        />
      </Section>
      <Counting policy={policy} change={change} />
      <Section title={t("policy.labels")} more={t("policy.labels.more")}>
        <Labels
          value={policy.labels}
          change={(labels) => change({ labels })}
          wrong={ofLabels ? errorWords(ofLabels) : undefined}
        />
      </Section>
      <Bar dirty={dirty} busy={busy} failed={ofLabels ? null : failed} discard={discard} />
      <Leaving leaving={leaving} stay={stay} discard={discard} />
    </form>
  );
}
