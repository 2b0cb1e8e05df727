/** A file in the thread: a picture where the page allows one, else a card that downloads. */
import { Component, type JSX } from "preact";
import type { Chat } from "../chat/context";
import { Shape } from "../chat/icons";
import type { AttachmentView } from "../wire";
import css from "./files.css?inline";
import { SHEET } from "./shape";
import { fileSize } from "./size";

export { css };

/** Signed addresses live five minutes; ask for a fresh one a little before. */
const FRESH_MS = 4 * 60_000;

export async function fetchAttachment(chat: Chat, id: string): Promise<AttachmentView> {
  const answer = await fetch(`${chat.engine.apiUrl}/attachments/${encodeURIComponent(id)}`, {
    headers: { Authorization: `Bearer ${chat.engine.token()}` },
    credentials: "omit",
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

const HIGHEST_PX = 260;

interface Props {
  chat: Chat;
  file: AttachmentView;
}

export class Attachment extends Component<Props, { view?: AttachmentView; noPicture?: boolean }> {
  #at = Date.now();
  #tries = 0;

  #refresh = async (): Promise<AttachmentView> => {
    const view = await fetchAttachment(this.props.chat, this.props.file.id);
    this.#at = Date.now();
    this.setState({ view });
    return view;
  };

  #broken = (): void => {
    if (this.#tries++) this.setState({ noPicture: true });
    else this.#refresh().catch(() => this.setState({ noPicture: true }));
  };

  #open = (event: Event): void => {
    if (Date.now() - this.#at < FRESH_MS) return;
    event.preventDefault();
    const { set, t } = this.props.chat;
    this.#refresh().then(
      ({ url }) => url && window.open(url, "_blank", "noopener,noreferrer"),
      () => set({ notice: t("err_any") }),
    );
  };

  override componentWillReceiveProps(next: Props): void {
    if (next.file !== this.props.file) {
      this.#at = Date.now();
      this.setState({ view: next.file });
    }
  }

  override render({ chat, file }: Props): JSX.Element {
    const { speech, t } = chat;
    const view = this.state.view ?? file;
    const state =
      view.state === "clean"
        ? fileSize(speech.language, view.size_bytes)
        : t(view.state === "blocked" ? "blocked" : view.is_delayed ? "late" : "checking");
    const hasPicture = view.state === "clean" && view.preview_url && !this.state.noPicture;
    // As wide as it will be: the bubble fits a portrait before and after it has loaded.
    const scale = Math.min(1, HIGHEST_PX / (view.height_px ?? 1));
    const inside = hasPicture ? (
      <img
        src={view.preview_url ?? ""}
        alt={view.name}
        width={(view.width_px ?? 0) * scale || undefined}
        height={(view.height_px ?? 0) * scale || undefined}
        onError={this.#broken}
      />
    ) : (
      <span class="card">
        <Shape name="file" d={SHEET} />
        <span>
          <b dir="auto">{view.name}</b>
          <small>{state}</small>
        </span>
      </span>
    );
    if (view.state !== "clean" || !view.url) return <div>{inside}</div>;
    return (
      <a
        class="file"
        href={view.url}
        target="_blank"
        rel="noopener noreferrer"
        aria-label={t("download", { name: view.name })}
        onClick={this.#open}
      >
        {inside}
      </a>
    );
  }
}
