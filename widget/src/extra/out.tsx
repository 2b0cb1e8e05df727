/** For whoever is kept out: said plainly, with what was not sent, and nothing that would fail. */
import type { JSX } from "preact";
import type { Chat } from "../chat/context";
import { Icon } from "../chat/icons";
import css from "./out.css?inline";

export { css };

export function Out({ chat }: { chat: Chat }): JSX.Element {
  const { close, engine, t } = chat;
  const unsent = engine.entries().flatMap(({ frame }) => ("text" in frame && frame.text) || []);
  return (
    <>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: no banner: the page around the widget has its own */}
      <header role="presentation">
        <i class="dot offline" />
        <div class="head">
          <h2 id="t" tabIndex={-1}>
            {t("out")}
          </h2>
        </div>
        <button type="button" class="ib" aria-label={t("close")} onClick={close}>
          <Icon name="down" />
        </button>
      </header>
      <div class="out" role="status">
        <p>{t("outWhy")}</p>
        {!!unsent.length && (
          <>
            <p>{t("outUnsent")}</p>
            <ul>
              {unsent.map((text) => (
                <li key={text} dir="auto">
                  {text}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </>
  );
}
