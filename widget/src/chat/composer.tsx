/** Where the visitor writes. Enter sends, but never while an input method is composing. */
import { Component, createRef, type JSX } from "preact";
import { Intake } from "../files/intake";
import type { Chat } from "./context";
import { Icon } from "./icons";
import { Emoji } from "./parts";

const TYPING_EVERY_MS = 3_000;

interface Props {
  chat: Chat;
  id: string;
}

export class Composer extends Component<Props> {
  #area = createRef<HTMLTextAreaElement>();
  #saidAt = 0;
  #quiet = 0;

  #draftKey = (): string => `d:${this.props.id}`;

  override componentDidMount(): void {
    const area = this.#area.current as HTMLTextAreaElement;
    area.value = this.props.chat.engine.keep.get(this.#draftKey()) ?? "";
    this.#grow(area);
    if (!matchMedia("(pointer: coarse)").matches) area.focus({ preventScroll: true });
  }

  #say(on: boolean): void {
    const { chat, id } = this.props;
    clearTimeout(this.#quiet);
    if (on) this.#quiet = window.setTimeout(() => this.#say(false), TYPING_EVERY_MS);
    if (on ? Date.now() - this.#saidAt < TYPING_EVERY_MS : !this.#saidAt) return;
    this.#saidAt = on ? Date.now() : 0;
    chat.engine.send({ type: "typing.set", conversation_id: id, on });
  }

  #grow(area: HTMLTextAreaElement): void {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }

  #input = (): void => {
    const area = this.#area.current as HTMLTextAreaElement;
    this.props.chat.engine.keep.set(this.#draftKey(), area.value);
    this.#say(!!area.value.trim());
    this.#grow(area);
  };

  #send = (event: Event): void => {
    event.preventDefault();
    const area = this.#area.current as HTMLTextAreaElement;
    const text = area.value.trim();
    const { chat, id } = this.props;
    const max = chat.host.config.max_text_chars;
    // Never between the two halves of one character.
    const parts = text.match(RegExp(`[^]{1,${max}}(?![\\udc00-\\udfff])`, "g")) ?? [];
    for (const part of parts) chat.engine.post(id, part);
    area.value = "";
    this.#input();
    area.focus();
  };

  #key = (event: KeyboardEvent): void => {
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key === "Enter" && !event.shiftKey && !isComposing) this.#send(event);
  };

  #insert = (text: string): void => {
    const area = this.#area.current as HTMLTextAreaElement;
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    this.props.chat.set({ popup: "" });
    this.#input();
    area.focus();
  };

  override render({ chat, id }: Props): JSX.Element {
    const { host, screen, set, t } = chat;
    const isPicking = screen().popup === "emoji";
    return (
      <form class="compose" onSubmit={this.#send}>
        {isPicking && <Emoji chat={chat} pick={this.#insert} />}
        <textarea
          ref={this.#area}
          rows={1}
          aria-label={t("write")}
          placeholder={t("write")}
          dir="auto"
          enterkeyhint="send"
          onInput={this.#input}
          onKeyDown={this.#key}
        />
        <div class="tools">
          {host.config.files && <Intake chat={chat} id={id} />}
          <button
            type="button"
            class="ib"
            aria-label={t("emoji")}
            title={t("emoji")}
            aria-expanded={isPicking}
            onClick={() => set({ popup: isPicking ? "" : "emoji" })}
          >
            <Icon name="smile" />
          </button>
          <button type="submit" class="ib go" aria-label={t("send")} title={t("send")}>
            <Icon name="send" />
          </button>
        </div>
      </form>
    );
  }
}
