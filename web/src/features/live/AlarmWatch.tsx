/** Tells a lead of an alarm wherever they are in the desk: once, with a sound where wanted. */
import { Button } from "@mantine/core";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { get } from "../../data/http";
import { t } from "../../i18n";
import { desk, showAgents } from "../../live/commands";
import { useLeader } from "../../live/leader";
import { useLive } from "../../live/store";
import { notifyDesktop } from "../../sound/attention";
import { pingSound } from "../../sound/ring";
import { notifications } from "../../ui/notices";
import type { AlarmView } from "../../wire";
import { isBad, wordsOf } from "./alarms";

const SHOWN_MS = 12_000;

/** What is on when the desk connects; what comes after it comes by the socket. */
function useOnNow(): void {
  const link = useLive((state) => state.link);
  useEffect(() => {
    if (link !== "open") return;
    if (location.pathname !== "/live") void showAgents([]).catch(() => undefined);
    get<AlarmView[]>("/live/alarms/on")
      .then((on) =>
        useLive.setState({ alarms: Object.fromEntries(on.map((alarm) => [alarm.id, alarm])) }),
      )
      .catch(() => undefined); // the live page says so itself
  }, [link]);
}

function say(alarm: AlarmView, look: () => void): void {
  notifications.show({
    id: `alarm-${alarm.id}`,
    color: isBad(alarm) ? "bad" : "warn",
    message: (
      <>
        <b>{t(isBad(alarm) ? "alarm.toast.late" : "alarm.toast.near")}</b>
        <br />
        {wordsOf(alarm)}{" "}
        <Button size="compact-xs" variant="light" onClick={look}>
          {t("alarm.look")}
        </Button>
      </>
    ),
    autoClose: SHOWN_MS,
    closeButtonProps: { "aria-label": t("close") },
  });
}

export default function AlarmWatch({ hasSound }: { hasSound: boolean }) {
  const [, go] = useLocation();
  useOnNow();
  useEffect(
    () =>
      desk().onFrame((frame) => {
        if (frame.type !== "alarm.changed" || !frame.told || frame.alarm.ended_at_ms) return;
        const look = () => go("/live");
        say(frame.alarm, look);
        if (!useLeader.getState().leading) return;
        if (hasSound) pingSound();
        const title = t(isBad(frame.alarm) ? "alarm.toast.late" : "alarm.toast.near");
        const close = notifyDesktop(`alarm-${frame.alarm.id}`, title, wordsOf(frame.alarm), look);
        if (close) setTimeout(close, SHOWN_MS);
      }),
    [go, hasSound],
  );
  return null;
}
