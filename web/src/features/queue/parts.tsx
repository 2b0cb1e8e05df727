import { NumberInput } from "@mantine/core";
import type { ReactNode } from "react";
import { errorWords, useLanguage, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { Icon } from "../../icons";
import type { QueueWarning } from "../../wire";
import css from "./queue.module.css";

/** One part of the page: what it decides, and what that means. */
export function Part(props: { id: string; title: string; more: string; children: ReactNode }) {
  return (
    <section className={css.part} aria-labelledby={`part-${props.id}`}>
      <header>
        <h2 id={`part-${props.id}`}>{props.title}</h2>
        <p className={css.intro}>{props.more}</p>
      </header>
      <div className={css.fields}>{props.children}</div>
    </section>
  );
}

interface NumberProps {
  label: string;
  more?: string;
  value: number;
  onChange: (value: number) => void;
  min?: number;
  max?: number;
  suffix?: string;
  error?: string;
  className?: string;
}

/** A whole number; an empty field counts as its least value. */
export function Whole({ label, more, value, onChange, min = 0, max, ...rest }: NumberProps) {
  return (
    <NumberInput
      label={label}
      description={more}
      inputWrapperOrder={["label", "input", "description", "error"]}
      allowDecimal={false}
      min={min}
      max={max}
      clampBehavior="blur"
      value={value}
      onChange={(given) => onChange(Math.round(Number(given) || Math.max(0, min)))}
      {...rest}
    />
  );
}

const LONG_S = 120;

/** Seconds; long ones are said in minutes and hours as well. */
export function Seconds({ more, ...props }: NumberProps) {
  const { value } = props;
  const long = value >= LONG_S ? duration(1_000 * value) : "";
  const words = [long, more].filter(Boolean).join(" · ");
  return <Whole max={86_400} suffix=" s" more={words || undefined} {...props} />;
}

/** What was accepted but will hardly do what is wanted. */
export function Warned({ found }: { found: QueueWarning[] }) {
  const t = useText();
  const language = useLanguage();
  if (found.length === 0) return null;
  return (
    <ul className={css.warned} aria-label={t("rule.warnings")}>
      {found.map((one) => (
        <li key={`${one.code}${one.step}`}>
          <Icon name="alert" size={16} />
          <span>{language === "en" ? one.message : t(`rule.warn.${one.code}`)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Why the server refused something, where it is about. */
export function Refused({ error }: { error: { code: string; message: string } | null }) {
  if (!error) return null;
  return (
    <p className={css.refused} role="alert">
      <Icon name="alert" size={16} /> {errorWords(error)}
    </p>
  );
}
