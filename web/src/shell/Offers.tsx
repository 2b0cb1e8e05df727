import { Button, VisuallyHidden } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { acceptCall, ElsewhereError, MicrophoneError } from "../call/calls";
import { openWhy } from "../features/why/open";
import { t, useLanguage, useText } from "../i18n";
import { duration, languageName } from "../i18n/format";
import { Icon } from "../icons";
import { useActions, useKeysOf } from "../keys/useActions";
import { serverNow, useNow } from "../live/clock";
import { acceptOffer, rejectOffer } from "../live/commands";
import { useLive } from "../live/store";
import { notifications } from "../ui/notices";
import { attempt, sayFailed } from "../ui/notify";
import { IconButton, KeyCaps, KIND_ICON } from "../ui/parts";
import type { OfferView } from "../wire";
import css from "./shell.module.css";

/** A line that shrinks until the offer is over; one animation, no re-rendering. */
function Drain({ offer }: { offer: OfferView }) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const total = offer.expires_at_ms - offer.offered_at_ms;
    const left = Math.max(0, offer.expires_at_ms - serverNow());
    const run = bar.current?.animate(
      [{ transform: `scaleX(${total > 0 ? left / total : 0})` }, { transform: "scaleX(0)" }],
      { duration: left, fill: "forwards" },
    );
    return () => run?.cancel();
  }, [offer]);
  return <div className={css.drain} ref={bar} />;
}

function Facts({ offer }: { offer: OfferView }) {
  const t = useText();
  const language = useLanguage();
  const now = useNow();
  const { conversation, interaction } = offer;
  const facts = [
    interaction.queue_name,
    conversation.site_name,
    languageName(language, conversation.language),
    conversation.page.title || conversation.page.url,
    conversation.last_message?.text.slice(0, 300) ?? "",
  ].filter(Boolean);
  return (
    <div className={css.who}>
      <strong className="clip">
        {t(`offer.title.${interaction.kind}`, {
          name: conversation.contact.name || t("contact.unnamed"),
        })}
      </strong>
      <div className="clip">
        <span className="num" title={t("list.waits")}>
          {t("offer.waits", { time: duration(now - interaction.enqueued_at_ms) })}
        </span>
        {" · "}
        {interaction.transfer_note
          ? t("offer.note", { note: interaction.transfer_note })
          : facts.join(" · ")}
      </div>
    </div>
  );
}

interface RowProps {
  offer: OfferView;
  first: boolean;
  busy: boolean;
  accept: () => void;
  reject: () => void;
}

function Row({ offer, first, busy, accept, reject }: RowProps) {
  const t = useText();
  const now = useNow();
  const acceptKeys = useKeysOf("accept");
  const rejectKeys = useKeysOf("reject");
  return (
    <li className={css.offer} data-offer={offer.id}>
      <span className={css.bell}>
        <Icon name={KIND_ICON[offer.interaction.kind] ?? "chat"} />
      </span>
      <Facts offer={offer} />
      <span className={`${css.left} num`}>
        <VisuallyHidden>{t("offer.left")}</VisuallyHidden>
        {duration(offer.expires_at_ms - now)}
      </span>
      <div className={css.acts}>
        <Button
          onClick={accept}
          loading={busy}
          leftSection={<Icon name="check" size={16} />}
          rightSection={first && <KeyCaps keys={acceptKeys} />}
        >
          {t("offer.accept")}
        </Button>
        <IconButton
          icon="info"
          label={t("why.you")}
          onClick={() => openWhy(offer.interaction.id)}
        />
        <Button
          variant="default"
          onClick={reject}
          disabled={busy}
          rightSection={first && <KeyCaps keys={rejectKeys} />}
        >
          {t("offer.reject")}
        </Button>
      </div>
      <Drain offer={offer} />
    </li>
  );
}

/** What rings. Never takes the focus: whoever is typing goes on typing. */
export function Offers() {
  const t = useText();
  const [, go] = useLocation();
  const offers = useLive((state) => state.offers);
  const [busy, setBusy] = useState("");
  const open = Object.values(offers).sort((a, b) => a.offered_at_ms - b.offered_at_ms);
  const accept = async (offer: OfferView | undefined) => {
    if (!offer || busy) return;
    setBusy(offer.id);
    try {
      await (offer.interaction.kind === "call" ? acceptCall(offer) : acceptOffer(offer.id));
      go(`/inbox/${offer.conversation.id}`);
    } catch (error) {
      if (error instanceof MicrophoneError) sayNoMicrophone(error);
      else if (error instanceof ElsewhereError) sayElsewhere();
      else sayFailed(error);
    } finally {
      setBusy("");
    }
  };
  const reject = (offer: OfferView | undefined) => {
    if (offer) void attempt(() => rejectOffer(offer.id));
  };
  useActions(
    open.length > 0 ? { accept: () => void accept(open[0]), reject: () => reject(open[0]) } : {},
  );
  return (
    <section aria-label={t("offer.region")} aria-live="assertive" aria-relevant="additions">
      {open.length > 0 && (
        <ul className={css.offers}>
          {open.map((offer, index) => (
            <Row
              key={offer.id}
              offer={offer}
              first={index === 0}
              busy={busy === offer.id}
              accept={() => void accept(offer)}
              reject={() => reject(offer)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Two tabs were quick: only one of them can have the call. */
function sayElsewhere(): void {
  notifications.show({
    id: "elsewhere",
    message: t("call.elsewhere.answered"),
    autoClose: 8_000,
    closeButtonProps: { "aria-label": t("close") },
  });
}

/** The offer keeps ringing: with a microphone it can still be accepted. */
function sayNoMicrophone(error: MicrophoneError): void {
  notifications.show({
    id: "microphone",
    color: "bad",
    title: t("microphone.title"),
    message: t(`microphone.${error.fault}`),
    autoClose: 12_000,
    closeButtonProps: { "aria-label": t("close") },
  });
}
