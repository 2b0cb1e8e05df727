/** Resumable uploads: announce, send chunks, ask for the offset after a cut, go on from there. */
import type { AttachmentView, UploadView } from "../wire";
import { API, ApiError, csrfHeader, post, refuse } from "./http";

const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const AGAIN_MS = 4_000;
/** A request that the network swallowed ends after this long, and is made again. */
const REQUEST_MS = 45_000;
const OFFSET_TYPE = "application/offset+octet-stream";

const within = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]);

async function offsetOf(id: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(`${API}/uploads/${id}`, {
    method: "HEAD",
    headers: csrfHeader(),
    signal: within(signal),
  });
  if (!response.ok) throw new ApiError(response.status, "not_found", "");
  return Number(response.headers.get("Upload-Offset") ?? 0);
}

async function sendChunk(
  id: string,
  file: Blob,
  offset: number,
  size: number,
  signal: AbortSignal,
) {
  const response = await fetch(`${API}/uploads/${id}`, {
    method: "PATCH",
    headers: { ...csrfHeader(), "Content-Type": OFFSET_TYPE, "Upload-Offset": String(offset) },
    body: file.slice(offset, offset + size),
    signal: within(signal),
  });
  if (!response.ok) return refuse(response);
  return (await response.json()) as UploadView;
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("aborted", "AbortError"));
    });
  });

const final = (error: unknown) =>
  (error instanceof DOMException && error.name === "AbortError") ||
  (error instanceof ApiError &&
    error.status >= 400 &&
    error.status < 500 &&
    !["upload_offset", "rate_limited"].includes(error.code));

/** Nobody answered: then it goes on as soon as somebody does, however long that takes. */
const isUnanswered = (error: unknown) => !(error instanceof ApiError) || error.status === 0;

function waitMs(error: unknown, failures: number): number | undefined {
  const wait = RETRY_MS[failures] ?? (isUnanswered(error) ? AGAIN_MS : undefined);
  if (wait === undefined) return undefined;
  if (isUnanswered(error)) return Math.min(wait, AGAIN_MS);
  return Math.max(wait, error instanceof ApiError ? (error.retryAfterS ?? 0) * 1_000 : 0);
}

export interface UploadWork {
  id: string;
  conversationId: string;
  file: File;
  signal: AbortSignal;
  progress: (sentBytes: number) => void;
}

/** Send ``file`` and return its attachment; survives lost connections and repeats nothing. */
export async function upload(work: UploadWork): Promise<AttachmentView> {
  const { id, file, signal } = work;
  let state: UploadView | null = null;
  for (let failures = 0; ; ) {
    try {
      state ??= await post<UploadView>("/uploads", {
        id,
        conversation_id: work.conversationId,
        name: file.name,
        size_bytes: file.size,
        media_type: file.type,
      });
      if (failures > 0 && !state.attachment)
        state = { ...state, offset_bytes: await offsetOf(state.id, signal) };
      work.progress(state.offset_bytes);
      if (state.attachment) return state.attachment;
      state = await sendChunk(state.id, file, state.offset_bytes, state.chunk_bytes, signal);
      failures = 0;
    } catch (error) {
      const wait = waitMs(error, failures);
      if (final(error) || wait === undefined) throw error;
      failures += 1;
      await pause(wait, signal);
    }
  }
}
