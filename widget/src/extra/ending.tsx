/** After the conversation: a rating, the transcript, a new start. */
import { Component, type JSX } from "preact";
import type { Chat } from "../chat/context";
import { Shape } from "../chat/icons";
import type { VisitorConversation } from "../wire";
import css from "./ending.css?inline";

export { css };

const STAR = "M12 4l2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8z";

interface Props {
  chat: Chat;
  conversation: VisitorConversation;
}

export class Ending extends Component<Props, { stars?: number; comment?: string }> {
  #send = (event: Event): void => {
    event.preventDefault();
    const { chat, conversation } = this.props;
    const { stars, comment } = this.state;
    if (stars) chat.engine.rate(conversation.id, stars, (comment ?? "").trim());
  };

  override render({ chat, conversation }: Props): JSX.Element {
    const { engine, set, t } = chat;
    const { stars = 0, comment = "" } = this.state;
    const waiting = engine
      .entries()
      .map(({ frame }) => frame)
      .find(
        (frame) => frame.type === "conversation.rate" && frame.conversation_id === conversation.id,
      );
    const given =
      conversation.rating ?? (waiting?.type === "conversation.rate" ? waiting.rating : null);
    return (
      <div class="end">
        <p>{t("over")}</p>
        {given ? (
          <p>{t("rated", { n: given })}</p>
        ) : (
          <form onSubmit={this.#send}>
            <fieldset>
              <legend>{t("rate")}</legend>
              <div class="stars">
                {[1, 2, 3, 4, 5].map((n) => (
                  <label key={n} class={n <= stars ? "on" : ""}>
                    <input
                      type="radio"
                      name="stars"
                      value={n}
                      checked={n === stars}
                      aria-label={t("stars", { n })}
                      onChange={() => this.setState({ stars: n })}
                    />
                    <Shape name="star" d={STAR} />
                    <span class="n" aria-hidden="true">
                      {n}
                    </span>
                  </label>
                ))}
              </div>
            </fieldset>
            {stars > 0 && (
              <div class="f">
                <label for="rating-comment">
                  {t("comment")}
                  <small> {t("optional")}</small>
                </label>
                <textarea
                  id="rating-comment"
                  rows={2}
                  maxLength={2_000}
                  value={comment}
                  dir="auto"
                  onInput={(event) => this.setState({ comment: event.currentTarget.value })}
                />
                <button type="submit" class="go">
                  {t("rateSend")}
                </button>
              </div>
            )}
          </form>
        )}
        <button
          type="button"
          class="line"
          onClick={() =>
            import("./transcript").then(({ saveTranscript }) =>
              saveTranscript(chat, conversation.id),
            )
          }
        >
          {t("transcript")}
        </button>
        <button type="button" class="line" onClick={() => set({ view: { name: "home" } })}>
          {t("newChat")}
        </button>
      </div>
    );
  }
}
