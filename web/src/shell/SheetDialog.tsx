import { Modal } from "@mantine/core";
import { type Key, useText } from "../i18n";
import { ACTIONS, GROUPS, isSingle } from "../keys/shortcuts";
import { useKeymap } from "../keys/useActions";
import { KeyCaps } from "../ui/parts";
import css from "./shell.module.css";

/** All shortcuts as they are in force now. */
export default function SheetDialog({ close }: { close: () => void }) {
  const t = useText();
  const { keymap, singles } = useKeymap();
  return (
    <Modal
      opened
      onClose={close}
      title={t("sheet.title")}
      size={760}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <div className={css.sheet}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{t(`keys.group.${group}` as Key)}</h3>
            {ACTIONS.filter((action) => action.group === group).map((action) => {
              const keys = keymap[action.id];
              const off = !keys || (!singles && isSingle(keys));
              return (
                <div key={action.id} className={css.line}>
                  <span>{t(`keys.${action.id}` as Key)}</span>
                  {off ? <span className="muted">{t("keys.off")}</span> : <KeyCaps keys={keys} />}
                </div>
              );
            })}
          </section>
        ))}
      </div>
      <p className="muted">{t("sheet.change")}</p>
    </Modal>
  );
}
