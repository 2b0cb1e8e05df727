/** A small picker: what people really use in a chat with a service desk. */
import type { JSX } from "preact";
import type { Chat } from "../chat/context";
import css from "./emoji.css?inline";

export { css };

const CHOICE =
  "😀 😄 😁 😂 🙂 😉 😊 😍 😘 😎 🤔 😐 😕 🙁 😢 😭 😡 😱 😴 🤒 👍 👎 👌 👏 🙏 💪 👋 🤝 ❤️ 💔 🎉 🎁 🔥 ⭐ ✅ ❌ ❓ ❗ ⏳ 📎 📷 📞 💳 📦 🚚 🏠 ☕ 🌹".split(
    " ",
  );

export function Emoji(props: { chat: Chat; pick(emoji: string): void }): JSX.Element {
  return (
    <fieldset class="emoji" aria-label={props.chat.t("emoji")}>
      {CHOICE.map((one) => (
        <button key={one} type="button" onClick={() => props.pick(one)}>
          {one}
        </button>
      ))}
    </fieldset>
  );
}
