import { lazy, Suspense, useEffect } from "react";
import { useConversation } from "../../data/rest";
import { desk } from "../../live/commands";
import { interactionOf, useLive, wrapUpOf } from "../../live/store";
import { Failed, Loading } from "../../ui/parts";
import { Composer } from "./Composer";
import css from "./inbox.module.css";
import { PaneHead } from "./PaneHead";
import { ReplyDue } from "./ReplyDue";
import { Thread } from "./Thread";

const WrapUp = lazy(() => import("./WrapUp"));

/** Get a conversation onto the screen: its own data, its newest page, and its frames. */
function useOpened(id: string) {
  const conversation = useLive((state) => state.conversations[id]);
  const mine = useLive((state) => interactionOf(state, id) !== undefined);
  const open = useLive((state) => state.link === "open");
  const known = useLive((state) => state.threads[id] !== undefined);
  const query = useConversation(id, !conversation);
  useEffect(() => {
    const { data } = query;
    if (!data) return;
    const { conversations, read } = useLive.getState();
    if (conversations[id]) return;
    const seen = data.receipts.find((receipt) => receipt.party === "agent")?.read_seq ?? 0;
    useLive.setState({
      conversations: { ...conversations, [id]: data },
      read: { ...read, [id]: seen },
    });
  }, [query, id]);
  useEffect(() => {
    if (open && !known) desk().history(id, null);
  }, [open, known, id]);
  useEffect(() => (mine ? undefined : desk().watch(id)), [mine, id]);
  return { conversation, error: query.error, again: () => void query.refetch() };
}

export function ConversationPane({ id, back }: { id: string; back: (() => void) | null }) {
  const { conversation, error, again } = useOpened(id);
  const interaction = useLive((state) => interactionOf(state, id));
  const ended = useLive((state) => wrapUpOf(state, id));
  const active = interaction?.state === "active";
  if (!conversation) {
    return (
      <div className={css.pane}>
        {error ? <Failed error={error} retry={again} /> : <Loading rows={6} />}
      </div>
    );
  }
  return (
    <section className={css.pane} aria-label={conversation.contact.name}>
      <PaneHead conversation={conversation} interaction={interaction} back={back} />
      <Thread conversation={conversation} />
      {active && <ReplyDue interactionId={interaction.id} />}
      {ended && (
        <Suspense fallback={<Loading rows={2} />}>
          <WrapUp key={ended.id} interaction={ended} takesFocus={!active} />
        </Suspense>
      )}
      {(active || !ended) && <Composer conversation={conversation} mine={active} />}
    </section>
  );
}
