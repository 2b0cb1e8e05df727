import { Button, VisuallyHidden } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Link } from "wouter";
import { callLevels, hangUp, rejoin, toggleHold, toggleMute, useCall } from "../call/calls";
import { type Key, useText } from "../i18n";
import { Icon } from "../icons";
import { useActions, useKeysOf } from "../keys/useActions";
import { useLive } from "../live/store";
import { attempt } from "../ui/notify";
import { Elapsed, KeyCaps } from "../ui/parts";
import css from "./shell.module.css";

const BARS = 5;
const METER_MS = 100;

/** Loudness of me and of the caller, drawn straight into the page ten times a second. */
function Meters() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const timer = setInterval(() => {
      const levels = callLevels();
      for (const meter of place.current?.querySelectorAll<HTMLElement>("[data-who]") ?? []) {
        const lit = Math.round((meter.dataset.who === "mine" ? levels.mine : levels.theirs) * BARS);
        Array.from(meter.children, (bar, index) =>
          bar.setAttribute("data-on", String(index < lit)),
        );
      }
    }, METER_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div ref={place} className={css.state} aria-hidden="true">
      {["mine", "theirs"].map((who) => (
        <span key={who} className={css.meter} data-who={who}>
          {Array.from({ length: BARS }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: five bars that never move
            <i key={index} />
          ))}
        </span>
      ))}
    </div>
  );
}

function pathWords(state: string, path: string, elsewhere: boolean): Key {
  if (elsewhere) return "call.elsewhere";
  if (state === "held") return "call.held";
  if (path === "connected") return "call.connected";
  return path === "failed" || path === "disconnected" ? "call.reconnecting" : "call.connecting";
}

/** The call one is in; stays wherever one goes. */
export function CallBar() {
  const t = useText();
  const current = useCall((state) => state.current);
  const live = useLive((state) => (current ? state.calls[current.callId] : undefined));
  const conversation = useLive((state) =>
    live ? state.conversations[live.call.conversation_id] : undefined,
  );
  const keys = { mute: useKeysOf("mute"), hold: useKeysOf("hold"), hangUp: useKeysOf("hangUp") };
  const hold = () => void attempt(toggleHold);
  const end = () => void attempt(hangUp);
  useActions(current ? { mute: toggleMute, hold, hangUp: end } : {});
  if (!current) return null;
  const held = live?.call.state === "held";
  const name = conversation?.contact.name || t("contact.unnamed");
  return (
    <section className={css.call} aria-label={t("call.region")}>
      <Icon name="phone" />
      {conversation ? <Link href={`/inbox/${conversation.id}`}>{name}</Link> : <span>{name}</span>}
      <span className="muted" role="status">
        {t(pathWords(live?.call.state ?? "", current.path, current.elsewhere))}
      </span>
      {live?.call.connected_at_ms && <Elapsed sinceMs={live.call.connected_at_ms} />}
      {!current.elsewhere && <Meters />}
      {live?.muted.includes("visitor") && <span className="muted">{t("call.theyMuted")}</span>}
      <span className={css.grow} />
      <div className={css.acts}>
        {current.silent || current.elsewhere ? (
          <Button onClick={() => void attempt(() => rejoin(current.callId))}>
            {t(current.elsewhere ? "call.takeHere" : "call.rejoin")}
          </Button>
        ) : (
          <Button
            variant={current.muted ? "filled" : "default"}
            color="warn"
            aria-pressed={current.muted}
            onClick={toggleMute}
            leftSection={<Icon name={current.muted ? "micOff" : "mic"} size={16} />}
            rightSection={<KeyCaps keys={keys.mute} />}
          >
            {current.muted ? t("call.unmute") : t("call.mute")}
          </Button>
        )}
        <Button
          variant={held ? "filled" : "default"}
          color="warn"
          aria-pressed={held}
          onClick={hold}
          leftSection={<Icon name={held ? "play" : "pause"} size={16} />}
          rightSection={<KeyCaps keys={keys.hold} />}
        >
          {held ? t("call.resume") : t("call.hold")}
        </Button>
        <Button
          color="bad"
          onClick={end}
          leftSection={<Icon name="hangUp" size={16} />}
          rightSection={<KeyCaps keys={keys.hangUp} />}
        >
          {t("call.hangUp")}
        </Button>
      </div>
      <VisuallyHidden aria-live="polite">{current.muted ? t("call.isMuted") : ""}</VisuallyHidden>
    </section>
  );
}
