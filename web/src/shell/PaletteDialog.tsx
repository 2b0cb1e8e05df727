import { Spotlight, type SpotlightActionData, spotlight } from "@mantine/spotlight";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { type Key, useText } from "../i18n";
import { Icon, type IconName } from "../icons";
import { type ActionId, isSingle } from "../keys/shortcuts";
import { isOffered, run, useKeymap } from "../keys/useActions";
import { myWork, useLive } from "../live/store";
import { KeyCaps, KIND_ICON } from "../ui/parts";
import type { UserView } from "../wire";

const ICONS: Partial<Record<ActionId, IconName>> = {
  goInbox: "inbox",
  goLive: "pulse",
  goAdmin: "sliders",
  goReports: "chart",
  goMe: "person",
  sheet: "keyboard",
  toggleReady: "play",
  accept: "check",
  reject: "close",
  search: "search",
  reply: "chat",
  note: "note",
  canned: "bolt",
  attach: "clip",
  transfer: "transfer",
  end: "check",
  endNext: "checks",
  customer: "panel",
  mute: "mic",
  hold: "pause",
  hangUp: "hangUp",
};
const LEADS: ActionId[] = ["goLive", "goAdmin"];

/** Every command by name, with the keys that would have done it. */
export default function PaletteDialog({
  role,
  wanted,
}: {
  role: UserView["role"];
  wanted: number;
}) {
  const t = useText();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each request toggles it
  useEffect(() => spotlight.toggle(), [wanted]);
  const [, go] = useLocation();
  const { keymap, singles } = useKeymap();
  const interactions = useLive((live) => live.interactions);
  const conversations = useLive((live) => live.conversations);
  const commands: SpotlightActionData[] = (Object.entries(ICONS) as [ActionId, IconName][])
    .filter(([id]) => isOffered(id) && (role !== "agent" || !LEADS.includes(id)))
    .map(([id, icon]) => ({
      id,
      label: t(`keys.${id}` as Key),
      leftSection: <Icon name={icon} />,
      rightSection: singles || !isSingle(keymap[id]) ? <KeyCaps keys={keymap[id]} /> : undefined,
      onClick: () => setTimeout(() => run(id)),
    }));
  const work: SpotlightActionData[] = myWork({
    ...useLive.getState(),
    interactions,
    conversations,
  }).map(({ conversation, interaction }) => ({
    id: conversation.id,
    label: conversation.contact.name || t("contact.unnamed"),
    description: conversation.last_message?.text.slice(0, 80) || interaction.queue_name,
    leftSection: <Icon name={KIND_ICON[interaction.kind] ?? "chat"} />,
    onClick: () => go(`/inbox/${conversation.id}`),
  }));
  return (
    <Spotlight
      actions={[
        { group: t("palette.mine"), actions: work },
        { group: t("palette.commands"), actions: commands },
      ]}
      shortcut={null}
      nothingFound={t("palette.nothing")}
      highlightQuery
      scrollable
      maxHeight={420}
      lockScroll={false}
      overlayProps={{ backgroundOpacity: 0.35, blur: 0 }}
      searchProps={{
        leftSection: <Icon name="search" />,
        placeholder: t("palette.placeholder"),
        "aria-label": t("palette.placeholder"),
      }}
    />
  );
}
