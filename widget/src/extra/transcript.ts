/** Save the transcript as a file; the token goes in a header, never in an address. */
import type { Chat } from "../chat/context";

export async function saveTranscript(chat: Chat, id: string): Promise<void> {
  const { engine, set, t } = chat;
  try {
    const answer = await fetch(
      `${engine.apiUrl}/conversations/${encodeURIComponent(id)}/transcript`,
      { headers: { Authorization: `Bearer ${engine.token()}` }, credentials: "omit" },
    );
    if (!answer.ok) throw new Error(`${answer.status}`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `${new Date(engine.nowMs()).toISOString().slice(0, 10)}-${id.slice(-6)}.html`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch {
    set({ notice: t("err_any") });
  }
}
