import {
  ActionIcon,
  Button,
  Collapse,
  Group,
  Select,
  SimpleGrid,
  Switch,
  VisuallyHidden,
} from "@mantine/core";
import { type DragEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useText } from "../../i18n";
import { Icon } from "../../icons";
import { IconButton } from "../../ui/parts";
import type { QueueStep } from "../../wire";
import { useRule } from "./check";
import { MOST, moved, STEP, settled } from "./draft";
import { Expression } from "./Expression";
import { Seconds, Warned, Whole } from "./parts";
import css from "./queue.module.css";

const SKIPS = ["none", "nobody_ready", "nobody_on_duty"] as const;

interface StepProps {
  step: QueueStep;
  place: number;
  change: (step: Partial<QueueStep>) => void;
}

/** What most queues leave as it is. */
function Finer({ step, place, change }: StepProps) {
  const t = useText();
  const { draft, errorOf } = useRule();
  const last = place === draft.steps.length - 1;
  return (
    <div className={css.finer}>
      <Expression
        label={t("rule.preferred")}
        more={t("rule.preferred.more")}
        empty={t("rule.preferred.empty")}
        value={step.preferred}
        onChange={(preferred) => change({ preferred })}
        error={errorOf(`steps.${place}.preferred`)}
        count={step.preferred.trim() !== ""}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {place > 0 && (
          <Whole
            label={t("rule.stepPriority")}
            more={t("rule.stepPriority.more")}
            min={-100}
            max={100}
            value={step.priority}
            onChange={(priority) => change({ priority })}
            error={errorOf(`steps.${place}.priority`)}
          />
        )}
        {!last && (
          <Select
            label={t("rule.skip")}
            description={t("rule.skip.more")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            allowDeselect={false}
            value={step.skip_if}
            data={SKIPS.map((value) => ({ value, label: t(`rule.skip.${value}`) }))}
            onChange={(skip) => change({ skip_if: skip as QueueStep["skip_if"] })}
          />
        )}
      </SimpleGrid>
      <Switch
        label={t("rule.drops")}
        description={t("rule.drops.more")}
        checked={step.drops_own}
        onChange={(event) => change({ drops_own: event.currentTarget.checked })}
      />
    </div>
  );
}

const isFiner = (step: QueueStep) =>
  step.preferred !== "" || step.priority !== 0 || step.skip_if !== "none" || step.drops_own;

function Fields(props: StepProps) {
  const { step, place, change } = props;
  const t = useText();
  const { draft, errorOf, warnings, matches } = useRule();
  const [open, setOpen] = useState(isFiner(step));
  const last = place === draft.steps.length - 1;
  // The count beside the expression says the same.
  const counted = matches.get(step.expression)?.agents === 0 ? "nobody_qualifies" : null;
  const found = warnings.filter((one) => one.step === place && one.code !== counted);
  return (
    <div className={css.stepFields}>
      <Expression
        label={t("rule.who")}
        more={place === 0 ? t("rule.who.more") : undefined}
        value={step.expression}
        onChange={(expression) => change({ expression })}
        error={errorOf(`steps.${place}.expression`)}
      />
      {!last && (
        <Seconds
          className={css.short}
          label={t("rule.after")}
          min={1}
          value={step.after_s ?? 1}
          onChange={(after_s) => change({ after_s })}
          error={errorOf(`steps.${place}.after_s`)}
        />
      )}
      <Warned found={found} />
      <div>
        <Button
          variant="subtle"
          color="slate"
          size="compact-sm"
          aria-expanded={open}
          leftSection={<Icon name={open ? "up" : "down"} size={14} />}
          onClick={() => setOpen(!open)}
        >
          {t("rule.finer")}
        </Button>
      </div>
      <Collapse expanded={open}>{open && <Finer {...props} />}</Collapse>
    </div>
  );
}

/** The ordered steps: dragged, or moved with the arrow keys of their handle. */
export function Steps() {
  const t = useText();
  const { draft, change, errorOf } = useRule();
  const { steps } = draft;
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const [told, setTold] = useState("");
  const list = useRef<HTMLOListElement>(null);
  const focus = useRef<number | null>(null);
  useEffect(() => {
    if (focus.current === null) return;
    list.current?.querySelectorAll<HTMLElement>("[data-handle]")[focus.current]?.focus();
    focus.current = null;
  });
  const set = (next: QueueStep[]) => change({ steps: settled(next) });
  const move = (from: number, to: number) => {
    if (to < 0 || to >= steps.length || to === from) return;
    set(moved(steps, from, to));
    setTold(t("rule.moved", { from: from + 1, to: to + 1 }));
  };
  const key = (place: number) => (event: KeyboardEvent) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    if (place + by >= 0 && place + by < steps.length) focus.current = place + by;
    move(place, place + by);
  };
  const drop = (place: number) => (event: DragEvent) => {
    event.preventDefault();
    if (dragged !== null) move(dragged, place);
    setDragged(null);
    setOver(null);
  };
  return (
    <>
      <ol className={css.steps} ref={list}>
        {steps.map((step, place) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place; its fields hold no state of their own
            key={place}
            aria-label={t("rule.step", { n: place + 1 })}
            data-over={over === place && dragged !== place}
            data-dragged={dragged === place}
            onDragOver={(event) => {
              if (dragged === null) return;
              event.preventDefault();
              setOver(place);
            }}
            onDrop={drop(place)}
          >
            <div className={css.stepHead}>
              {steps.length > 1 && (
                <ActionIcon
                  size="md"
                  className={css.handle}
                  data-handle
                  draggable
                  aria-label={t("rule.handle", { n: place + 1 })}
                  title={t("rule.handle.more")}
                  onKeyDown={key(place)}
                  onDragStart={(event) => {
                    event.dataTransfer.effectAllowed = "move";
                    event.dataTransfer.setData("text/plain", String(place));
                    setDragged(place);
                  }}
                  onDragEnd={() => {
                    setDragged(null);
                    setOver(null);
                  }}
                >
                  <Icon name="grip" size={16} />
                </ActionIcon>
              )}
              <h3>{t("rule.step", { n: place + 1 })}</h3>
              {steps.length > 1 && (
                <Group gap={2}>
                  <IconButton
                    icon="up"
                    size="md"
                    label={t("rule.up", { n: place + 1 })}
                    disabled={place === 0}
                    onClick={() => move(place, place - 1)}
                  />
                  <IconButton
                    icon="down"
                    size="md"
                    label={t("rule.down", { n: place + 1 })}
                    disabled={place === steps.length - 1}
                    onClick={() => move(place, place + 1)}
                  />
                  <IconButton
                    icon="trash"
                    size="md"
                    label={t("rule.removeStep", { n: place + 1 })}
                    onClick={() => set(steps.filter((_, at) => at !== place))}
                  />
                </Group>
              )}
            </div>
            <Fields
              step={step}
              place={place}
              change={(part) => set(steps.with(place, { ...step, ...part }))}
            />
          </li>
        ))}
      </ol>
      <VisuallyHidden role="status">{told}</VisuallyHidden>
      {errorOf("steps") && <p className={css.refused}>{errorOf("steps")}</p>}
      {steps.length < MOST && (
        <div>
          <Button
            variant="default"
            leftSection={<Icon name="plus" size={16} />}
            onClick={() => set([...steps, STEP])}
          >
            {t("rule.addStep")}
          </Button>
        </div>
      )}
    </>
  );
}
