import { SegmentedControl } from "@mantine/core";
import type { ReactNode } from "react";
import { type Key, type Language, setLanguage, useLanguage, useText } from "../../i18n";
import { Icon, type IconName } from "../../icons";
import css from "./entry.module.css";

const FACTS: [IconName, Key, Key][] = [
  ["inbox", "entry.fact1", "entry.fact1.more"],
  ["phone", "entry.fact2", "entry.fact2.more"],
  ["keyboard", "entry.fact3", "entry.fact3.more"],
];

/** The page around every form one meets before being signed in. */
export function Frame({ title, children }: { title: string; children: ReactNode }) {
  const t = useText();
  const language = useLanguage();
  return (
    <div className={css.page}>
      <main className={css.form}>
        <div className={css.brand}>
          <img src="/favicon.svg" width={28} height={28} alt="" />
          OpenWECC
        </div>
        <h1 className={css.title}>{title}</h1>
        {children}
        <SegmentedControl
          size="xs"
          w={180}
          aria-label={t("me.language")}
          value={language}
          onChange={(value) => void setLanguage(value as Language)}
          data={[
            { value: "en", label: "English" },
            { value: "zh", label: "中文" },
          ]}
        />
      </main>
      <aside className={css.side} aria-label={t("entry.about")}>
        {FACTS.map(([icon, head, more]) => (
          <div key={head} className={css.fact}>
            <Icon name={icon} size={22} />
            <div>
              <h2>{t(head)}</h2>
              <p>{t(more)}</p>
            </div>
          </div>
        ))}
      </aside>
    </div>
  );
}
