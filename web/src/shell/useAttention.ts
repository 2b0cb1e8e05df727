import { useEffect } from "react";
import { useLocation } from "wouter";
import { t } from "../i18n";
import { desk } from "../live/commands";
import { useLeader } from "../live/leader";
import { myConversations, unreadCount, useLive } from "../live/store";
import { notifyDesktop, showAttention } from "../sound/attention";
import { pingSound, startRinging, stopRinging } from "../sound/ring";
import type { OfferView } from "../wire";

const unreadTotal = () => {
  const state = useLive.getState();
  return myConversations(state).reduce((sum, each) => sum + unreadCount(state, each), 0);
};

/** Put the keyboard on an offer: Enter accepts it. Only ever after a click on its notification. */
function focusOffer(id: string): void {
  document.querySelector<HTMLElement>(`[data-offer="${CSS.escape(id)}"] button`)?.focus();
}

function announce(offers: OfferView[]): (() => void) | null {
  const first = offers[0];
  if (!first) return null;
  const words = t(`offer.title.${first.interaction.kind}`, {
    name: first.conversation.contact.name || t("contact.unnamed"),
  });
  return notifyDesktop(
    `offer-${first.id}`,
    words,
    first.conversation.page.title || first.interaction.queue_name,
    () => focusOffer(first.id),
  );
}

/** Ring, blink and notify while something waits for this person; only in the leading tab. */
export function useAttention(): void {
  const [, go] = useLocation();
  const offers = useLive((state) => state.offers);
  const unread = useLive(unreadTotal);
  const leading = useLeader((state) => state.leading);
  useEffect(() => {
    const open = Object.values(offers).sort((a, b) => a.offered_at_ms - b.offered_at_ms);
    const name = open[0] && (open[0].conversation.contact.name || t("contact.unnamed"));
    showAttention(unread + open.length, name ?? "");
  }, [offers, unread]);
  useEffect(() => {
    const open = Object.values(offers);
    if (!leading || open.length === 0) return;
    startRinging();
    const close = announce(open);
    return () => {
      stopRinging();
      close?.();
    };
  }, [offers, leading]);
  useEffect(
    () =>
      desk().onArrival((message) => {
        if (message.author.kind !== "visitor" || !useLeader.getState().leading) return;
        const here = location.pathname === `/inbox/${message.conversation_id}`;
        if (here && document.hasFocus()) return;
        const mine = myConversations(useLive.getState());
        if (!mine.some(({ id }) => id === message.conversation_id)) return;
        pingSound();
        const close = notifyDesktop(
          `message-${message.conversation_id}`,
          message.author.name || t("contact.unnamed"),
          t("notify.message"),
          () => go(`/inbox/${message.conversation_id}`),
        );
        if (close) setTimeout(close, 8_000);
      }),
    [go],
  );
}
