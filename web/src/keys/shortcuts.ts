/** Keyboard shortcuts: what exists, what a person changed, and whether a key press means one.
 *
 * Combinations name physical keys (``event.code``), so that they are the same on every layout.
 * Single keys only work outside of text and can be switched off (WCAG 2.2, 2.1.4).
 */

export const ACTIONS = [
  { id: "palette", keys: "Mod+KeyK", group: "everywhere" },
  { id: "sheet", keys: "Shift+Slash", group: "everywhere" },
  { id: "goInbox", keys: "Alt+Digit1", group: "everywhere" },
  { id: "goLive", keys: "Alt+Digit2", group: "everywhere" },
  { id: "goAdmin", keys: "Alt+Digit3", group: "everywhere" },
  { id: "goMe", keys: "Alt+Digit4", group: "everywhere" },
  { id: "goReports", keys: "Alt+Digit5", group: "everywhere" },
  { id: "toggleReady", keys: "Mod+Shift+KeyL", group: "offers" },
  { id: "accept", keys: "Mod+Shift+KeyA", group: "offers" },
  { id: "reject", keys: "Mod+Shift+KeyX", group: "offers" },
  { id: "next", keys: "KeyJ", group: "list" },
  { id: "previous", keys: "KeyK", group: "list" },
  { id: "nextAlways", keys: "Alt+KeyJ", group: "list" },
  { id: "previousAlways", keys: "Alt+KeyK", group: "list" },
  { id: "search", keys: "Slash", group: "list" },
  { id: "reply", keys: "KeyR", group: "conversation" },
  { id: "note", keys: "KeyN", group: "conversation" },
  { id: "canned", keys: "Mod+Slash", group: "conversation" },
  { id: "attach", keys: "Mod+Alt+KeyA", group: "conversation" },
  { id: "transfer", keys: "KeyT", group: "conversation" },
  { id: "end", keys: "KeyE", group: "conversation" },
  { id: "endNext", keys: "Mod+Alt+KeyE", group: "conversation" },
  { id: "customer", keys: "KeyI", group: "conversation" },
  { id: "mute", keys: "Mod+Shift+KeyM", group: "call" },
  { id: "hold", keys: "Mod+Shift+KeyH", group: "call" },
  { id: "hangUp", keys: "Mod+Shift+KeyE", group: "call" },
] as const;

export type ActionId = (typeof ACTIONS)[number]["id"];
export type Keymap = Record<ActionId, string>;
export const GROUPS = ["everywhere", "offers", "list", "conversation", "call"] as const;

const DEFAULTS = Object.fromEntries(ACTIONS.map((action) => [action.id, action.keys])) as Keymap;
const MODIFIERS = new Set([
  "ControlLeft",
  "ControlRight",
  "ShiftLeft",
  "ShiftRight",
  "AltLeft",
  "AltRight",
  "MetaLeft",
  "MetaRight",
]);

/** The keys in force: defaults with a person's changes (stored as JSON; "" means none). */
export function keymapFrom(stored: string | undefined): Keymap {
  if (!stored) return DEFAULTS;
  try {
    const changes = JSON.parse(stored) as Record<string, unknown>;
    const known = Object.entries(changes).filter(
      ([id, keys]) => id in DEFAULTS && typeof keys === "string",
    );
    return { ...DEFAULTS, ...Object.fromEntries(known) } as Keymap;
  } catch {
    return DEFAULTS;
  }
}

export const defaultKeys = (id: ActionId) => DEFAULTS[id];

/** Only what differs from the defaults, for storing. */
export function changesOf(keymap: Keymap): string {
  const changed = Object.entries(keymap).filter(([id, keys]) => DEFAULTS[id as ActionId] !== keys);
  return JSON.stringify(Object.fromEntries(changed));
}

/** True for keys that would be typed as text: no Mod and no Alt. */
export const isSingle = (keys: string) => keys !== "" && !/\b(Mod|Alt)\+/.test(keys);

/** The combination a key press makes, such as ``Mod+Shift+KeyA``; empty for a modifier alone. */
export function comboOf(
  event: Pick<KeyboardEvent, "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">,
): string {
  if (!event.code || MODIFIERS.has(event.code)) return "";
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push("Mod");
  if (event.altKey) parts.push("Alt");
  if (event.shiftKey) parts.push("Shift");
  return [...parts, event.code].join("+");
}

/** Whether typing in ``target`` makes text, where single keys must stay letters. */
export function makesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target.closest('[role="combobox"],[role="listbox"],[role="menu"]')
  )
    return true;
  if (target instanceof HTMLInputElement)
    return !["checkbox", "radio", "button", "range"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

export interface KeyContext {
  keymap: Keymap;
  singles: boolean;
  dialogOpen: boolean;
}

/** The action a key press asks for, if any. */
export function actionFor(event: KeyboardEvent, context: KeyContext): ActionId | null {
  if (event.isComposing || event.defaultPrevented) return null;
  const combo = comboOf(event);
  if (!combo) return null;
  const found = ACTIONS.find((action) => context.keymap[action.id] === combo);
  if (!found) return null;
  if (isSingle(combo) && (!context.singles || makesText(event.target) || context.dialogOpen))
    return null;
  return found.id;
}

/** Two actions on the same keys, if ``id`` took ``keys``. */
export function clash(keymap: Keymap, id: ActionId, keys: string): ActionId | null {
  if (!keys) return null;
  return ACTIONS.find((action) => action.id !== id && keymap[action.id] === keys)?.id ?? null;
}

const isMac = () => /Mac|iPhone|iPad/.test(navigator.platform);
const PLAIN: Record<string, string> = {
  Slash: "/",
  Comma: ",",
  Period: ".",
  Semicolon: ";",
  Minus: "-",
  Equal: "=",
  BracketLeft: "[",
  BracketRight: "]",
  Escape: "Esc",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Space: "Space",
};

/** The parts to show on key caps. */
export function keyCaps(keys: string): string[] {
  if (!keys) return [];
  if (keys === "Shift+Slash") return ["?"];
  return keys.split("+").map((part) => {
    if (part === "Mod") return isMac() ? "⌘" : "Ctrl";
    if (part === "Alt") return isMac() ? "⌥" : "Alt";
    if (part === "Shift") return isMac() ? "⇧" : "Shift";
    return PLAIN[part] ?? part.replace(/^(Key|Digit)/, "");
  });
}
