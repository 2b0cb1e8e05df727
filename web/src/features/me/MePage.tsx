import { NavLink } from "@mantine/core";
import { useEffect } from "react";
import { Link } from "wouter";
import { type Key, useText } from "../../i18n";
import { Icon, type IconName } from "../../icons";
import { setPageTitle } from "../../sound/attention";
import type { MeView } from "../../wire";
import css from "./me.module.css";
import { Password } from "./Password";
import { Settings } from "./Settings";
import { Shortcuts } from "./Shortcuts";

const PARTS: [string, Key, IconName][] = [
  ["", "me.settings", "sliders"],
  ["shortcuts", "me.shortcuts", "keyboard"],
  ["password", "me.password", "lock"],
];

/** What belongs to the person: look, language, sounds, keys, password. */
export default function MePage({ me, part }: { me: MeView; part: string }) {
  const t = useText();
  useEffect(() => setPageTitle(t("rail.me")), [t]);
  return (
    <div className={css.page}>
      <nav className={css.nav} aria-label={t("rail.me")}>
        {PARTS.map(([id, words, icon]) => (
          <NavLink
            key={id}
            component={Link}
            href={id ? `/me/${id}` : "/me"}
            label={t(words)}
            active={part === id}
            aria-current={part === id ? "page" : undefined}
            leftSection={<Icon name={icon} />}
          />
        ))}
      </nav>
      <div className={css.body}>
        {part === "shortcuts" ? (
          <Shortcuts />
        ) : part === "password" ? (
          <Password />
        ) : (
          <Settings me={me} />
        )}
      </div>
    </div>
  );
}
