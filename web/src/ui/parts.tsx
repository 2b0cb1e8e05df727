/** Small parts that every screen shares. */
import { ActionIcon, Button, Kbd, Skeleton, VisuallyHidden } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { asApiError } from "../data/http";
import { errorWords, useText } from "../i18n";
import { duration } from "../i18n/format";
import { Icon, type IconName } from "../icons";
import { keyCaps } from "../keys/shortcuts";
import { useNow } from "../live/clock";
import { Hint } from "./Hint";
import css from "./ui.module.css";

/** Nothing here: says why, and what the next step is. */
export function Empty(props: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  centre?: boolean;
}) {
  return (
    <div className={`${css.empty} ${props.centre ? css.centre : ""}`}>
      <Icon name={props.icon} size={24} />
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

/** Something failed: says what, and offers to try again. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useText();
  return (
    <div role="alert">
      <Empty icon="alert" title={t("failed.title")}>
        <p>{errorWords(asApiError(error))}</p>
        {retry && (
          <Button variant="default" onClick={retry} leftSection={<Icon name="refresh" size={16} />}>
            {t("failed.retry")}
          </Button>
        )}
      </Empty>
    </div>
  );
}

const BARS = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** Rows that are on their way. */
export function Loading({ rows = 5, height = 44 }: { rows?: number; height?: number }) {
  const t = useText();
  return (
    <div className={css.rows} aria-busy="true">
      <VisuallyHidden>{t("loading")}</VisuallyHidden>
      {BARS.slice(0, rows).map((bar) => (
        <Skeleton key={bar} height={height} radius="sm" />
      ))}
    </div>
  );
}

/** The time since ``sinceMs``, ticking. */
export function Elapsed({ sinceMs }: { sinceMs: number }) {
  return <span className="num">{duration(useNow() - sinceMs)}</span>;
}

export function KeyCaps({ keys }: { keys: string }) {
  const caps = keyCaps(keys);
  if (caps.length === 0) return null;
  return (
    <span className={css.caps}>
      {caps.map((cap) => (
        <Kbd key={cap}>{cap}</Kbd>
      ))}
    </span>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  keys?: string;
  onClick?: () => void;
  disabled?: boolean;
  pressed?: boolean;
  color?: string;
  variant?: string;
  size?: "md" | "lg";
}

/** An icon with a name: the name is the tooltip and what a screen reader says. */
export function IconButton(props: IconButtonProps) {
  const { icon, label, keys, pressed, size = "lg", ...rest } = props;
  return (
    <Hint
      label={
        <>
          {label} {keys && <KeyCaps keys={keys} />}
        </>
      }
    >
      <ActionIcon {...rest} size={size} aria-label={label} aria-pressed={pressed}>
        <Icon name={icon} />
      </ActionIcon>
    </Hint>
  );
}

const COPIED_MS = 2_000;

/** Text to take along: a link, a snippet, a key. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const t = useText();
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), COPIED_MS);
  };
  return (
    <div className={css.copy}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section tabIndex={0} aria-label={label}>
        <pre>{text}</pre>
      </section>
      <Button
        variant="default"
        onClick={copy}
        leftSection={<Icon name={done ? "check" : "copy"} size={16} />}
      >
        {done ? t("copied") : t("copy")}
      </Button>
    </div>
  );
}

/** A shape and a colour per agent state: never colour alone. */
export function StateGlyph({ state, reason }: { state: string; reason?: string }) {
  const alert = reason === "no_answer" || reason === "no_reply";
  const [icon, colour]: [IconName, string] =
    state === "ready"
      ? ["dot", "var(--wecc-ok)"]
      : state === "offline"
        ? ["ring", "var(--wecc-idle)"]
        : alert
          ? ["alert", "var(--wecc-bad)"]
          : ["bar", "var(--wecc-warn)"];
  return (
    <span className={css.glyph} ref={(node) => node?.style.setProperty("--glyph", colour)}>
      <Icon name={icon} size={16} />
    </span>
  );
}

export const KIND_ICON: Record<string, IconName> = {
  chat: "chat",
  call: "phone",
  message: "letter",
};

/** A table that may be wider than the page: it scrolls by itself, by keyboard too. */
export function Wide({ children }: { children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div className={css.wide} tabIndex={0}>
      {children}
    </div>
  );
}
