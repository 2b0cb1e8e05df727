import { Button, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { type ApiError, asApiError, get, post, put } from "../../data/http";
import { queryClient } from "../../data/query";
import { useText } from "../../i18n";
import { useFoot } from "../../ui/foot";
import { guard } from "../../ui/guard";
import { Leaving, useGuard } from "../../ui/Leaving";
import { sayDone } from "../../ui/notify";
import type { QueueView } from "../../wire";
import { type Draft, forget, NEW } from "./draft";
import { Refused } from "./parts";
import css from "./queue.module.css";
import { settleMembers } from "./serving";

interface State {
  id: string;
  draft: Draft;
  base: number;
  members: string[] | null;
  /** Whether the rules differ from what is published, and whether who serves does. */
  ruled: boolean;
  joined: boolean;
}

const reload = () => queryClient.invalidateQueries({ queryKey: ["queues"] });

/** The version in force, asked anew: somebody else may have published meanwhile. */
async function versionNow(id: string): Promise<number> {
  const all = await get<QueueView[]>("/queues");
  return all.find((queue) => queue.id === id)?.version ?? 0;
}

export function usePublish({ id, draft, base, members, ruled, joined }: State) {
  const t = useText();
  const [, go] = useLocation();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ApiError | null>(null);
  const [nameless, setNameless] = useState(false);
  const [meanwhile, setMeanwhile] = useState<number | null>(null);
  const { leaving, stay } = useGuard(ruled || joined);
  // A refusal is about what was sent: the next change is looked at anew.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the draft counts
  useEffect(() => setRefused(null), [draft]);
  const send = async () => {
    if (id === NEW) return post<QueueView>("/queues", draft);
    const found = await versionNow(id);
    if (found !== base && found !== meanwhile) {
      setMeanwhile(found);
      return null;
    }
    return put<QueueView>(`/queues/${id}`, draft);
  };
  const work = async () => {
    const view = ruled || id === NEW ? await send() : null;
    if (!view && ruled) return;
    if (members && (joined || id === NEW)) await settleMembers(view?.id ?? id, members);
    guard.leaving = null;
    await reload();
    forget(id);
    setMeanwhile(null);
    sayDone(view ? t("rule.published", { n: view.version, name: view.name }) : t("admin.saved"));
    if (view && id === NEW) go(`/admin/queues/${view.id}`, { replace: true });
  };
  const publish = async () => {
    setNameless(!draft.name.trim());
    if (!draft.name.trim()) return;
    setBusy(true);
    setRefused(null);
    try {
      await work();
    } catch (failure) {
      setRefused(asApiError(failure));
    }
    setBusy(false);
  };
  const discard = () => {
    forget(id);
    setRefused(null);
    setMeanwhile(null);
    setNameless(false);
    if (meanwhile !== null) void reload();
  };
  return { busy, refused, nameless, meanwhile, publish, discard, leaving, stay, reload };
}

type Props = ReturnType<typeof usePublish> & {
  id: string;
  draft: Draft;
  dirty: boolean;
  change: (part: Partial<Draft>) => void;
};

/** The bar at the foot: what is new, why, and the way into force. */
export function Publish(props: Props) {
  const { id, draft, dirty, change, busy, refused, meanwhile, nameless, publish, discard } = props;
  const t = useText();
  const foot = useFoot<HTMLDivElement>();
  const state = id === NEW ? "rule.bar.new" : dirty ? "rule.bar.dirty" : "rule.bar.same";
  return (
    <div className={css.foot} ref={foot}>
      <Refused error={refused} />
      {nameless && !draft.name.trim() && (
        <p className={css.refused} role="alert">
          {t("rule.nameless")}
        </p>
      )}
      {meanwhile !== null && (
        <p className={css.refused} role="alert">
          {t("rule.meanwhile", { n: meanwhile })}
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void publish();
        }}
      >
        <span className={css.state} role="status">
          {t(state)}
        </span>
        <TextInput
          aria-label={t("rule.note")}
          placeholder={t("rule.note.place")}
          maxLength={500}
          value={draft.note}
          disabled={!dirty && id !== NEW}
          onChange={(event) => change({ note: event.currentTarget.value })}
        />
        <Button variant="default" disabled={!dirty || busy} onClick={discard}>
          {t("rule.discard")}
        </Button>
        <Button type="submit" loading={busy} disabled={!dirty && id !== NEW}>
          {meanwhile === null ? t("rule.publish") : t("rule.publishOver", { n: meanwhile })}
        </Button>
      </form>
      <Leaving {...props} />
    </div>
  );
}
