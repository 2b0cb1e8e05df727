import { Alert, Button, Group, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useLocation } from "wouter";
import { asApiError } from "../../data/http";
import { useDispositions, useQueues } from "../../data/rest";
import { errorWords, type Key, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { Icon } from "../../icons";
import { useNow } from "../../live/clock";
import { extendWrapUp, wrapUp } from "../../live/commands";
import { myWork, useLive } from "../../live/store";
import { attempt } from "../../ui/notify";
import type { InteractionView } from "../../wire";
import css from "./inbox.module.css";

function Remaining({ untilMs }: { untilMs: number | null }) {
  const t = useText();
  const now = useNow();
  if (untilMs === null) return null;
  const left = untilMs - now;
  return (
    <span className="num muted">
      {left > 0 ? t("wrap.left", { time: duration(left) }) : t("wrap.over")}
    </span>
  );
}

/** Where to go after it: the rest of the same conversation, other work, or the list. */
function nextPlace(done: InteractionView): string {
  const others = myWork(useLive.getState()).filter((work) => work.interaction.id !== done.id);
  const same = others.find((work) => work.conversation.id === done.conversation_id);
  const next = same ?? others[0];
  return next ? `/inbox/${next.conversation.id}` : "/inbox";
}

interface Props {
  interaction: InteractionView;
  /** False while a chat goes on below: whoever is typing goes on typing. */
  takesFocus: boolean;
}

/** After the exchange: what it was about, and done. Gives the capacity back. */
export default function WrapUp({ interaction, takesFocus }: Props) {
  const t = useText();
  const [, go] = useLocation();
  const { data: queues } = useQueues();
  const { data: all } = useDispositions();
  const [chosen, setChosen] = useState<string | null>(interaction.disposition_id);
  const [note, setNote] = useState("");
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const wanted = queues?.find((queue) => queue.id === interaction.queue_id)?.disposition_ids ?? [];
  const required = wanted.length > 0 || interaction.wrap_up === "forced";
  const choices = (all ?? []).filter((each) => wanted.length === 0 || wanted.includes(each.id));
  const finish = async () => {
    if (required && !chosen) return setFailed(t("wrap.needed"));
    setBusy(true);
    try {
      await wrapUp(interaction.id, chosen, note.trim());
      go(nextPlace(interaction));
    } catch (error) {
      setFailed(errorWords(asApiError(error)));
      setBusy(false);
    }
  };
  return (
    <section className={css.wrap} aria-label={t("wrap.title")}>
      <div className={css.wrapHead}>
        <Icon name="edit" />
        {t("wrap.title")} · {t(`kind.${interaction.kind}` as Key)}
        <Remaining untilMs={interaction.wrap_up_until_ms} />
        {interaction.can_extend && (
          <Button
            variant="default"
            size="compact-sm"
            onClick={() => void attempt(() => extendWrapUp(interaction.id))}
            leftSection={<Icon name="clock" size={16} />}
          >
            {t("wrap.more")}
          </Button>
        )}
      </div>
      {failed && (
        <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
          {failed}
        </Alert>
      )}
      <Group align="flex-end" gap={12}>
        <Select
          label={t("wrap.disposition")}
          placeholder={t("wrap.choose")}
          data={choices.map((each) => ({ value: each.id, label: each.name }))}
          value={chosen}
          onChange={setChosen}
          searchable
          openOnFocus={false}
          selectFirstOptionOnChange
          autoFocus={takesFocus}
          withAsterisk={required}
          style={{ flex: 1, minWidth: 180 }}
          nothingFoundMessage={t("list.noMatch")}
        />
        <TextInput
          label={t("wrap.note")}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          style={{ flex: 2, minWidth: 180 }}
        />
        <Button
          loading={busy}
          onClick={() => void finish()}
          leftSection={<Icon name="check" size={16} />}
        >
          {t("wrap.done")}
        </Button>
      </Group>
    </section>
  );
}
