import { Anchor, Badge, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useConversation, usePast } from "../../data/rest";
import { type Key, useLanguage, useText } from "../../i18n";
import { browserName, dateTime, duration, languageName, shortWhen } from "../../i18n/format";
import { useNow } from "../../live/clock";
import { interactionOf, useLive } from "../../live/store";
import { honestLink } from "../../ui/address";
import { Empty, Failed, Loading } from "../../ui/parts";
import type { ConversationView, InteractionView } from "../../wire";
import { ContactCard } from "./ContactCard";
import css from "./inbox.module.css";
import { snippet } from "./words";

function Facts({ title, rows }: { title: string; rows: [string, ReactNode][] }) {
  const shown = rows.filter(([, value]) => value !== "" && value !== null);
  if (shown.length === 0) return null;
  return (
    <section className={css.block}>
      <h2>{title}</h2>
      <dl className={css.facts}>
        {shown.map(([name, value]) => (
          <div key={name} style={{ display: "contents" }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** An address of the visitor's site: a link only when it is one a browser may open. */
function SafeLink({ url }: { url: string }) {
  const link = honestLink(url);
  if (!link) return <>{url}</>;
  return (
    <Anchor href={link.href} target="_blank" rel="noopener noreferrer nofollow" size="sm">
      <bdi dir="ltr">{link.label}</bdi>
    </Anchor>
  );
}

function Page({ conversation }: { conversation: ConversationView }) {
  const t = useText();
  const language = useLanguage();
  const { page } = conversation;
  return (
    <Facts
      title={t("customer.page")}
      rows={[
        [t("customer.title"), page.title],
        [t("customer.url"), page.url && <SafeLink url={page.url} />],
        [t("customer.referrer"), page.referrer && <SafeLink url={page.referrer} />],
        [t("customer.site"), conversation.site_name],
        [t("customer.language"), languageName(language, conversation.language)],
        [t("customer.department"), conversation.department],
        [t("customer.browser"), browserName(conversation.user_agent)],
      ]}
    />
  );
}

function Work({ interaction }: { interaction: InteractionView }) {
  const t = useText();
  const language = useLanguage();
  const now = useNow();
  const { accepted_at_ms: accepted } = interaction;
  return (
    <Facts
      title={t("customer.work")}
      rows={[
        [t("customer.kind"), t(`kind.${interaction.kind}` as Key)],
        [t("customer.queue"), interaction.queue_name],
        [t("customer.state"), t(`interaction.${interaction.state}` as Key)],
        [
          t("customer.waited"),
          <span key="w" className="num">
            {duration((accepted ?? now) - interaction.created_at_ms)}
          </span>,
        ],
        [t("customer.accepted"), accepted === null ? "" : dateTime(language, accepted)],
        [t("customer.priority"), interaction.priority === 0 ? "" : String(interaction.priority)],
        [t("customer.transferNote"), interaction.transfer_note],
      ]}
    />
  );
}

function Past({ conversation }: { conversation: ConversationView }) {
  const t = useText();
  const language = useLanguage();
  const now = useNow();
  const { data, error, isPending, refetch } = usePast(conversation.contact.id, conversation.id);
  const others = (data?.items ?? []).filter((item) => item.id !== conversation.id);
  return (
    <section className={css.block}>
      <h2>{t("customer.past")}</h2>
      {isPending && <Loading rows={2} height={32} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {data && others.length === 0 && <span className="muted">{t("customer.first")}</span>}
      <ul className={css.past}>
        {others.map((item) => (
          <li key={item.id}>
            <Link href={`/inbox/${item.id}`}>
              <span className="clip" style={{ display: "block" }}>
                {snippet(t, item.last_message)}
              </span>
              <span className="muted num">
                {shortWhen(language, item.created_at_ms, now)}
                {item.rating !== null && ` · ${t("customer.rated", { n: item.rating })}`}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What was answered in the form, without what stands above already. */
const answers = ({ contact }: ConversationView) =>
  Object.entries(contact.fields).filter(([name]) => name !== "department");

/** Everything known about the person, beside the conversation. */
export function Customer({ id }: { id: string }) {
  const t = useText();
  const conversation = useLive((state) => state.conversations[id]);
  const interaction = useLive((state) => interactionOf(state, id));
  const { error } = useConversation(id, !conversation);
  if (!conversation && error) {
    return (
      <Empty icon="lock" title={t("customer.closed")}>
        <p>{t("customer.closed.more")}</p>
      </Empty>
    );
  }
  if (!conversation) return <Loading rows={5} />;
  return (
    <>
      <ContactCard conversation={conversation} />
      {interaction && <Work interaction={interaction} />}
      <Page conversation={conversation} />
      <Facts title={t("customer.form")} rows={answers(conversation)} />
      <Facts title={t("customer.context")} rows={Object.entries(conversation.context)} />
      {conversation.rating !== null && (
        <section className={css.block}>
          <h2>{t("customer.rating")}</h2>
          <Group gap={8}>
            <Badge className="num">{t("customer.rated", { n: conversation.rating })}</Badge>
            <span>{conversation.rating_comment}</span>
          </Group>
        </section>
      )}
      <Past conversation={conversation} />
    </>
  );
}
