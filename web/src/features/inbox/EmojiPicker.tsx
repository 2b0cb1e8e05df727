import { ActionIcon, Popover } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { useText } from "../../i18n";
import { IconButton } from "../../ui/parts";
import css from "./inbox.module.css";

const EMOJI = (
  "😀 😄 😊 🙂 😉 😍 🤗 🤔 😅 😂 😌 😎 😢 😮 😬 🙈 👍 👎 👏 🙏 🤝 👋 ✌️ 👌 💪 🙌 ☝️ 👀 " +
  "❤️ 💛 💚 💙 🎉 🎁 ⭐ ✨ ✅ ❌ ❗ ❓ ⚠️ ℹ️ 💡 🔔 📞 📧 📎 📦 🚚 🏠 🏬 💳 💰 🧾 🔑 🔒 🔧 🖥️ " +
  "📱 📷 🗓️ ⏰ ⏳ 🌍 ☀️ 🌧️ ❄️ ☕ 🍀 🌹 ✈️ 🚗"
).split(" ");
const COLUMNS = 8;

function move(event: KeyboardEvent<HTMLElement>): void {
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: COLUMNS,
    ArrowUp: -COLUMNS,
  };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  const all = Array.from(event.currentTarget.querySelectorAll<HTMLElement>("button"));
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
}

export default function EmojiPicker({ pick }: { pick: (emoji: string) => void }) {
  const t = useText();
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="top-start" trapFocus withRoles={false}>
      <Popover.Target>
        <span>
          <IconButton icon="smile" label={t("composer.emoji")} onClick={() => setOpened(!opened)} />
        </span>
      </Popover.Target>
      <Popover.Dropdown>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would add a frame to a popover */}
        <div className={css.emoji} role="group" aria-label={t("composer.emoji")} onKeyDown={move}>
          {EMOJI.map((emoji, index) => (
            <ActionIcon
              key={emoji}
              tabIndex={index === 0 ? 0 : -1}
              aria-label={emoji}
              onClick={() => {
                setOpened(false);
                pick(emoji);
              }}
            >
              {emoji}
            </ActionIcon>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
