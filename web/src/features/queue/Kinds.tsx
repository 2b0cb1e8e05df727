import { MultiSelect, Select, SimpleGrid } from "@mantine/core";
import { useText } from "../../i18n";
import { Icon } from "../../icons";
import { KIND_ICON } from "../../ui/parts";
import type { DispositionView, ServiceTarget, WrapUpTime } from "../../wire";
import { useList } from "../admin/data";
import { useRule } from "./check";
import { KINDS, type Kind } from "./draft";
import { Seconds, Whole } from "./parts";
import css from "./queue.module.css";

const MODES = ["timed", "forced", "optional", "none"] as const;
const MINUTE_S = 60;

function WrapUp({ kind, rule }: { kind: Kind; rule: WrapUpTime }) {
  const t = useText();
  const { draft, change, errorOf } = useRule();
  const set = (part: Partial<WrapUpTime>) =>
    change({ wrap_up: { ...draft.wrap_up, [kind]: { ...rule, ...part } } });
  const mode = (value: string | null) => {
    const next = value as WrapUpTime["mode"];
    if (next === "none") set({ mode: next, seconds: 0, extension_s: 0 });
    else set({ mode: next, seconds: rule.seconds || MINUTE_S });
  };
  return (
    <>
      <Select
        label={t("rule.wrap")}
        description={t(`rule.wrap.${rule.mode}.more`)}
        inputWrapperOrder={["label", "input", "description", "error"]}
        allowDeselect={false}
        value={rule.mode}
        data={MODES.map((value) => ({ value, label: t(`rule.wrap.${value}`) }))}
        onChange={mode}
      />
      {(rule.mode === "timed" || rule.mode === "optional") && (
        <Seconds
          label={t("rule.wrapFor")}
          min={1}
          max={900}
          value={rule.seconds}
          onChange={(seconds) => set({ seconds })}
          error={errorOf(`wrap_up.${kind}.seconds`)}
        />
      )}
      {rule.mode === "timed" && (
        <Seconds
          label={t("rule.extension")}
          more={t("rule.extension.more")}
          max={900}
          value={rule.extension_s}
          onChange={(extension_s) => set({ extension_s })}
        />
      )}
    </>
  );
}

function Target({ kind, target }: { kind: Kind; target: ServiceTarget }) {
  const t = useText();
  const { draft, change, errorOf } = useRule();
  const set = (part: Partial<ServiceTarget>) =>
    change({ service_target: { ...draft.service_target, [kind]: { ...target, ...part } } });
  return (
    <div className={css.pair}>
      <Whole
        label={t("rule.targetShare")}
        min={1}
        max={100}
        suffix=" %"
        value={target.percent}
        onChange={(percent) => set({ percent })}
        error={errorOf(`service_target.${kind}.percent`)}
      />
      <Seconds
        label={t("rule.targetWithin")}
        min={1}
        value={target.within_s}
        onChange={(within_s) => set({ within_s })}
        error={errorOf(`service_target.${kind}.within_s`)}
      />
    </div>
  );
}

function OneKind({ kind }: { kind: Kind }) {
  const t = useText();
  const { draft, change, errorOf } = useRule();
  const wrapUp = draft.wrap_up[kind];
  const target = draft.service_target[kind];
  return (
    <fieldset className={css.kind}>
      <legend>
        <Icon name={KIND_ICON[kind] ?? "chat"} size={16} /> {t(`kind.${kind}`)}
      </legend>
      {target && <Target kind={kind} target={target} />}
      <Seconds
        label={t("rule.ring")}
        min={5}
        max={900}
        value={draft.offer_timeout_s[kind] ?? 0}
        onChange={(value) =>
          change({ offer_timeout_s: { ...draft.offer_timeout_s, [kind]: value } })
        }
        error={errorOf(`offer_timeout_s.${kind}`)}
      />
      {wrapUp && <WrapUp kind={kind} rule={wrapUp} />}
    </fieldset>
  );
}

/** What holds for chats, calls and messages each. */
export function Kinds() {
  const t = useText();
  const { draft, change, errorOf } = useRule();
  const { data: dispositions } = useList<DispositionView>("/dispositions");
  return (
    <>
      <div className={css.kinds}>
        {KINDS.map((kind) => (
          <OneKind key={kind} kind={kind} />
        ))}
      </div>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Whole
          label={t("rule.strikes")}
          more={t("rule.strikes.more")}
          min={1}
          max={10}
          value={draft.no_answer_strikes}
          onChange={(no_answer_strikes) => change({ no_answer_strikes })}
          error={errorOf("no_answer_strikes")}
        />
        <Seconds
          label={t("rule.reply")}
          more={t("rule.reply.more")}
          value={draft.reply_timeout_s}
          onChange={(reply_timeout_s) => change({ reply_timeout_s })}
          error={errorOf("reply_timeout_s")}
        />
      </SimpleGrid>
      <MultiSelect
        label={t("rule.dispositions")}
        description={t("rule.dispositions.more")}
        inputWrapperOrder={["label", "input", "description", "error"]}
        data={(dispositions ?? []).map((each) => ({ value: each.id, label: each.name }))}
        value={draft.disposition_ids}
        onChange={(disposition_ids) => change({ disposition_ids })}
        error={errorOf("disposition_ids")}
      />
    </>
  );
}
