/**
 * Resumable upload: announce, then send pieces; after any cut ask the server how far it got and
 * go on from there. The announced id is made here, so a repeated announcement is harmless.
 */
import type { Chat, Upload } from "../chat/context";
import { newId } from "../link/keep";
import type { AttachmentView, UploadView } from "../wire";

const TRIES = 8;
const REQUEST_MS = 60_000;
/** HTTP answers that a later try may turn into success. 404: the conversation is still on its way. */
const AGAIN = new Set([404, 408, 409, 429, 500, 502, 503, 504]);

export class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

export interface UploadPorts {
  base: string;
  token(): string;
  progress(sent: number): void;
  isCancelled(): boolean;
  wait(ms: number): Promise<void>;
}

async function ask(ports: UploadPorts, path: string, init: RequestInit): Promise<Response> {
  const headers = { ...init.headers, Authorization: `Bearer ${ports.token()}` };
  const answer = await fetch(`${ports.base}/uploads${path}`, {
    ...init,
    headers,
    credentials: "omit",
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  if (answer.ok) return answer;
  if (AGAIN.has(answer.status)) {
    await ports.wait(Number(answer.headers.get("Retry-After") ?? 0) * 1_000);
    throw new Error(`${answer.status}`);
  }
  const problem = await answer.json().catch(() => null);
  throw new Refused(problem?.error?.code ?? "any");
}

/** After a cut: where the server is. When it has everything, only the answer was lost. */
async function resume(ports: UploadPorts, upload: Upload, view: UploadView): Promise<UploadView> {
  const answer = await ask(ports, `/${view.id}`, { method: "HEAD" });
  const offset = Number(answer.headers.get("Upload-Offset"));
  return offset < view.size_bytes ? { ...view, offset_bytes: offset } : announce(ports, upload);
}

/** Send what is missing, piece by piece, until the server calls it complete. */
async function sendRest(ports: UploadPorts, file: Blob, view: UploadView): Promise<UploadView> {
  let at = view;
  while (!at.attachment && !ports.isCancelled()) {
    const offset = at.offset_bytes;
    const answer = await ask(ports, `/${at.id}`, {
      method: "PATCH",
      headers: {
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": `${offset}`,
      },
      body: file.slice(offset, offset + at.chunk_bytes),
    });
    at = await answer.json();
    ports.progress(at.offset_bytes);
  }
  return at;
}

async function announce(ports: UploadPorts, upload: Upload): Promise<UploadView> {
  const { id, conversationId, file } = upload;
  const answer = await ask(ports, "", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      id,
      conversation_id: conversationId,
      name: file.name || "file",
      size_bytes: file.size,
      media_type: file.type,
    }),
  });
  return answer.json();
}

export async function send(ports: UploadPorts, upload: Upload): Promise<AttachmentView | null> {
  let view: UploadView | undefined;
  for (let tries = 0; tries < TRIES && !ports.isCancelled(); ) {
    const before = view?.offset_bytes ?? 0;
    try {
      view = view ? await resume(ports, upload, view) : await announce(ports, upload);
      ports.progress(view.offset_bytes);
      view = await sendRest(ports, upload.file, view);
      if (view.attachment) return view.attachment;
    } catch (problem) {
      if (problem instanceof Refused) throw problem;
      tries = (view?.offset_bytes ?? 0) > before ? 1 : tries + 1;
      await ports.wait(Math.min(10_000, 400 * 2 ** tries));
    }
  }
  if (ports.isCancelled()) return null;
  throw new Refused("any");
}

/** Wait, but not while the browser says it has no network. */
async function pause(ms: number): Promise<void> {
  if (navigator.onLine === false) {
    await new Promise((done) => window.addEventListener("online", done, { once: true }));
  }
  await new Promise((done) => setTimeout(done, ms));
}

export async function run(chat: Chat, id: string): Promise<void> {
  const { engine, screen, set } = chat;
  const find = (): Upload | undefined => screen().uploads.find((one) => one.id === id);
  const change = (part: Partial<Upload>): void =>
    set({ uploads: screen().uploads.map((one) => (one.id === id ? { ...one, ...part } : one)) });
  const upload = find();
  if (!upload) return;
  if (upload.file.size > chat.host.config.max_file_bytes) return;
  change({ error: "" });
  try {
    const attachment = await send(
      {
        base: engine.apiUrl,
        token: engine.token,
        progress: (sent) => change({ sent }),
        isCancelled: () => !find(),
        wait: pause,
      },
      upload,
    );
    if (!attachment) return;
    engine.postFile(upload.conversationId, newId("ms"), attachment);
    chat.dropUpload(id);
  } catch (problem) {
    change({ error: problem instanceof Refused ? problem.code : "any" });
  }
}

/** Take files, and send them one after the other: they arrive in the order they were chosen. */
export async function add(
  chat: Chat,
  conversationId: string,
  files: Iterable<File>,
): Promise<void> {
  const { max_file_bytes: max } = chat.host.config;
  const uploads = Array.from(files, (file): Upload => {
    const error = file.size > max ? "too_large" : file.size ? "" : "empty";
    return { id: newId("up"), conversationId, file, sent: 0, error };
  });
  chat.set({ uploads: [...chat.screen().uploads, ...uploads] });
  for (const { id, error } of uploads) if (!error) await run(chat, id);
}
