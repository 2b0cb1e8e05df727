import { Button, Group, Modal } from "@mantine/core";
import { useEffect, useState } from "react";
import { useText } from "../i18n";
import { guard } from "./guard";

/** Asks before an unsaved change is left behind. */
export function useGuard(dirty: boolean) {
  const [leaving, setLeaving] = useState<(() => void) | null>(null);
  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    guard.leaving = (go) => setLeaving(() => go);
    return () => {
      window.removeEventListener("beforeunload", warn);
      guard.leaving = null;
    };
  }, [dirty]);
  return { leaving, stay: () => setLeaving(null) };
}

interface Props {
  leaving: (() => void) | null;
  stay: () => void;
  discard: () => void;
}

export function Leaving({ leaving, stay, discard }: Props) {
  const t = useText();
  return (
    <Modal
      opened={leaving !== null}
      onClose={stay}
      title={t("leave.title")}
      size={440}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <p>{t("leave.more")}</p>
      <Group justify="flex-end">
        <Button variant="default" onClick={stay} data-autofocus>
          {t("leave.stay")}
        </Button>
        <Button
          color="bad"
          onClick={() => {
            guard.leaving = null;
            discard();
            leaving?.();
          }}
        >
          {t("leave.do")}
        </Button>
      </Group>
    </Modal>
  );
}
