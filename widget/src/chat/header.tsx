/** The head of the panel: who is there, and what else can be done. */
import type { JSX } from "preact";
import { companionOf, openConversation } from "../state/select";
import type { Chat, View } from "./context";
import { Icon, type IconName } from "./icons";
import { Menu } from "./parts";

function Button(props: {
  icon: IconName;
  label: string;
  act(): void;
  expanded?: boolean;
}): JSX.Element {
  return (
    <button
      type="button"
      class="ib"
      aria-label={props.label}
      title={props.label}
      aria-expanded={props.expanded}
      onClick={props.act}
    >
      <Icon name={props.icon} />
    </button>
  );
}

function subtitle(chat: Chat, view: View, isClosed: boolean): string {
  const { engine, t } = chat;
  const model = engine.model();
  if (view.name === "list") return "";
  const name = view.name === "thread" && !isClosed ? companionOf(model, view.id) : "";
  if (name) return t("withYou", { name });
  return t(model.availability);
}

export function Header({ chat, view }: { chat: Chat; view: View }): JSX.Element {
  const { host, engine, screen, set, speech, t } = chat;
  const model = engine.model();
  const { popup } = screen();
  const title = host.config.title[speech.language] ?? Object.values(host.config.title)[0] ?? "";
  const open = openConversation(model);
  const canCall = model.calls && model.availability !== "offline";
  const isClosed = view.name === "thread" && model.conversations[view.id]?.state === "closed";
  const isElsewhere =
    view.name === "list" || isClosed || (view.name === "thread" && open && open.id !== view.id);
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: no banner: the page around the widget has its own
    <header role="presentation">
      {isElsewhere ? (
        <Button icon="back" label={t("back")} act={() => set({ view: null })} />
      ) : (
        <i class={`dot ${model.availability}`} />
      )}
      <div class="head">
        <h2 id="t" dir="auto" tabIndex={-1}>
          {view.name === "list" ? t("older") : title}
        </h2>
        <p dir="auto">{subtitle(chat, view, isClosed)}</p>
      </div>
      {canCall && !isClosed && view.name !== "list" && (
        <Button
          icon="call"
          label={t("call")}
          act={() => chat.startCall(view.name === "thread" ? view.id : null)}
        />
      )}
      <Button
        icon="more"
        label={t("menu")}
        expanded={popup === "menu"}
        act={() => set({ popup: popup === "menu" ? "" : "menu" })}
      />
      <Button icon="down" label={t("close")} act={chat.close} />
      {popup === "menu" && <Menu chat={chat} view={view} />}
    </header>
  );
}
