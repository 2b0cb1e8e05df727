/** What somebody who comes now would be told to wait. */
import { useText } from "../i18n";
import type { QueueLive } from "../wire";

const MINUTE = 60_000;

export function Expected({ queue, none = null }: { queue: QueueLive; none?: string | null }) {
  const t = useText();
  const waits = Object.values(queue.waits);
  if (waits.length === 0) return none;
  const from = Math.floor(Math.min(...waits.map((wait) => wait.p50_ms)) / MINUTE);
  const to = Math.ceil(Math.max(...waits.map((wait) => wait.p90_ms)) / MINUTE);
  return <>{to < 2 ? t("queue.expectedSoon") : t("queue.expected", { from, to })}</>;
}
