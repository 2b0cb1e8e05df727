import { Button } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useLocation } from "wouter";
import { useMe } from "../../data/me";
import { useLanguage, useText } from "../../i18n";
import { languageName } from "../../i18n/format";
import { Icon } from "../../icons";
import { useActions, useKeysOf } from "../../keys/useActions";
import { endInteraction } from "../../live/commands";
import { myWork, useLive } from "../../live/store";
import { attempt } from "../../ui/notify";
import { Elapsed, IconButton, KeyCaps } from "../../ui/parts";
import type { ConversationView, InteractionView } from "../../wire";
import { openWhy, openWhyOf } from "../why/open";
import css from "./inbox.module.css";
import { useListState } from "./items";

const TransferDialog = lazy(() => import("./TransferDialog"));

interface Props {
  conversation: ConversationView;
  interaction: InteractionView | undefined;
  back: (() => void) | null;
}

function Facts({ conversation, interaction }: Omit<Props, "back">) {
  const t = useText();
  const language = useLanguage();
  const parts = [
    conversation.visitor_online ? t("contact.online") : t("contact.offline"),
    conversation.site_name,
    interaction?.queue_name ?? "",
    languageName(language, conversation.language),
  ].filter(Boolean);
  return (
    <div className="clip">
      {parts.join(" · ")}
      {interaction?.state === "active" && interaction.accepted_at_ms !== null && (
        <>
          {" · "}
          <Elapsed sinceMs={interaction.accepted_at_ms} />
        </>
      )}
    </div>
  );
}

function useEnding(interaction: InteractionView | undefined) {
  const [, go] = useLocation();
  const end = async (next: boolean) => {
    if (!interaction || !(await attempt(() => endInteraction(interaction.id)))) return;
    const other = myWork(useLive.getState()).find(
      (work) => work.interaction.id !== interaction.id && work.interaction.state === "active",
    );
    if (next && other) go(`/inbox/${other.conversation.id}`);
  };
  return end;
}

/** Who it is, and what can be done with the whole conversation. */
export function PaneHead({ conversation, interaction, back }: Props) {
  const t = useText();
  const [transferring, setTransferring] = useState(false);
  const end = useEnding(interaction);
  const active = interaction?.state === "active";
  const { data: me } = useMe();
  const leads = me?.user.role !== "agent";
  const mayAsk = leads || (interaction && interaction.agent_id === me?.user.id);
  const keys = { end: useKeysOf("end"), transfer: useKeysOf("transfer") };
  useActions(
    active
      ? {
          transfer: () => setTransferring(true),
          end: () => void end(false),
          endNext: () => void end(true),
        }
      : {},
  );
  return (
    <header className={css.head}>
      {back && <IconButton icon="left" label={t("thread.back")} onClick={back} />}
      <div className={css.headText}>
        <h1 className="clip">{conversation.contact.name || t("contact.unnamed")}</h1>
        <Facts conversation={conversation} interaction={interaction} />
      </div>
      {active && !back && (
        <>
          <Button
            variant="default"
            onClick={() => setTransferring(true)}
            leftSection={<Icon name="transfer" size={16} />}
            rightSection={<KeyCaps keys={keys.transfer} />}
          >
            {t("transfer.do")}
          </Button>
          <Button
            variant="default"
            onClick={() => void end(false)}
            leftSection={<Icon name="check" size={16} />}
            rightSection={<KeyCaps keys={keys.end} />}
          >
            {t("thread.end")}
          </Button>
        </>
      )}
      {active && back && (
        <>
          <IconButton
            icon="transfer"
            label={t("transfer.do")}
            onClick={() => setTransferring(true)}
          />
          <IconButton icon="check" label={t("thread.end")} onClick={() => void end(false)} />
        </>
      )}
      {mayAsk && (
        <IconButton
          icon="info"
          label={t(leads ? "why.ask" : "why.you")}
          onClick={() =>
            interaction ? openWhy(interaction.id) : void attempt(() => openWhyOf(conversation.id))
          }
        />
      )}
      <span className={css.panelButton}>
        <IconButton
          icon="panel"
          label={t("customer.show")}
          onClick={() => useListState.setState({ customer: true })}
        />
      </span>
      {interaction && transferring && (
        <Suspense>
          <TransferDialog interaction={interaction} close={() => setTransferring(false)} />
        </Suspense>
      )}
    </header>
  );
}
