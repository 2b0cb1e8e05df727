import type { Key } from "../i18n";

/** The words for an agent state, with its reason. */
export function stateKey(state: string, reason: string): Key {
  if (state === "ready") return "state.ready";
  if (state === "offline") return "state.offline";
  return (reason ? `state.reason.${reason}` : "state.not_ready") as Key;
}
