import {
  Button,
  Group,
  SegmentedControl,
  Select,
  Slider,
  Switch,
  useMantineColorScheme,
} from "@mantine/core";
import type { ReactNode } from "react";
import { savePreferences, signOut } from "../../data/me";
import { type Key, type Language, setLanguage, useLanguage, useText } from "../../i18n";
import { Icon } from "../../icons";
import { askToNotify, mayNotify } from "../../sound/attention";
import { TONES, type Tone, testRing, useSound } from "../../sound/ring";
import { attempt } from "../../ui/notify";
import type { MeView } from "../../wire";
import css from "./me.module.css";

function Setting({ title, more, children }: { title: string; more: string; children: ReactNode }) {
  return (
    <div className={css.setting}>
      <div>
        <strong>{title}</strong>
        <p>{more}</p>
      </div>
      {children}
    </div>
  );
}

function Look() {
  const t = useText();
  const language = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Setting title={t("me.theme")} more={t("me.theme.more")}>
        <SegmentedControl
          aria-label={t("me.theme")}
          value={colorScheme}
          onChange={(value) => {
            setColorScheme(value as "light" | "dark" | "auto");
            void attempt(() => savePreferences({ theme: value }));
          }}
          data={(["light", "dark", "auto"] as const).map((value) => ({
            value,
            label: t(`me.theme.${value}`),
          }))}
        />
      </Setting>
      <Setting title={t("me.language")} more={t("me.language.more")}>
        <SegmentedControl
          aria-label={t("me.language")}
          value={language}
          onChange={(value) => {
            void setLanguage(value as Language);
            void attempt(() => savePreferences({ language: value }));
          }}
          data={[
            { value: "en", label: "English" },
            { value: "zh", label: "中文" },
          ]}
        />
      </Setting>
    </>
  );
}

function Sound() {
  const t = useText();
  const { tone, volume } = useSound();
  return (
    <>
      <Setting title={t("me.sound")} more={t("me.sound.more")}>
        <Group gap={8}>
          <Select
            w={140}
            aria-label={t("me.sound")}
            allowDeselect={false}
            value={tone}
            data={TONES.map((value) => ({ value, label: t(`me.tone.${value}` as Key) }))}
            onChange={(value) => {
              useSound.setState({ tone: value as Tone });
              void attempt(() => savePreferences({ sound: value ?? "chime" }));
            }}
          />
          <Button
            variant="default"
            onClick={() => void testRing()}
            leftSection={<Icon name="volume" size={16} />}
          >
            {t("shift.sound.test")}
          </Button>
        </Group>
      </Setting>
      <Setting title={t("me.volume")} more={t("me.volume.more")}>
        <Slider
          w={220}
          min={0.1}
          max={1}
          step={0.1}
          label={(value) => `${Math.round(value * 100)} %`}
          value={volume}
          thumbLabel={t("me.volume")}
          onChange={(value) => useSound.setState({ volume: value })}
          onChangeEnd={(value) => void attempt(() => savePreferences({ volume: String(value) }))}
        />
      </Setting>
    </>
  );
}

export function Settings({ me }: { me: MeView }) {
  const t = useText();
  return (
    <>
      <h1>{t("me.settings")}</h1>
      <Look />
      <Sound />
      <Setting title={t("shift.notify")} more={t(`shift.notify.${mayNotify()}`)}>
        <Button
          variant="default"
          disabled={mayNotify() !== "default"}
          onClick={() => void askToNotify()}
        >
          {t("shift.allow")}
        </Button>
      </Setting>
      <Setting title={t("me.singles")} more={t("me.singles.more")}>
        <Switch
          aria-label={t("me.singles")}
          checked={me.preferences.single_keys !== "off"}
          onChange={(event) => {
            const value = event.currentTarget.checked ? "on" : "off";
            void attempt(() => savePreferences({ single_keys: value }));
          }}
        />
      </Setting>
      <Setting
        title={me.user.name}
        more={`${me.user.email} · ${t(`role.${me.user.role}`)} · ${me.tenant_name}`}
      >
        <Button
          variant="default"
          leftSection={<Icon name="exit" size={16} />}
          onClick={() => void attempt(signOut)}
        >
          {t("me.signOut")}
        </Button>
      </Setting>
    </>
  );
}
