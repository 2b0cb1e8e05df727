import { Button, Group, Modal } from "@mantine/core";
import { useState } from "react";
import { MicrophoneError, openMicrophone } from "../call/leg";
import { type Key, useText } from "../i18n";
import { Icon, type IconName } from "../icons";
import { goReady } from "../live/commands";
import { useLive } from "../live/store";
import { askToNotify, mayNotify } from "../sound/attention";
import { testRing, unlockSound, useSound } from "../sound/ring";
import { attempt } from "../ui/notify";
import css from "./shell.module.css";

interface StepProps {
  icon: IconName;
  title: string;
  text: string;
  /** Empty where there is nothing to do about it here. */
  button: string;
  done: boolean;
  act: () => void;
}

function Step(props: StepProps) {
  return (
    <div className={css.step}>
      <Icon name={props.done ? "check" : props.icon} size={22} />
      <div>
        <strong>{props.title}</strong>
        <p>{props.text}</p>
      </div>
      {props.button && (
        <Button variant="default" onClick={props.act}>
          {props.button}
        </Button>
      )}
    </div>
  );
}

type Microphone = "unknown" | "ok" | MicrophoneError["fault"];

/** Start of shift: sound, desktop notification and microphone are tried before they are needed. */
export default function Shift({ opened, close }: { opened: boolean; close: () => void }) {
  const t = useText();
  const unlocked = useSound((state) => state.unlocked);
  const ready = useLive((state) => state.agent?.state === "ready");
  const [notify, setNotify] = useState(mayNotify());
  const [microphone, setMicrophone] = useState<Microphone>("unknown");
  const tryMicrophone = async () => {
    try {
      const stream = await openMicrophone();
      for (const track of stream.getTracks()) track.stop();
      setMicrophone("ok");
    } catch (error) {
      setMicrophone(error instanceof MicrophoneError ? error.fault : "failed");
    }
  };
  const begin = async () => {
    await unlockSound();
    if (ready || (await attempt(goReady))) close();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("shift.title")}
      size={520}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <div className={css.steps}>
        <Step
          icon="volume"
          title={t("shift.sound")}
          text={unlocked ? t("shift.sound.on") : t("shift.sound.more")}
          button={t("shift.sound.test")}
          done={unlocked}
          act={() => void testRing()}
        />
        <Step
          icon="bell"
          title={t("shift.notify")}
          text={t(`shift.notify.${notify}`)}
          button={notify === "default" ? t("shift.allow") : ""}
          done={notify === "granted"}
          act={() => void askToNotify().then(setNotify)}
        />
        <Step
          icon="mic"
          title={t("shift.microphone")}
          text={t(
            (microphone === "unknown"
              ? "shift.microphone.more"
              : microphone === "ok"
                ? "shift.microphone.ok"
                : `microphone.${microphone}`) as Key,
          )}
          button={t("shift.try")}
          done={microphone === "ok"}
          act={() => void tryMicrophone()}
        />
      </div>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close}>
          {t("cancel")}
        </Button>
        <Button onClick={() => void begin()} data-autofocus>
          {ready ? t("done") : t("state.goReady")}
        </Button>
      </Group>
    </Modal>
  );
}
