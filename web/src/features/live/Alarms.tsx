import { Button, Switch } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { savePreferences, useMe } from "../../data/me";
import { type Key, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { Icon } from "../../icons";
import { useNow } from "../../live/clock";
import { useLive } from "../../live/store";
import { attempt } from "../../ui/notify";
import type { AlarmView, BoardView } from "../../wire";
import { isBad, wordsOf } from "./alarms";
import css from "./live.module.css";

const Earlier = lazy(() => import("./EarlierAlarms"));
const Rules = lazy(() => import("./AlarmRules"));

function One({ alarm }: { alarm: AlarmView }) {
  const t = useText();
  const now = useNow();
  return (
    <p className={isBad(alarm) ? css.late : css.near}>
      <Icon name={isBad(alarm) ? "alert" : "bell"} size={16} /> {wordsOf(alarm, t)}
      <span className={`num ${css.since}`}>
        {alarm.kind && `${t(`live.kind.${alarm.kind}`)}, `}
        {t("alarm.since", { time: duration(now - alarm.began_at_ms) })}
      </span>
    </p>
  );
}

/** Queues whose service level today is under the target: nothing to be warned of any more. */
function Below({ today }: { today: BoardView }) {
  const t = useText();
  return today.queues
    .filter((queue) => queue.below_target.length > 0)
    .map((queue) => {
      const kinds = queue.below_target.map((kind) => t(`live.kind.${kind}` as Key)).join(", ");
      return (
        <p key={queue.queue_id} className={css.near}>
          <Icon name="bell" size={16} /> {t("board.below", { queue: queue.name, kinds })}
        </p>
      );
    });
}

function Tools() {
  const t = useText();
  const { data: me } = useMe();
  const [open, setOpen] = useState<"earlier" | "rules" | null>(null);
  const close = () => setOpen(null);
  return (
    <div className={css.tools}>
      <Switch
        size="xs"
        label={t("alarm.sound")}
        checked={me?.preferences.alarm_sound !== "off"}
        onChange={(event) => {
          const value = event.currentTarget.checked ? "on" : "off";
          void attempt(() => savePreferences({ alarm_sound: value }));
        }}
      />
      <Button variant="subtle" size="compact-sm" onClick={() => setOpen("earlier")}>
        {t("alarm.earlier")}
      </Button>
      <Button variant="subtle" size="compact-sm" onClick={() => setOpen("rules")}>
        {t("alarm.rules")}
      </Button>
      <Suspense>
        {open === "earlier" && <Earlier close={close} />}
        {open === "rules" && <Rules close={close} />}
      </Suspense>
    </div>
  );
}

/** What needs somebody now: said once by screen readers, and never by colour alone. */
export function Alarms({ today }: { today: BoardView | undefined }) {
  const t = useText();
  const alarms = useLive((state) => state.alarms);
  const sorted = Object.values(alarms).sort((a, b) => a.began_at_ms - b.began_at_ms);
  const isFine = sorted.length === 0 && !today?.queues.some((queue) => queue.below_target.length);
  return (
    <div className={css.alarmBar}>
      <section className={css.alarms} aria-label={t("board.alarms")}>
        {isFine && (
          <p className={css.fine}>
            <Icon name="check" size={16} /> {t("board.fine")}
          </p>
        )}
        {sorted.map((alarm) => (
          <One key={alarm.id} alarm={alarm} />
        ))}
        {today && <Below today={today} />}
      </section>
      <Tools />
    </div>
  );
}
