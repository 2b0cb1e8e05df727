import { Button } from "@mantine/core";
import { useText } from "../i18n";
import { Icon } from "../icons";
import { serverNow, useNow } from "../live/clock";
import { desk, goReady } from "../live/commands";
import { useOutgoing } from "../live/connection";
import { takeLeadership, useLeader } from "../live/leader";
import { useLive } from "../live/store";
import { attempt } from "../ui/notify";
import css from "./shell.module.css";

function Lost() {
  const t = useText();
  useNow();
  const retryAtMs = useLive((state) => state.retryAtMs);
  const queued = useOutgoing((state) => state.items.filter((item) => !item.refused).length);
  const seconds = Math.max(0, Math.ceil((retryAtMs - Date.now()) / 1_000));
  return (
    <div className={css.banner} role="status">
      <Icon name="offline" />
      <span>
        <strong>{t("offline.title")}</strong> {t("offline.works")}
        {queued > 0 && ` ${t("offline.queued", { n: queued })}`}
      </span>
      <span className={css.grow} />
      <Button variant="default" size="xs" onClick={() => desk().retryNow()}>
        {seconds > 0 ? t("offline.retryIn", { n: seconds }) : t("offline.retry")}
      </Button>
    </div>
  );
}

function Missed() {
  const t = useText();
  const missed = useLive((state) => state.missed);
  const agent = useLive((state) => state.agent);
  if (!missed && agent?.reason !== "no_answer") return null;
  if (agent?.state === "ready") return null;
  return (
    <div className={`${css.banner} ${css.bad}`} role="alert">
      <Icon name="bellOff" />
      <span>
        <strong>
          {missed
            ? t("missed.title", { name: missed.contactName || t("contact.unnamed") })
            : t("missed.plain")}
        </strong>{" "}
        {t("missed.more")}
      </span>
      <span className={css.grow} />
      <Button
        size="xs"
        onClick={() => void attempt(goReady).then((ok) => ok && useLive.setState({ missed: null }))}
      >
        {t("missed.again")}
      </Button>
    </div>
  );
}

/** What is not as usual: no connection, a passive tab, an offer that went by. */
export function Banner({ userId }: { userId: string }) {
  const t = useText();
  const link = useLive((state) => state.link);
  const leading = useLeader((state) => state.leading);
  return (
    <>
      {link === "lost" && <Lost />}
      {link === "refused" && (
        <div className={`${css.banner} ${css.bad}`} role="alert">
          <Icon name="lock" />
          <span>{t("offline.refused")}</span>
          <span className={css.grow} />
          <Button size="xs" onClick={() => location.reload()}>
            {t("offline.reload")}
          </Button>
        </div>
      )}
      {!leading && link === "open" && (
        <div className={css.banner} role="status">
          <Icon name="window" />
          <span>{t("passive.title")}</span>
          <span className={css.grow} />
          <Button variant="default" size="xs" onClick={() => takeLeadership(userId)}>
            {t("passive.take")}
          </Button>
        </div>
      )}
      <Missed />
    </>
  );
}

export const secondsLeft = (untilMs: number) =>
  Math.max(0, Math.ceil((untilMs - serverNow()) / 1_000));
