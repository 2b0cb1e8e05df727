/** How files come in: the picker, the camera of a phone, paste, and drop anywhere on the panel. */
import { Component, createRef, type JSX } from "preact";
import type { Chat } from "../chat/context";
import { Shape } from "../chat/icons";

const CLIP =
  "M18 11l-6.5 6.5a4 4 0 0 1-5.6-5.6L13 4.8a2.7 2.7 0 0 1 3.8 3.8l-7 7a1.3 1.3 0 0 1-1.9-1.9L14 7.6";
const CAMERA = "M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4z";

interface Props {
  chat: Chat;
  id: string;
}

export class Intake extends Component<Props, { isOver: boolean }> {
  #root = createRef<HTMLDivElement>();
  #picker = createRef<HTMLInputElement>();
  #panel: HTMLElement | null = null;

  override componentDidMount(): void {
    this.#panel = this.#root.current?.closest<HTMLElement>(".panel") ?? null;
    this.#panel?.addEventListener("paste", this.#paste);
    for (const name of ["dragover", "dragleave", "drop"] as const) {
      this.#panel?.addEventListener(name, this.#drag);
    }
  }
  override componentWillUnmount(): void {
    this.#panel?.removeEventListener("paste", this.#paste);
    for (const name of ["dragover", "dragleave", "drop"] as const) {
      this.#panel?.removeEventListener(name, this.#drag);
    }
  }

  #add(files: Iterable<File> | null | undefined): void {
    this.props.chat.addFiles(this.props.id, [...(files ?? [])]);
  }
  #paste = (event: ClipboardEvent): void => {
    const files = event.clipboardData?.files;
    if (!files?.length) return;
    event.preventDefault();
    this.#add(files);
  };
  #drag = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.setState({ isOver: event.type === "dragover" });
    if (event.type === "drop") this.#add(event.dataTransfer.files);
  };
  #picked = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement;
    this.#add(input.files);
    input.value = "";
  };

  override render({ chat: { t } }: Props): JSX.Element {
    return (
      <div class="intake" ref={this.#root}>
        <button
          type="button"
          class="ib"
          aria-label={t("attach")}
          title={t("attach")}
          onClick={() => this.#picker.current?.click()}
        >
          <Shape name="clip" d={CLIP} />
        </button>
        <input ref={this.#picker} type="file" multiple hidden onChange={this.#picked} />
        <label class="ib cam" title={t("camera")}>
          <input
            type="file"
            accept="image/*"
            capture="environment"
            aria-label={t("camera")}
            onChange={this.#picked}
          />
          <Shape name="camera" d={CAMERA} />
        </label>
        {this.state.isOver && <p class="drop">{t("dropHere")}</p>}
      </div>
    );
  }
}
