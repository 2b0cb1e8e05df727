import { useMemo } from "react";
import { useText } from "../../i18n";
import type { QueueView } from "../../wire";
import { Basics } from "./Basics";
import { RuleContext, useAdvice } from "./check";
import {
  alike,
  blank,
  type Draft,
  draftOf,
  forget,
  type Kept,
  keep,
  NEW,
  useDrafts,
} from "./draft";
import { Kinds } from "./Kinds";
import { Members } from "./Members";
import { Overflow } from "./Overflow";
import { Publish, usePublish } from "./Publish";
import { Part } from "./parts";
import css from "./queue.module.css";
import { Rehearsal } from "./Rehearsal";
import { Sharing } from "./Sharing";
import { Steps } from "./Steps";
import { sameMembers, useMembers } from "./serving";
import { TimeLine } from "./TimeLine";
import { Changes, Versions } from "./Versions";
import { differences, membersChanged, type Names } from "./words";

interface Props {
  id: string;
  view: QueueView | null;
  names: Names;
}

/** What is published, what stands on the page, and whether they differ. */
function useDraft(id: string, view: QueueView | null) {
  const kept = useDrafts((state) => state.kept[id]);
  const published = useMemo(() => (view ? draftOf(view) : blank()), [view]);
  const draft = kept?.draft ?? published;
  const base = kept?.base ?? view?.version ?? 0;
  const serving = useMembers(id);
  const members = kept?.members ?? serving;
  const ruled = kept !== undefined && !alike({ ...draft, note: "" }, published);
  const joined = !sameMembers(members ?? [], serving ?? []);
  const set = (part: Partial<Kept>) =>
    keep(id, { draft, base, members: kept?.members ?? null, ...part });
  return {
    published,
    serving: serving ?? [],
    draft,
    base,
    members,
    ruled,
    joined,
    change: (part: Partial<Draft>) => set({ draft: { ...draft, ...part } }),
    join: (next: string[]) => set({ members: next }),
  };
}

/** The fields of a queue, what changes by them, and its versions. */
export function Editor({ id, view, names }: Props) {
  const t = useText();
  const edited = useDraft(id, view);
  const { published, serving, draft, members, change, join } = edited;
  const dirty = edited.ruled || edited.joined;
  const publish = usePublish({ id, ...edited });
  const advice = useAdvice({ id, draft, members, refused: publish.refused });
  const changes = [
    ...membersChanged(serving, members ?? [], names),
    ...differences(published, draft, names),
  ];
  return (
    <RuleContext value={{ id, draft, change, members, join, ...advice }}>
      <div className={css.columns}>
        <div className={css.main}>
          <Part id="basics" title={t("rule.part.basics")} more={t("rule.part.basics.more")}>
            <Basics nameless={publish.nameless} />
          </Part>
          <Part id="who" title={t("rule.part.who")} more={t("rule.part.who.more")}>
            <Members />
            <Steps />
            <TimeLine names={names} />
          </Part>
          <Part id="share" title={t("rule.part.share")} more={t("rule.part.share.more")}>
            <Sharing />
          </Part>
          <Part id="kinds" title={t("rule.part.kinds")} more={t("rule.part.kinds.more")}>
            <Kinds />
          </Part>
          <Part id="overflow" title={t("rule.overflow")} more={t("rule.part.overflow.more")}>
            <Overflow />
          </Part>
          <Part id="try" title={t("rule.part.try")} more={t("rule.part.try.more")}>
            <Rehearsal />
          </Part>
        </div>
        <aside className={css.aside} aria-label={t("rule.aside")}>
          {id === NEW ? (
            <p className="muted">{t("rule.newMore")}</p>
          ) : (
            <>
              <section>
                <h2>{t("rule.changes")}</h2>
                <Changes list={changes} none={t("rule.unchanged")} />
              </section>
              <Versions
                id={id}
                names={names}
                dirty={dirty}
                done={async () => {
                  await publish.reload();
                  forget(id);
                }}
              />
            </>
          )}
        </aside>
      </div>
      <Publish {...publish} id={id} draft={draft} dirty={dirty} change={change} />
    </RuleContext>
  );
}
