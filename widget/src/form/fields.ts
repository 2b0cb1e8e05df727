/** The rules of the pre-chat form, apart from how it looks. */
import type { FormField } from "../wire";

const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/;
/** The name of the message box: no field of a form can be called so. */
export const MESSAGE = " ";

export type Problem = "required" | "badEmail" | "consent";

/** What is wrong with a filled form, by field name. */
export function check(
  fields: readonly FormField[],
  values: Readonly<Record<string, string>>,
): Record<string, Problem> {
  const wrong: Record<string, Problem> = {};
  for (const { name, kind, required } of fields) {
    const value = (values[name] ?? "").trim();
    if (required && !value) wrong[name] = kind === "consent" ? "consent" : "required";
    else if (kind === "email" && value && !EMAIL.test(value)) wrong[name] = "badEmail";
  }
  if (!values[MESSAGE]?.trim()) wrong[MESSAGE] = "required";
  return wrong;
}

/** Only the site's own fields, trimmed, without the empty ones. */
export function formValues(
  fields: readonly FormField[],
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  const filled: Record<string, string> = {};
  for (const { name } of fields) {
    const value = values[name]?.trim();
    if (value) filled[name] = value.slice(0, 2_000);
  }
  return filled;
}
