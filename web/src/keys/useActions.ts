import { useEffect, useMemo } from "react";
import { useMe } from "../data/me";
import { ACTIONS, type ActionId, actionFor, isSingle, type Keymap, keymapFrom } from "./shortcuts";

type Handler = () => void;
const stack = new Map<ActionId, Handler[]>();

/** Carry out an action as if its keys were pressed; false when nothing on screen offers it. */
export function run(id: ActionId): boolean {
  const handler = stack.get(id)?.at(-1);
  handler?.();
  return handler !== undefined;
}

export const isOffered = (id: ActionId) => (stack.get(id)?.length ?? 0) > 0;

/** Offer actions while the calling component is on the screen; the innermost offer wins. */
export function useActions(handlers: Partial<Record<ActionId, Handler>>): void {
  useEffect(() => {
    const entries = Object.entries(handlers) as [ActionId, Handler][];
    for (const [id, handler] of entries) stack.set(id, [...(stack.get(id) ?? []), handler]);
    return () => {
      for (const [id, handler] of entries) {
        stack.set(
          id,
          (stack.get(id) ?? []).filter((each) => each !== handler),
        );
      }
    };
  });
}

export function useKeymap(): { keymap: Keymap; singles: boolean } {
  const { data: me } = useMe();
  const stored = me?.preferences.shortcuts;
  const keymap = useMemo(() => keymapFrom(stored), [stored]);
  return { keymap, singles: me?.preferences.single_keys !== "off" };
}

/** The keys of an action as it stands, or nothing when single keys are switched off. */
export function useKeysOf(id: ActionId): string {
  const { keymap, singles } = useKeymap();
  return !singles && isSingle(keymap[id]) ? "" : keymap[id];
}

/** Listen for shortcuts on the whole page. Used once, by the shell. */
export function useShortcuts(): void {
  const { keymap, singles } = useKeymap();
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const dialogOpen = document.querySelector('[role="dialog"][aria-modal="true"]') !== null;
      const action = actionFor(event, { keymap, singles, dialogOpen });
      if (action && run(action)) {
        event.preventDefault();
        event.stopPropagation();
      }
    };
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, [keymap, singles]);
}

export const actionIds = ACTIONS.map((action) => action.id);
