import { useReasons } from "../data/rest";
import { useText } from "../i18n";
import { dutyEn } from "../i18n/duty.en";

/** The words for an agent state with its reason; reasons of one's own have their own names. */
export function useStateWords(): (state: string, reason: string) => string {
  const t = useText();
  const { data: reasons } = useReasons();
  return (state, reason) => {
    if (state === "ready") return t("state.ready");
    if (state === "offline") return t("state.offline");
    const named = reasons?.find((each) => each.code === reason)?.name;
    const known = `state.reason.${reason}` as keyof typeof dutyEn;
    // Translated as long as nobody gave it another name.
    if (known in dutyEn && (!named || named === dutyEn[known])) return t(known);
    return named ?? (reason || t("state.not_ready"));
  };
}
