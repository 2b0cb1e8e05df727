/** The panel. */
import { Component, type JSX } from "preact";
import { StartForm } from "../form/form";
import { openConversation, unreadIn } from "../state/select";
import { Composer } from "./composer";
import type { Chat, View } from "./context";
import { Header } from "./header";
import { List, Out } from "./parts";
import { Strips } from "./strip";
import { Thread } from "./thread";

/** The view that fits when none was chosen: the open conversation, one with news, else the start. */
export function currentView(chat: Chat): View {
  const { view } = chat.screen();
  if (view) return view;
  const model = chat.engine.model();
  const open = openConversation(model);
  const started = chat.engine
    .entries()
    .find(({ frame, failed }) => frame.type === "conversation.start" && !failed);
  const answered = Object.keys(model.messages).find((one) => unreadIn(model, one));
  const id = open?.id ?? started?.frame.conversation_id ?? answered;
  return id ? { name: "thread", id } : { name: "home" };
}

export class App extends Component<{ chat: Chat }> {
  #key = (event: KeyboardEvent): void => {
    const { screen, set, close } = this.props.chat;
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    if (screen().popup) set({ popup: "" });
    else close();
  };

  #body(view: View): JSX.Element | null {
    const { chat } = this.props;
    if (view.name === "home") return <StartForm chat={chat} />;
    if (view.name === "thread") return <Thread chat={chat} id={view.id} />;
    return <List chat={chat} />;
  }

  override render({ chat }: { chat: Chat }): JSX.Element | null {
    if (!chat.screen().isOpen) return null;
    const view = currentView(chat);
    const { conversations, stopCode } = chat.engine.model();
    const canWrite = view.name === "thread" && conversations[view.id]?.state !== "closed";
    return (
      <section class="panel" role="dialog" aria-labelledby="t" onKeyDown={this.#key}>
        {stopCode === "blocked" ? (
          <Out chat={chat} />
        ) : (
          <>
            <Header chat={chat} view={view} />
            <div ref={chat.placeCall} />
            <Strips chat={chat} view={view} />
            {this.#body(view)}
            {canWrite && <Composer key={view.id} chat={chat} id={view.id} />}
          </>
        )}
      </section>
    );
  }
}
