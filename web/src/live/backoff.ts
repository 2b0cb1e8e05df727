const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** How long to wait before attempt ``n`` (from 0): doubling, with jitter so that desks spread. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}
