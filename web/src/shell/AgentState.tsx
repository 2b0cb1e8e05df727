import { Button, VisuallyHidden } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useText } from "../i18n";
import { Icon } from "../icons";
import { useActions } from "../keys/useActions";
import { goNotReady, goReady } from "../live/commands";
import { useLive } from "../live/store";
import { useSound } from "../sound/ring";
import { attempt } from "../ui/notify";
import { IconButton, StateGlyph } from "../ui/parts";
import { useStateWords } from "../ui/states";
import { StateTime } from "./StateTime";
import css from "./shell.module.css";

const Shift = lazy(() => import("./Shift"));
const StateMenu = lazy(() => import("./StateMenu"));

/** What routing sees of me, for how long, and how to change it. */
export function AgentState() {
  const t = useText();
  const wordsOf = useStateWords();
  const agent = useLive((state) => state.agent);
  const open = useLive((state) => state.link === "open");
  const unlocked = useSound((state) => state.unlocked);
  const [shift, setShift] = useState(false);
  const state = agent?.state ?? "offline";
  const ready = state === "ready";
  const started = unlocked || ready;
  useActions({
    toggleReady: () => {
      if (!started) setShift(true);
      else void attempt(() => (ready ? goNotReady("break") : goReady()));
    },
  });
  const words = wordsOf(state, agent?.reason ?? "");
  const button = (
    <Button
      variant="default"
      leftSection={<StateGlyph state={open ? state : "offline"} reason={agent?.reason} />}
      rightSection={<Icon name="down" size={14} />}
    >
      <span className={css.state}>
        {open ? words : t("state.unknown")}
        {agent && open && <StateTime agent={agent} />}
        <VisuallyHidden>{t("state.change")}</VisuallyHidden>
      </span>
    </Button>
  );
  return (
    <div className={css.state}>
      {!ready && (
        <Button
          onClick={() => setShift(true)}
          disabled={!open}
          leftSection={<Icon name="play" size={16} />}
        >
          {t("shift.start")}
        </Button>
      )}
      <Suspense fallback={button}>
        <StateMenu ready={ready} disabled={!open}>
          {button}
        </StateMenu>
      </Suspense>
      {ready && !unlocked && (
        <IconButton
          icon="bellOff"
          color="warn"
          label={t("shift.soundOff")}
          onClick={() => setShift(true)}
        />
      )}
      {shift && (
        <Suspense>
          <Shift opened close={() => setShift(false)} />
        </Suspense>
      )}
    </div>
  );
}
