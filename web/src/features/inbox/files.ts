/** Files on their way, per conversation. */
import { create } from "zustand";
import { asApiError } from "../../data/http";
import { freshId } from "../../data/ids";
import { upload } from "../../data/uploads";
import { errorWords } from "../../i18n";
import { desk } from "../../live/commands";

export interface FileOnTheWay {
  id: string;
  conversationId: string;
  file: File;
  sentBytes: number;
  note: boolean;
  failed: string;
  /** Whether another try may end better. */
  mayRetry: boolean;
  stop: AbortController;
}

export const useFiles = create<{ items: FileOnTheWay[] }>(() => ({ items: [] }));

function change(id: string, part: Partial<FileOnTheWay>): void {
  useFiles.setState(({ items }) => ({
    items: items.map((item) => (item.id === id ? { ...item, ...part } : item)),
  }));
}

export function dropFile(id: string): void {
  const { items } = useFiles.getState();
  items.find((item) => item.id === id)?.stop.abort();
  useFiles.setState({ items: items.filter((item) => item.id !== id) });
}

const isRefusal = (status: number) => status >= 400 && status < 500 && status !== 429;

async function carry(item: FileOnTheWay): Promise<void> {
  if (item.stop.signal.aborted) return;
  try {
    const attachment = await upload({
      id: item.id,
      conversationId: item.conversationId,
      file: item.file,
      signal: item.stop.signal,
      progress: (sentBytes) => change(item.id, { sentBytes }),
    });
    desk().post(item.conversationId, { attachmentId: attachment.id, note: item.note });
    useFiles.setState(({ items }) => ({ items: items.filter((each) => each.id !== item.id) }));
  } catch (error) {
    if (item.stop.signal.aborted) return;
    const known = asApiError(error);
    change(item.id, { failed: errorWords(known), mayRetry: !isRefusal(known.status) });
  }
}

/** Send files one after the other, so that they arrive in the order they were chosen. */
export async function sendFiles(conversationId: string, files: Iterable<File>): Promise<void> {
  const fresh = Array.from(
    files,
    (file): FileOnTheWay => ({
      id: freshId(),
      conversationId,
      file,
      sentBytes: 0,
      note: false,
      failed: "",
      mayRetry: false,
      stop: new AbortController(),
    }),
  );
  useFiles.setState(({ items }) => ({ items: [...items, ...fresh] }));
  for (const item of fresh) await carry(item);
}

export function retryFile(id: string): void {
  const item = useFiles.getState().items.find((each) => each.id === id);
  if (!item) return;
  change(id, { failed: "", mayRetry: false });
  void carry({ ...item, failed: "" });
}

/** Leaving the page ends what is on its way: the browser asks first. */
function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

useFiles.subscribe(({ items }) => {
  const isBusy = items.some((item) => item.failed === "");
  if (isBusy) window.addEventListener("beforeunload", askBeforeLeaving);
  else window.removeEventListener("beforeunload", askBeforeLeaving);
});
