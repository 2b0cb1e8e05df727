/** A page with unsaved changes is asked before it is left. */
import type { AroundNavHandler } from "wouter";

export const guard: { leaving: ((go: () => void) => void) | null } = { leaving: null };

export const aroundNav: AroundNavHandler = (navigate, to, options) => {
  if (guard.leaving) guard.leaving(() => navigate(to, options));
  else navigate(to, options);
};
