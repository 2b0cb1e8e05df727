import { describe, expect, it } from "vitest";
import {
  ACTIONS,
  actionFor,
  changesOf,
  clash,
  comboOf,
  isSingle,
  keyCaps,
  keymapFrom,
} from "../src/keys/shortcuts";

const press = (code: string, part: Partial<KeyboardEventInit> = {}) =>
  new KeyboardEvent("keydown", { code, bubbles: true, ...part });
const context = { keymap: keymapFrom(undefined), singles: true, dialogOpen: false };

function from(element: HTMLElement, event: KeyboardEvent): KeyboardEvent {
  document.body.replaceChildren(element);
  element.dispatchEvent(event);
  return event;
}

describe("shortcuts", () => {
  it("have no two actions on one combination", () => {
    const keys = ACTIONS.map((action) => action.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("go by the place of a key, not by its letter", () => {
    const french = press("KeyQ", { key: "a", ctrlKey: true, shiftKey: true });
    expect(actionFor(french, context)).toBeNull();
    expect(actionFor(press("KeyA", { key: "q", ctrlKey: true, shiftKey: true }), context)).toBe(
      "accept",
    );
  });

  it("treat Control and Command alike", () => {
    expect(comboOf(press("KeyK", { metaKey: true }))).toBe("Mod+KeyK");
    expect(comboOf(press("ControlLeft", { ctrlKey: true }))).toBe("");
  });

  it("leave letters alone in text, dialogs, and when single keys are off", () => {
    const letter = () => press("KeyR");
    expect(actionFor(from(document.createElement("div"), letter()), context)).toBe("reply");
    expect(actionFor(from(document.createElement("textarea"), letter()), context)).toBeNull();
    expect(actionFor(letter(), { ...context, singles: false })).toBeNull();
    expect(actionFor(letter(), { ...context, dialogOpen: true })).toBeNull();
  });

  it("accept an offer while somebody is typing", () => {
    const event = press("KeyA", { ctrlKey: true, shiftKey: true });
    expect(actionFor(from(document.createElement("textarea"), event), context)).toBe("accept");
  });

  it("wait for an input method to finish", () => {
    expect(actionFor(press("KeyK", { ctrlKey: true, isComposing: true }), context)).toBeNull();
  });

  it("can be changed, switched off and stored", () => {
    const keymap = { ...keymapFrom('{"reply":"KeyW","note":"","nonsense":"KeyZ"}') };
    expect(keymap.reply).toBe("KeyW");
    expect(keymap.note).toBe("");
    expect(JSON.parse(changesOf(keymap))).toEqual({ reply: "KeyW", note: "" });
    expect(keymapFrom("not JSON").reply).toBe("KeyR");
  });

  it("tell which action already has the keys", () => {
    expect(clash(context.keymap, "note", "KeyR")).toBe("reply");
    expect(clash(context.keymap, "note", "")).toBeNull();
  });

  it("know which of them are single keys, and how to show them", () => {
    expect(isSingle("Shift+Slash")).toBe(true);
    expect(isSingle("Mod+Slash")).toBe(false);
    expect(keyCaps("Shift+Slash")).toEqual(["?"]);
    expect(keyCaps("Mod+Shift+KeyA").at(-1)).toBe("A");
  });
});
