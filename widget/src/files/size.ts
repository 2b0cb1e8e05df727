/** Sizes of files in the visitor's language. */
import type { Language } from "../loader/api";

const UNITS = [
  ["megabyte", 1e6, 1],
  ["kilobyte", 1e3, 0],
  ["byte", 1, 0],
] as const;

export function fileSize(language: Language, bytes: number): string {
  const [unit, by, digits] = UNITS.find(([, least]) => bytes >= least) ?? UNITS[2];
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: digits,
  }).format(bytes / by);
}
