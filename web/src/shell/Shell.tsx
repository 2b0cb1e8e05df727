import { useMantineColorScheme } from "@mantine/core";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { followCalls } from "../call/calls";
import { Inbox } from "../features/inbox/Inbox";
import { type Language, loadWords, setLanguage, useLanguage, useText } from "../i18n";
import { useActions, useShortcuts } from "../keys/useActions";
import { startDesk, stopDesk } from "../live/commands";
import { joinLeadership, leaveLeadership } from "../live/leader";
import { type Tone, unlockOnGesture, useSound } from "../sound/ring";
import { Loading } from "../ui/parts";
import type { MeView } from "../wire";
import { Banner } from "./Banner";
import { CallBar } from "./CallBar";
import { Offers } from "./Offers";
import { Palette } from "./Palette";
import { Rail } from "./Rail";
import { Sheet } from "./Sheet";
import css from "./shell.module.css";
import { TopBar } from "./TopBar";
import { useAttention } from "./useAttention";
import { Why } from "./Why";

const Admin = lazy(async () => {
  await loadWords("admin");
  return import("../features/admin/Admin");
});
const LivePage = lazy(async () => {
  await Promise.all([loadWords("reports"), loadWords("floor")]);
  return import("../features/live/LivePage");
});
const AlarmWatch = lazy(async () => {
  await loadWords("floor");
  return import("../features/live/AlarmWatch");
});
const ReportsPage = lazy(async () => {
  await loadWords("reports");
  return import("../features/reports/ReportsPage");
});
const MePage = lazy(() => import("../features/me/MePage"));

/** Bring the stored preferences of this person into force on this machine. */
function usePreferences(preferences: MeView["preferences"]): void {
  const { setColorScheme } = useMantineColorScheme();
  const language = useLanguage();
  const { theme, language: wanted, sound, volume } = preferences;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a changed preference counts
  useEffect(() => {
    if (theme === "light" || theme === "dark" || theme === "auto") setColorScheme(theme);
    if ((wanted === "en" || wanted === "zh") && wanted !== language)
      void setLanguage(wanted as Language);
    if (sound) useSound.setState({ tone: sound as Tone });
    if (volume) useSound.setState({ volume: Number(volume) });
  }, [theme, wanted, sound, volume]);
}

function useDesk(userId: string): boolean {
  const [started, setStarted] = useState(false);
  useEffect(() => {
    startDesk(userId);
    const endCalls = followCalls();
    const endSound = unlockOnGesture();
    joinLeadership(userId);
    setStarted(true);
    return () => {
      leaveLeadership();
      endSound();
      endCalls();
      stopDesk();
    };
  }, [userId]);
  return started;
}

export function Shell({ me }: { me: MeView }) {
  const t = useText();
  const [path, go] = useLocation();
  const page = useRef<HTMLElement>(null);
  const started = useDesk(me.user.id);
  usePreferences(me.preferences);
  useShortcuts();
  useAttention();
  const lead = me.user.role !== "agent";
  useActions({
    goInbox: () => go("/inbox"),
    goLive: () => lead && go("/live"),
    goAdmin: () => lead && go("/admin"),
    goReports: () => go("/reports"),
    goMe: () => go("/me"),
  });
  if (!started) return null;
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#page">
        {t("shell.skip")}
      </a>
      <Rail role={me.user.role} path={path} />
      <div className={css.main}>
        <TopBar />
        <Banner userId={me.user.id} />
        <CallBar />
        <Offers />
        <main className={css.page} id="page" tabIndex={-1} ref={page}>
          <Suspense fallback={<Loading />}>
            <Switch>
              <Route path="/inbox/:id?">{({ id }) => <Inbox id={id ?? ""} />}</Route>
              {lead && <Route path="/live" component={LivePage} />}
              <Route path="/reports">
                <ReportsPage me={me} />
              </Route>
              {lead && (
                <Route path="/admin/:part?/:id?">
                  {({ part, id }) => <Admin part={part ?? ""} id={id ?? ""} role={me.user.role} />}
                </Route>
              )}
              <Route path="/me/:part?">{({ part }) => <MePage me={me} part={part ?? ""} />}</Route>
              <Route>
                <Redirect to="/inbox" replace />
              </Route>
            </Switch>
          </Suspense>
        </main>
      </div>
      {lead && (
        <Suspense>
          <AlarmWatch hasSound={me.preferences.alarm_sound !== "off"} />
        </Suspense>
      )}
      <Palette role={me.user.role} />
      <Sheet />
      <Why />
    </div>
  );
}
