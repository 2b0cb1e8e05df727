import { NavLink, Select } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ComponentType, lazy, Suspense, useEffect } from "react";
import { Link, Redirect, useLocation } from "wouter";
import { type Key, loadWords, useText } from "../../i18n";
import { Icon, type IconName } from "../../icons";
import { setPageTitle } from "../../sound/attention";
import { Loading } from "../../ui/parts";
import type { UserView } from "../../wire";
import { AgentRules } from "./AgentRules";
import { Agents } from "./Agents";
import { ApiKeys } from "./ApiKeys";
import { Audit } from "./Audit";
import css from "./admin.module.css";
import { Hours } from "./Hours";
import { CannedReplies, Dispositions, Skills } from "./lists";
import { Queues } from "./Queues";
import { Routes } from "./Routes";
import { Sites } from "./Sites";
import { Users } from "./Users";

const QueuePage = lazy(async () => {
  await loadWords("queue");
  return import("../queue/QueuePage");
});

const PeoplePage = lazy(async () => {
  await loadWords("people");
  return import("../people/PeoplePage");
});

interface Part {
  id: string;
  words: Key;
  icon: IconName;
  group: "people" | "work" | "web" | "system";
  page: ComponentType;
  /** The page of one of them. */
  one?: ComponentType<{ id: string }>;
  supervisors?: boolean;
}

const PARTS: Part[] = [
  { id: "users", words: "users.title", icon: "people", group: "people", page: Users },
  {
    id: "agents",
    words: "agents.title",
    icon: "person",
    group: "people",
    page: Agents,
    supervisors: true,
  },
  {
    id: "rules",
    words: "policy.title",
    icon: "hand",
    group: "people",
    page: AgentRules,
    supervisors: true,
  },
  {
    id: "contacts",
    words: "contacts.title",
    icon: "star",
    group: "people",
    page: PeoplePage,
    supervisors: true,
  },
  { id: "skills", words: "skills.title", icon: "star", group: "people", page: Skills },
  {
    id: "queues",
    words: "queues.title",
    icon: "list",
    group: "work",
    page: Queues,
    one: QueuePage,
    supervisors: true,
  },
  { id: "routes", words: "routes.title", icon: "route", group: "work", page: Routes },
  {
    id: "hours",
    words: "hours.title",
    icon: "calendar",
    group: "work",
    page: Hours,
    supervisors: true,
  },
  {
    id: "dispositions",
    words: "dispositions.title",
    icon: "tag",
    group: "work",
    page: Dispositions,
  },
  {
    id: "canned",
    words: "canned.title",
    icon: "bolt",
    group: "work",
    page: CannedReplies,
    supervisors: true,
  },
  { id: "sites", words: "sites.title", icon: "window", group: "web", page: Sites },
  { id: "api-keys", words: "keys_api.title", icon: "key", group: "system", page: ApiKeys },
  { id: "audit", words: "audit.title", icon: "scroll", group: "system", page: Audit },
];
const GROUPS = ["people", "work", "web", "system"] as const;

function Places({ parts, part }: { parts: Part[]; part: string }) {
  const t = useText();
  const [, go] = useLocation();
  const narrow = useMediaQuery("(max-width: 767px)", false, { getInitialValueInEffect: false });
  if (narrow) {
    return (
      <Select
        aria-label={t("rail.admin")}
        allowDeselect={false}
        value={part}
        data={parts.map((each) => ({ value: each.id, label: t(each.words) }))}
        onChange={(value) => value && go(`/admin/${value}`)}
      />
    );
  }
  return GROUPS.filter((group) => parts.some((each) => each.group === group)).map((group) => (
    <section key={group}>
      <h2>{t(`admin.group.${group}`)}</h2>
      {parts
        .filter((each) => each.group === group)
        .map((each) => (
          <NavLink
            key={each.id}
            component={Link}
            href={`/admin/${each.id}`}
            label={t(each.words)}
            active={each.id === part}
            aria-current={each.id === part ? "page" : undefined}
            leftSection={<Icon name={each.icon} />}
          />
        ))}
    </section>
  ));
}

interface Props {
  part: string;
  id: string;
  role: UserView["role"];
}

/** Administration: its own chunk, fetched when it is first opened. */
export default function Admin({ part, id, role }: Props) {
  const t = useText();
  const parts = PARTS.filter((each) => role === "admin" || each.supervisors);
  const here = parts.find((each) => each.id === part);
  const One = id ? here?.one : undefined;
  useEffect(() => {
    if (!One) setPageTitle(here ? t(here.words) : t("rail.admin"));
  }, [here, One, t]);
  if (!here) return <Redirect to={`/admin/${parts[0]?.id ?? ""}`} replace />;
  const { page: Shown } = here;
  return (
    <div className={css.page}>
      <nav className={css.nav} aria-label={t("rail.admin")}>
        <Places parts={parts} part={here.id} />
      </nav>
      <div className={css.body}>
        {One ? (
          <Suspense fallback={<Loading />}>
            <One key={id} id={id} />
          </Suspense>
        ) : (
          <Suspense fallback={<Loading />}>
            <Shown key={here.id} />
          </Suspense>
        )}
      </div>
    </div>
  );
}
