/** The start: greeting, the site's own form, and the first message. Offline it takes a message. */
import { Component, type JSX } from "preact";
import type { Chat } from "../chat/context";
import type { FormField } from "../wire";
import { check, formValues, MESSAGE, type Problem } from "./fields";

const TYPES: Partial<Record<FormField["kind"], "email" | "tel">> = { email: "email", tel: "tel" };

const KEPT = new Set<FormField["kind"]>(["email", "tel", "text"]);

export class StartForm extends Component<{ chat: Chat }> {
  #set(name: string, value: string): void {
    const { screen, set } = this.props.chat;
    const wrong = { ...screen().wrong };
    delete wrong[name];
    set({ form: { ...screen().form, [name]: value }, wrong });
  }

  #submit = (event: Event): void => {
    event.preventDefault();
    const { host, engine, screen, set } = this.props.chat;
    const { form } = screen();
    const wrong = check(host.config.form, form);
    const [first] = Object.keys(wrong);
    set({ wrong });
    if (first) {
      const inputs = [...(event.target as HTMLFormElement).elements] as HTMLInputElement[];
      inputs.find((one) => one.name === first)?.focus();
      return;
    }
    const kept = host.config.form.filter((field) => KEPT.has(field.kind));
    engine.keep.set("form", JSON.stringify(formValues(kept, form)));
    const mode = engine.model().availability === "offline" ? "message" : "chat";
    const text = (form[MESSAGE] ?? "").trim();
    const id = engine.start(mode, formValues(host.config.form, form), text);
    set({ view: { name: "thread", id }, form: { ...form, [MESSAGE]: "" } });
  };

  #field = (field: FormField): JSX.Element => {
    const { host, screen, speech, t } = this.props.chat;
    const { name, kind, required, options } = field;
    const label = field.label[speech.language] ?? Object.values(field.label)[0] ?? name;
    const value = screen().form[name] ?? "";
    const problem = screen().wrong[name];
    const id = name.trim(); // an id with a space in it cannot be pointed at
    const shared = {
      id: `f-${id}`,
      name,
      required,
      "aria-invalid": problem ? true : undefined,
      "aria-describedby": problem ? `e-${id}` : undefined,
      onInput: (event: Event) => this.#set(name, (event.target as HTMLInputElement).value),
    };
    const note = problem && (
      <p class="err" id={`e-${id}`}>
        {t(problem as Problem)}
      </p>
    );
    if (kind === "consent") {
      return (
        <div class="f" key={name}>
          <label class="ck">
            <input
              {...shared}
              type="checkbox"
              checked={value === "true"}
              onInput={undefined}
              onChange={(event: Event) =>
                this.#set(name, (event.target as HTMLInputElement).checked ? "true" : "")
              }
            />
            <span>
              {label}{" "}
              {host.config.privacy_url.startsWith("http") && (
                <a href={host.config.privacy_url} target="_blank" rel="noopener noreferrer">
                  {t("privacy")}
                </a>
              )}
            </span>
          </label>
          {note}
        </div>
      );
    }
    return (
      <div class="f" key={name}>
        <label for={`f-${id}`}>
          {label}
          {!required && <small> {t("optional")}</small>}
        </label>
        {options.length || kind === "choice" ? (
          <select {...shared} value={value}>
            <option value="">{t("choose")}</option>
            {options.map((option) => (
              <option key={option}>{option}</option>
            ))}
          </select>
        ) : kind === "long_text" ? (
          <textarea
            {...shared}
            rows={3}
            maxLength={name === MESSAGE ? host.config.max_text_chars : 2_000}
            value={value}
            dir="auto"
          />
        ) : (
          <input
            {...shared}
            type={(TYPES[kind] ?? "text") as "text"}
            autocomplete={TYPES[kind] ?? (name === "name" ? "name" : undefined)}
            maxLength={2_000}
            value={value}
            dir="auto"
          />
        )}
        {note}
      </div>
    );
  };

  override render({ chat }: { chat: Chat }): JSX.Element {
    const { host, engine, speech, t } = chat;
    const isOffline = engine.model().availability === "offline";
    const greeting = host.config.greeting[speech.language] ?? t("help");
    const message: FormField = {
      name: MESSAGE,
      label: { [speech.language]: t("message") },
      kind: "long_text",
      required: true,
      options: [],
    };
    return (
      <form class="home" novalidate onSubmit={this.#submit}>
        <p class="hi" dir="auto">
          {isOffline ? t("away") : greeting}
        </p>
        <div aria-live="polite">{this.#moved(isOffline)}</div>
        {[...host.config.form, message].map(this.#field)}
        <button type="submit" class="go">
          {t(isOffline ? "leave" : "startChat")}
        </button>
      </form>
    );
  }

  /** Say so when people came or went while the visitor was writing. */
  #was: boolean | undefined;
  #moved(isOffline: boolean): JSX.Element | null {
    const { engine, screen, t } = this.props.chat;
    if (engine.model().status !== "online") return null;
    this.#was ??= isOffline;
    if (this.#was === isOffline || !screen().form[MESSAGE]) return null;
    return <p class="note">{t(isOffline ? "awayNow" : "backNow")}</p>;
  }
}
