import { Drawer } from "@mantine/core";
import { useText } from "../../i18n";
import { Customer } from "./Customer";

/** The customer pane where there is no room beside the conversation. */
export default function CustomerDrawer({ id, close }: { id: string; close: () => void }) {
  const t = useText();
  return (
    <Drawer
      opened
      onClose={close}
      title={t("customer.region")}
      size={360}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Customer id={id} />
    </Drawer>
  );
}
