import { Button, Group, Modal } from "@mantine/core";
import { useState } from "react";
import { useText } from "../../i18n";
import { attempt, sayDone } from "../../ui/notify";

interface Props {
  action: string;
  title: string;
  more: string;
  done: string;
  work: () => Promise<void>;
}

/** A button that asks once before it takes something back. */
export function Sure({ action, title, more, done, work }: Props) {
  const t = useText();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    if (await attempt(work)) sayDone(done);
    setBusy(false);
    setAsking(false);
  };
  return (
    <>
      <Button variant="default" size="xs" aria-label={title} onClick={() => setAsking(true)}>
        {action}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={title}
        size={420}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        <p>{more}</p>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
            {t("cancel")}
          </Button>
          <Button loading={busy} onClick={() => void go()}>
            {action}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
