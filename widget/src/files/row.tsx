/** A file on its way: what it is, how far it has come, and what to do when it stopped. */
import type { JSX } from "preact";
import type { Chat, Upload } from "../chat/context";
import { Shape } from "../chat/icons";
import css from "./files.css?inline";
import { SHEET } from "./shape";
import { fileSize } from "./size";

export { css };

/** What another try cannot change. */
const FINAL = /^(too_large|bad_file|empty|closed|quota_exceeded)$/;

export function UploadRow({ chat, upload }: { chat: Chat; upload: Upload }): JSX.Element {
  const { host, speech, t } = chat;
  const { file, sent, error, id } = upload;
  const size = (bytes: number): string => fileSize(speech.language, bytes);
  const limit = size(host.config.max_file_bytes);
  return (
    <div class="up">
      <canvas
        ref={(canvas: HTMLCanvasElement | null) => void (canvas && preview(canvas, file))}
        hidden
      />
      <Shape name="file" d={SHEET} />
      <div>
        <b dir="auto">{file.name}</b>
        {error ? (
          <span class="err" role="alert">
            {speech.maybe(`err_${error}`, "err_any", { n: limit })}
          </span>
        ) : (
          <progress max={file.size || 1} value={sent} aria-label={file.name} />
        )}
        <small class="n">
          {error ? size(file.size) : t("upload", { done: size(sent), all: size(file.size) })}
        </small>
      </div>
      {error && !FINAL.test(error) && (
        <button type="button" onClick={() => chat.retryUpload(id)}>
          {t("again")}
        </button>
      )}
      <button type="button" onClick={() => chat.dropUpload(id)}>
        {t("remove")}
      </button>
    </div>
  );
}

/** Drawn, not linked: a strict page may forbid pictures from `blob:` addresses. */
async function preview(canvas: HTMLCanvasElement, file: File): Promise<void> {
  if (canvas.dataset.done || !/^image\/(png|jpe?g|gif|webp|avif)$/.test(file.type)) return;
  canvas.dataset.done = "1";
  try {
    const picture = await createImageBitmap(file, { resizeHeight: 96 });
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
    canvas.hidden = false;
  } catch {
    canvas.hidden = true; // not a picture after all
  }
}
