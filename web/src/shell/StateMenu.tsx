import { Menu } from "@mantine/core";
import type { ReactElement } from "react";
import { type Key, useText } from "../i18n";
import { useKeysOf } from "../keys/useActions";
import { goNotReady, goReady, type Reason } from "../live/commands";
import { useLive } from "../live/store";
import { attempt } from "../ui/notify";
import { KeyCaps, StateGlyph } from "../ui/parts";

const REASONS: Reason[] = ["break", "meal", "meeting", "training", "admin"];

function Choices({ ready }: { ready: boolean }) {
  const t = useText();
  const agent = useLive((state) => state.agent);
  const keys = useKeysOf("toggleReady");
  return (
    <Menu.Dropdown>
      <Menu.Item
        leftSection={<StateGlyph state="ready" />}
        rightSection={<KeyCaps keys={keys} />}
        disabled={ready}
        onClick={() => void attempt(goReady)}
      >
        {t("state.goReady")}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Label>{t("state.not_ready")}</Menu.Label>
      {REASONS.map((reason) => (
        <Menu.Item
          key={reason}
          leftSection={<StateGlyph state="not_ready" />}
          disabled={!ready && agent?.reason === reason}
          onClick={() => void attempt(() => goNotReady(reason))}
        >
          {t(`state.reason.${reason}` as Key)}
        </Menu.Item>
      ))}
    </Menu.Dropdown>
  );
}

interface Props {
  ready: boolean;
  disabled: boolean;
  children: ReactElement;
}

/** The states one may choose, under the button that shows the present one. */
export default function StateMenu({ ready, disabled, children }: Props) {
  return (
    <Menu position="bottom-start" disabled={disabled}>
      <Menu.Target>{children}</Menu.Target>
      <Choices ready={ready} />
    </Menu>
  );
}
