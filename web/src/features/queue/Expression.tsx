import { Combobox, Textarea, useCombobox } from "@mantine/core";
import { useRef, useState } from "react";
import { useLanguage, useText } from "../../i18n";
import { Icon } from "../../icons";
import type { SkillMatch, SkillView } from "../../wire";
import { useList } from "../admin/data";
import { useRule } from "./check";
import css from "./queue.module.css";

const WORDS = ["AND", "OR", "NOT"];
const SHOWN = 7;
const WORD = /"[^"]*$|[^\s()"<>=!]*$/;

/** A skill's name as it stands in an expression. */
export const quoted = (name: string) =>
  /^[^\s()"<>=!]+$/.test(name) && !WORDS.includes(name.toUpperCase())
    ? name
    : `"${name.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"`;

/** What could stand where the caret is: skills, and the three words between them. */
export function suggested(text: string, caret: number, skills: string[]): string[] {
  const before = text.slice(0, caret);
  const word = (WORD.exec(before)?.[0] ?? "").replace(/^"/, "").toLowerCase();
  const rest = before.slice(0, before.length - word.length).trimEnd();
  const afterTerm = /[^\s(]$/.test(rest) && !/\b(and|or|not)$/i.test(rest) && !/[<>=!]$/.test(rest);
  if (/[<>=!]$/.test(rest)) return [];
  const pool = afterTerm ? WORDS : [...skills.map(quoted), "NOT"];
  const fitting = pool.filter((each) => each.replace(/^"/, "").toLowerCase().includes(word));
  return fitting.some((each) => each.toLowerCase() === word) ? [] : fitting.slice(0, SHOWN);
}

/** The text with the word before the caret completed, and where the caret stands then. */
export function completed(text: string, caret: number, choice: string): [string, number] {
  const before = text.slice(0, caret);
  const start = caret - (WORD.exec(before)?.[0].length ?? 0);
  const put = `${choice} `;
  return [text.slice(0, start) + put + text.slice(caret).trimStart(), start + put.length];
}

function Mistake({ text, match }: { text: string; match: SkillMatch }) {
  const t = useText();
  const language = useLanguage();
  const at = match.at ?? 0;
  const words =
    language === "en" || !match.mistake ? match.error : t(`rule.mistake.${match.mistake}`);
  return (
    <div className={css.mistake} role="alert">
      {match.at !== null && (
        <code>
          {text.slice(0, at)}
          <mark>{text.slice(at, at + 1).trim() || "\u00a0"}</mark>
          {text.slice(at + 1)}
        </code>
      )}
      <span>{match.at === null ? words : t("rule.mistakeAt", { n: at + 1, words })}</span>
    </div>
  );
}

/** How many agents meet it now, and who the first of them are. */
export function Matching({ match }: { match: SkillMatch }) {
  const t = useText();
  const others = match.agents - match.names.length;
  const names = match.names.join(", ") + (others > 0 ? t("rule.match.others", { n: others }) : "");
  return (
    <p className={css.match} data-none={match.agents === 0}>
      <Icon name={match.agents ? "people" : "alert"} size={16} />
      <span>
        <b className="num">{t("rule.match", { n: match.agents, ready: match.ready })}</b>
        {names && <span className="muted"> {names}</span>}
      </span>
    </p>
  );
}

interface Props {
  label: string;
  more?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string;
  count?: boolean;
  /** What it means to leave the field empty. */
  empty?: string;
}

/** A skill expression: names suggested while typing, read by the server, counted against agents. */
export function Expression({ label, more, value, onChange, error, count = true, empty }: Props) {
  const t = useText();
  const { matches } = useRule();
  const { data: skills } = useList<SkillView>("/skills");
  const field = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const box = useCombobox({ onDropdownClose: () => box.resetSelectedOption() });
  const options = suggested(
    value,
    caret,
    (skills ?? []).map((skill) => skill.name),
  );
  const match = matches.get(value);
  const wrong = match?.error ? match : null;
  const choose = (choice: string) => {
    const [next, at] = completed(value, caret, choice);
    onChange(next);
    setCaret(at);
    requestAnimationFrame(() => field.current?.setSelectionRange(at, at));
  };
  const follow = () => setCaret(field.current?.selectionStart ?? 0);
  return (
    <div>
      <Combobox store={box} onOptionSubmit={choose} position="bottom-start" width={260}>
        <Combobox.Target withKeyboardNavigation={options.length > 0}>
          <Textarea
            ref={field}
            label={label}
            description={more}
            placeholder={empty ?? t("rule.expression.empty")}
            autosize
            minRows={1}
            maxRows={6}
            maxLength={1_000}
            spellCheck={false}
            autoCapitalize="off"
            classNames={{ input: css.mono }}
            value={value}
            error={wrong ? true : error}
            onChange={(event) => {
              onChange(event.currentTarget.value.replace(/\n/g, " "));
              setCaret(event.currentTarget.selectionStart);
              box.openDropdown();
            }}
            onKeyUp={follow}
            onClick={() => {
              follow();
              box.openDropdown();
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter") event.preventDefault();
              if (event.key === "ArrowDown" && options.length > 0) box.openDropdown();
            }}
            onBlur={() => box.closeDropdown()}
          />
        </Combobox.Target>
        <Combobox.Dropdown hidden={options.length === 0} aria-label={t("rule.suggested")}>
          <Combobox.Options aria-label={t("rule.suggested")}>
            {options.map((option) => (
              <Combobox.Option key={option} value={option} className={css.mono}>
                {option}
              </Combobox.Option>
            ))}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      {wrong && <Mistake text={value} match={wrong} />}
      {match && !wrong && count && <Matching match={match} />}
    </div>
  );
}
