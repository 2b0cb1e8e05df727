import { VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, useEffect } from "react";
import { useLocation } from "wouter";
import { useText } from "../../i18n";
import { useActions } from "../../keys/useActions";
import { useLive } from "../../live/store";
import { setPageTitle } from "../../sound/attention";
import { Empty } from "../../ui/parts";
import { ConversationList } from "./ConversationList";
import { ConversationPane } from "./ConversationPane";
import { Customer } from "./Customer";
import css from "./inbox.module.css";
import { useItems, useListState } from "./items";

const CustomerDrawer = lazy(() => import("./CustomerDrawer"));
const WIDE = "(min-width: 1200px)";
const NARROW = "(max-width: 767px)";

function Nothing() {
  const t = useText();
  const state = useLive((live) => live.agent?.state);
  return (
    <div className={css.nothing}>
      <Empty
        icon="inbox"
        centre
        title={state === "ready" ? t("inbox.idle.ready") : t("inbox.idle.notReady")}
      >
        <p>{state === "ready" ? t("inbox.idle.ready.more") : t("inbox.idle.notReady.more")}</p>
      </Empty>
    </div>
  );
}

function useListKeys(id: string): void {
  const [, go] = useLocation();
  const { view, search } = useListState();
  const { items } = useItems(view, search);
  const step = (by: number) => {
    const at = items.findIndex((item) => item.conversation.id === id);
    const next = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + by))];
    if (next) go(`/inbox/${next.conversation.id}`);
  };
  useActions({
    next: () => step(1),
    nextAlways: () => step(1),
    previous: () => step(-1),
    previousAlways: () => step(-1),
  });
}

/** What the first conversation will need, before it is there. */
function fetchAhead(): void {
  void import("./CannedReplies");
  void import("./WrapUp");
}

export function Inbox({ id }: { id: string }) {
  const t = useText();
  const [, go] = useLocation();
  const wide = useMediaQuery(WIDE, true, { getInitialValueInEffect: false });
  const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  const customer = useListState((state) => state.customer);
  const conversation = useLive((state) => state.conversations[id]);
  const close = () => useListState.setState({ customer: false });
  useListKeys(id);
  useEffect(fetchAhead, []);
  useActions(id ? { customer: () => useListState.setState({ customer: !customer }) } : {});
  useEffect(
    () => setPageTitle(conversation?.contact.name || t("rail.inbox")),
    [conversation?.contact.name, t],
  );
  return (
    <div className={css.inbox} data-one-pane={narrow}>
      {!id && <VisuallyHidden component="h1">{t("rail.inbox")}</VisuallyHidden>}
      {(!narrow || !id) && <ConversationList selected={id} />}
      {(!narrow || id) &&
        (id ? (
          <ConversationPane key={id} id={id} back={narrow ? () => go("/inbox") : null} />
        ) : (
          <Nothing />
        ))}
      {wide && id && (
        <aside className={css.side} aria-label={t("customer.region")}>
          <Customer id={id} />
        </aside>
      )}
      {!wide && customer && id && (
        <Suspense>
          <CustomerDrawer id={id} close={close} />
        </Suspense>
      )}
    </div>
  );
}
