/** A wait in words: a range that holds, in whole minutes, or that it is not known. */
import type { QueuePlace } from "../wire";
import type { Speech } from "./speak";

const MINUTE = 60_000;

export function waitText(t: Speech["t"], { wait }: QueuePlace): string {
  if (!wait) return t("wait4");
  const a = Math.floor(wait.p50_ms / MINUTE);
  const b = Math.ceil(wait.p90_ms / MINUTE);
  return t(a > 59 ? "wait3" : b < 2 ? "wait0" : a && a < b ? "wait2" : "wait1", { a, b });
}
