import { Badge, Button, Group } from "@mantine/core";
import { useState } from "react";
import { useLanguage, useText } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Icon } from "../../icons";
import type { ContactView } from "../../wire";
import { Block } from "./Block";
import { endVip, lift, useBlocks, useVips } from "./data";
import { Sure } from "./Sure";
import { Vip } from "./Vip";

/** What leads decide about the contact of a conversation: whether they go first or stay out. */
export default function Standing({ contact }: { contact: ContactView }) {
  const t = useText();
  const language = useLanguage();
  const [asking, setAsking] = useState<"vip" | "block" | null>(null);
  const { data: vips } = useVips();
  const { data: blocks } = useBlocks();
  const name = contact.name || t("people.unnamed");
  const close = () => setAsking(null);
  const blocked = blocks?.find(({ kind, value }) => kind === "contact" && value === contact.id);
  const until = blocked?.until_ms;
  return (
    <Group gap={8} mt={8}>
      {blocked ? (
        <>
          <Badge color="bad" leftSection={<Icon name="hand" size={12} />}>
            {until
              ? t("people.block.nowUntil", { when: dateTime(language, until) })
              : t("people.block.now")}
          </Badge>
          <Sure
            action={t("people.lift.do")}
            title={t("people.lift", { name })}
            more={t("people.lift.more")}
            done={t("people.lift.done", { name })}
            work={() => lift(blocked.id)}
          />
        </>
      ) : (
        <Button variant="default" size="xs" onClick={() => setAsking("block")}>
          {t("people.block")}
        </Button>
      )}
      <Button variant="default" size="xs" onClick={() => setAsking("vip")}>
        {t(contact.vip ? "people.vip.change" : "people.vip.make")}
      </Button>
      {contact.vip > 0 && (
        <Sure
          action={t("people.vip.end.do")}
          title={t("people.vip.end", { name })}
          more={t("people.vip.end.more")}
          done={t("people.vip.ended", { name })}
          work={() => endVip(contact.id)}
        />
      )}
      {asking === "block" && <Block contact={{ id: contact.id, name }} close={close} />}
      {asking === "vip" && (
        <Vip
          contact={{ id: contact.id, name }}
          mark={vips?.find((vip) => vip.contact_id === contact.id)}
          close={close}
        />
      )}
    </Group>
  );
}
