import { Button, Group, Modal } from "@mantine/core";
import { useState } from "react";
import { useText } from "../../i18n";
import { attempt, sayDone } from "../../ui/notify";
import { IconButton } from "../../ui/parts";

/** Remove after asking once; says by name what goes. */
export function Remove({ name, work }: { name: string; work: () => Promise<unknown> }) {
  const t = useText();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    if (await attempt(work)) sayDone(t("admin.removed", { name }));
    setBusy(false);
    setAsking(false);
  };
  return (
    <>
      <IconButton
        icon="trash"
        size="md"
        label={t("admin.remove", { name })}
        onClick={() => setAsking(true)}
      />
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("admin.remove", { name })}
        size={420}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        <p>{t("admin.remove.more")}</p>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
            {t("cancel")}
          </Button>
          <Button color="bad" loading={busy} onClick={() => void go()}>
            {t("admin.remove.do")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
