import { useReasons } from "../data/rest";
import { type Key, useText } from "../i18n";

const KNOWN = ["break", "meal", "meeting", "training", "admin", "no_answer", "no_reply", "away"];

/** The words for an agent state with its reason; reasons of one's own have their own names. */
export function useStateWords(): (state: string, reason: string) => string {
  const t = useText();
  const { data: reasons } = useReasons();
  return (state, reason) => {
    if (state === "ready") return t("state.ready");
    if (state === "offline") return t("state.offline");
    if (KNOWN.includes(reason)) return t(`state.reason.${reason}` as Key);
    const named = reasons?.find((each) => each.code === reason)?.name;
    return named ?? (reason || t("state.not_ready"));
  };
}
