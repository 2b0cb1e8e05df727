import { Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { get } from "../../data/http";
import { useMe } from "../../data/me";
import { type Key, type Translate, useLanguage, useText } from "../../i18n";
import { clockTime, duration } from "../../i18n/format";
import { Failed, Loading } from "../../ui/parts";
import type { ExplanationView, OfferExplanation } from "../../wire";
import { Course } from "./Course";
import { WhyNot } from "./WhyNot";
import css from "./why.module.css";
import { choiceText, exclusionText, linesOf, namesOf } from "./words";

function totalText(t: Translate, view: ExplanationView): string {
  const time = duration(view.waited_ms);
  if (view.answered_at_ms !== null) return t("why.total.answered", { time });
  return t(view.over_at_ms === null ? "why.total.waiting" : "why.total.gone", { time });
}

function Lines({ view }: { view: ExplanationView }) {
  const t = useText();
  const language = useLanguage();
  return (
    <ol className={css.lines}>
      {linesOf(t, view).map((line) => (
        <li key={`${line.atMs}/${line.lastsMs === null}/${line.text}`} data-tone={line.tone}>
          <span className="num muted">{clockTime(language, line.atMs)}</span>
          <span>
            {line.text}
            {line.why && <span className={css.because}>{t("why.given", { why: line.why })}</span>}
          </span>
          <span className={`num ${css.lasts}`}>
            {line.lastsMs === null ? "" : duration(line.lastsMs)}
          </span>
        </li>
      ))}
    </ol>
  );
}

function Others({ offer, view }: { offer: OfferExplanation; view: ExplanationView }) {
  const t = useText();
  const names = namesOf(t, view);
  const counts = Object.entries(offer.counts);
  return (
    <>
      {offer.runners_up.length > 0 && (
        <p>
          {t("why.next", {
            names: offer.runners_up.map((one) => names.agent(one.agent_id)).join(", "),
          })}
        </p>
      )}
      {counts.length > 0 && (
        <p className="muted">
          {t("why.kept")}{" "}
          {counts
            .map(([reason, count]) => t(`why.count.${reason}` as Key, { n: count }))
            .join(t("why.and"))}
        </p>
      )}
      {offer.others.length > 0 && (
        <details>
          <summary>{t("why.each", { n: offer.others.length })}</summary>
          <ul>
            {offer.others.map((one) => (
              <li key={one.agent_id}>
                {t("why.one", {
                  name: names.agent(one.agent_id),
                  why: exclusionText(t, names, one),
                })}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Offer({ offer, view }: { offer: OfferExplanation; view: ExplanationView }) {
  const t = useText();
  const language = useLanguage();
  const names = namesOf(t, view);
  const rang = (offer.ended_ms ?? view.until_ms) - offer.at_ms;
  return (
    <li className={css.offer}>
      <h4>
        <span className="num">{clockTime(language, offer.at_ms)}</span>{" "}
        {t(`why.outcome.${offer.outcome}`, {
          name: names.agent(offer.agent_id),
          time: duration(rang),
        })}
      </h4>
      <p>{choiceText(t, names, offer)}</p>
      {offer.why && <p>{t("why.given", { why: offer.why })}</p>}
      <Others offer={offer} view={view} />
    </li>
  );
}

function Story({ view, leads }: { view: ExplanationView; leads: boolean }) {
  const t = useText();
  return (
    <div className={css.story}>
      <p className={css.total}>{totalText(t, view)}</p>
      <Course view={view} />
      <h3>{t("why.went")}</h3>
      <Lines view={view} />
      {view.is_cut && <p className="muted">{t("why.cut")}</p>}
      {view.offers.length > 0 && (
        <>
          <h3>{t(leads ? "why.offers" : "why.you.offers")}</h3>
          <ol className={css.offers}>
            {view.offers.map((offer) => (
              <Offer key={offer.offer_id} offer={offer} view={view} />
            ))}
          </ol>
        </>
      )}
      {leads && <WhyNot view={view} />}
    </div>
  );
}

/** Why work waited, and why it went where it went, told in words. */
export default function WhySheet(props: { interactionId: string; close: () => void }) {
  const t = useText();
  const { data: me } = useMe();
  const leads = me?.user.role !== "agent";
  const { data, error, refetch } = useQuery({
    queryKey: ["why", props.interactionId],
    queryFn: () => get<ExplanationView>(`/interactions/${props.interactionId}/explanation`),
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <Drawer
      opened
      onClose={props.close}
      position="right"
      size="lg"
      title={t(leads ? "why.ask" : "why.you")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {error && !data ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : data ? (
        <Story view={data} leads={leads} />
      ) : (
        <Loading rows={6} />
      )}
    </Drawer>
  );
}
