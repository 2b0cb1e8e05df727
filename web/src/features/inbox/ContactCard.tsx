import { Badge, Group } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useMe } from "../../data/me";
import { loadWords, useLanguage, useText } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Icon } from "../../icons";
import { IconButton } from "../../ui/parts";
import type { ConversationView } from "../../wire";
import css from "./inbox.module.css";

const ContactEdit = lazy(() => import("./ContactEdit"));

const Standing = lazy(async () => {
  await loadWords("people");
  return import("../people/Standing");
});

/** Who it is; editable in place. */
export function ContactCard({ conversation }: { conversation: ConversationView }) {
  const t = useText();
  const language = useLanguage();
  const [editing, setEditing] = useState(false);
  const { data: me } = useMe();
  const leads = me?.user.role === "supervisor" || me?.user.role === "admin";
  const { contact } = conversation;
  const rows = [
    [t("contact.email"), contact.email],
    [t("contact.phone"), contact.phone],
    [t("contact.since"), dateTime(language, contact.created_at_ms)],
  ].filter(([, value]) => value);
  return (
    <section className={css.block}>
      <Group justify="space-between" wrap="nowrap" mb={8}>
        <Group gap={8} wrap="nowrap" style={{ minWidth: 0 }}>
          <strong className="clip">{contact.name || t("contact.unnamed")}</strong>
          {contact.verified && (
            <Badge color="ok" leftSection={<Icon name="check" size={12} />}>
              {t("contact.verified")}
            </Badge>
          )}
          {contact.vip > 0 && (
            <Badge color="warn" leftSection={<Icon name="star" size={12} />}>
              {t("contact.vip", { n: contact.vip })}
            </Badge>
          )}
          {contact.is_robot && <Badge color="slate">{t("contact.robot")}</Badge>}
        </Group>
        {!editing && (
          <IconButton
            icon="edit"
            size="md"
            label={t("contact.edit")}
            onClick={() => setEditing(true)}
          />
        )}
      </Group>
      {editing ? (
        <Suspense>
          <ContactEdit contact={contact} done={() => setEditing(false)} />
        </Suspense>
      ) : (
        <dl className={css.facts}>
          {rows.map(([name, value]) => (
            <div key={name} style={{ display: "contents" }}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {leads && !editing && (
        <Suspense>
          <Standing contact={contact} />
        </Suspense>
      )}
    </section>
  );
}
