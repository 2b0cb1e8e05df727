import { asApiError } from "../data/http";
import { errorWords, t } from "../i18n";
import { notifications } from "./notices";

/** Say what went wrong in a corner, where it does not stop anybody's work. */
export function sayFailed(error: unknown): void {
  const known = asApiError(error);
  notifications.show({
    id: `failed-${known.code}`,
    color: "bad",
    title: t("failed.title"),
    message: errorWords(known),
    autoClose: 8_000,
    closeButtonProps: { "aria-label": t("close") },
  });
}

export function sayDone(message: string): void {
  notifications.show({
    color: "ok",
    message,
    autoClose: 3_000,
    closeButtonProps: { "aria-label": t("close") },
  });
}

/** Run a command and tell about its failure. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    sayFailed(error);
    return false;
  }
}
