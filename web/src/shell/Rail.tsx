import { Link } from "wouter";
import { type Key, useText } from "../i18n";
import { Icon, type IconName } from "../icons";
import { myConversations, unreadCount, useLive } from "../live/store";
import { Hint } from "../ui/Hint";
import type { UserView } from "../wire";
import css from "./shell.module.css";

interface Place {
  to: string;
  icon: IconName;
  words: Key;
  leads: boolean;
  foot: boolean;
}

const PLACES: Place[] = [
  { to: "/inbox", icon: "inbox", words: "rail.inbox", leads: false, foot: false },
  { to: "/live", icon: "pulse", words: "rail.live", leads: true, foot: false },
  { to: "/reports", icon: "chart", words: "rail.reports", leads: false, foot: false },
  { to: "/admin", icon: "sliders", words: "rail.admin", leads: true, foot: false },
  { to: "/me", icon: "person", words: "rail.me", leads: false, foot: true },
];

const unread = () => {
  const state = useLive.getState();
  return myConversations(state).filter((each) => unreadCount(state, each) > 0).length;
};

export function Rail({ role, path }: { role: UserView["role"]; path: string }) {
  const t = useText();
  const waiting = useLive(unread);
  const alarms = useLive((state) => Object.keys(state.alarms).length);
  return (
    <nav className={css.rail} aria-label={t("rail.name")}>
      <div className={css.brand}>
        <img src="/favicon.svg" width={26} height={26} alt="OpenWECC" />
      </div>
      {PLACES.filter((place) => !place.leads || role !== "agent").map((place) => {
        const isLive = place.to === "/live";
        const count = place.to === "/inbox" ? waiting : isLive ? alarms : 0;
        const words = { name: t(place.words), n: count };
        const name = count > 0 ? t(isLive ? "rail.alarms" : "rail.unread", words) : t(place.words);
        return (
          <Hint key={place.to} label={t(place.words)} position="right">
            <Link
              href={place.to}
              className={`${css.place} ${place.foot ? css.foot : ""}`}
              aria-label={name}
              aria-current={path.startsWith(place.to) ? "page" : undefined}
            >
              <Icon name={place.icon} size={22} />
              {count > 0 && <span className={css.count}>{count}</span>}
            </Link>
          </Hint>
        );
      })}
    </nav>
  );
}
