import { Button, Group, TextInput } from "@mantine/core";
import { useState } from "react";
import { savePreferences } from "../../data/me";
import { type Key, useText } from "../../i18n";
import {
  ACTIONS,
  type ActionId,
  changesOf,
  clash,
  comboOf,
  defaultKeys,
  GROUPS,
  type Keymap,
  keyCaps,
} from "../../keys/shortcuts";
import { useKeymap } from "../../keys/useActions";
import { attempt } from "../../ui/notify";
import { IconButton, KeyCaps } from "../../ui/parts";
import css from "./me.module.css";

const store = (keymap: Keymap) => attempt(() => savePreferences({ shortcuts: changesOf(keymap) }));

/** One action: its keys now; press the button and then the new keys. */
function KeyRow({ id, keymap }: { id: ActionId; keymap: Keymap }) {
  const t = useText();
  const [listening, setListening] = useState(false);
  const [taken, setTaken] = useState<ActionId | null>(null);
  const keys = keymap[id];
  const set = (next: string) => {
    const other = clash(keymap, id, next);
    setTaken(other);
    if (!other) {
      setListening(false);
      void store({ ...keymap, [id]: next });
    }
  };
  return (
    <div className={css.key}>
      <span>{t(`keys.${id}` as Key)}</span>
      {listening ? (
        <TextInput
          size="xs"
          autoFocus
          readOnly
          aria-label={t("keys.press", { name: t(`keys.${id}` as Key) })}
          placeholder={t("keys.pressNow")}
          onBlur={() => setListening(false)}
          onKeyDown={(event) => {
            if (event.key === "Tab") return;
            event.preventDefault();
            event.stopPropagation();
            if (event.key === "Escape") return setListening(false);
            const combo = comboOf(event.nativeEvent);
            if (combo) set(combo);
          }}
        />
      ) : keys ? (
        <KeyCaps keys={keys} />
      ) : (
        <span className="muted">{t("keys.off")}</span>
      )}
      <Group gap={4} wrap="nowrap">
        <Button size="xs" variant="default" onClick={() => setListening(true)}>
          {t("keys.change")}
        </Button>
        {keys !== "" && (
          <IconButton
            size="md"
            icon="close"
            label={t("keys.remove", { keys: keyCaps(keys).join(" ") })}
            onClick={() => set("")}
          />
        )}
        {keys !== defaultKeys(id) && (
          <IconButton
            size="md"
            icon="refresh"
            label={t("keys.default")}
            onClick={() => set(defaultKeys(id))}
          />
        )}
      </Group>
      {taken && (
        <div className={css.taken} role="alert">
          {t("keys.taken", { name: t(`keys.${taken}` as Key) })}
        </div>
      )}
    </div>
  );
}

export function Shortcuts() {
  const t = useText();
  const { keymap } = useKeymap();
  return (
    <>
      <h1>{t("me.shortcuts")}</h1>
      <p className="muted">{t("keys.more")}</p>
      <Button
        variant="default"
        onClick={() => void attempt(() => savePreferences({ shortcuts: "{}" }))}
      >
        {t("keys.allDefaults")}
      </Button>
      <div className={css.keys}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h2>{t(`keys.group.${group}` as Key)}</h2>
            {ACTIONS.filter((action) => action.group === group).map((action) => (
              <KeyRow key={action.id} id={action.id} keymap={keymap} />
            ))}
          </section>
        ))}
      </div>
    </>
  );
}
