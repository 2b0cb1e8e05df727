import { Menu } from "@mantine/core";
import type { ReactElement } from "react";
import { useReasons } from "../data/rest";
import { useText } from "../i18n";
import { useKeysOf } from "../keys/useActions";
import { goNotReady, goReady, setNext } from "../live/commands";
import { useLive } from "../live/store";
import { attempt } from "../ui/notify";
import { KeyCaps, StateGlyph } from "../ui/parts";
import { useStateWords } from "../ui/states";

/** What begins when the last work ends; nothing new is offered until then. */
function Next() {
  const t = useText();
  const words = useStateWords();
  const agent = useLive((state) => state.agent);
  const { data: reasons } = useReasons();
  if (!agent) return null;
  const { next_state: next, next_reason: nextReason } = agent;
  return (
    <>
      <Menu.Divider />
      <Menu.Label>{t("state.whenDone")}</Menu.Label>
      {next && (
        <Menu.Item
          leftSection={<StateGlyph state={agent.state} reason={agent.reason} />}
          onClick={() => void attempt(() => setNext(null, null))}
        >
          {t("state.takeBack", { state: words(next, nextReason) })}
        </Menu.Item>
      )}
      {agent.state !== "ready" && (
        <Menu.Item
          leftSection={<StateGlyph state="ready" />}
          disabled={next === "ready"}
          onClick={() => void attempt(() => setNext("ready", null))}
        >
          {t("state.then", { state: t("state.ready") })}
        </Menu.Item>
      )}
      {(reasons ?? []).map((reason) => (
        <Menu.Item
          key={reason.code}
          leftSection={<StateGlyph state="not_ready" />}
          disabled={next === "not_ready" && nextReason === reason.code}
          onClick={() => void attempt(() => setNext("not_ready", reason.code))}
        >
          {t("state.then", { state: words("not_ready", reason.code) })}
        </Menu.Item>
      ))}
    </>
  );
}

function Choices({ ready }: { ready: boolean }) {
  const t = useText();
  const words = useStateWords();
  const agent = useLive((state) => state.agent);
  const hasWork = useLive((state) => Object.keys(state.interactions).length > 0);
  const { data: reasons } = useReasons();
  const keys = useKeysOf("toggleReady");
  return (
    <Menu.Dropdown>
      <Menu.Item
        leftSection={<StateGlyph state="ready" />}
        rightSection={<KeyCaps keys={keys} />}
        disabled={ready && !agent?.next_state}
        onClick={() => void attempt(goReady)}
      >
        {t("state.goReady")}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Label>{t("state.not_ready")}</Menu.Label>
      {(reasons ?? []).map((reason) => (
        <Menu.Item
          key={reason.code}
          leftSection={<StateGlyph state="not_ready" />}
          disabled={!ready && agent?.reason === reason.code}
          onClick={() => void attempt(() => goNotReady(reason.code))}
        >
          {words("not_ready", reason.code)}
        </Menu.Item>
      ))}
      {(hasWork || agent?.next_state) && <Next />}
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
