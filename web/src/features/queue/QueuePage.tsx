import { Anchor, Badge } from "@mantine/core";
import { useEffect, useMemo } from "react";
import { Link } from "wouter";
import { useText } from "../../i18n";
import { Icon } from "../../icons";
import { setPageTitle } from "../../sound/attention";
import { Empty, Failed, Loading } from "../../ui/parts";
import type { AgentProfileView, DispositionView, HoursView, QueueView } from "../../wire";
import { useList } from "../admin/data";
import { Close, Closed } from "./Closure";
import { NEW } from "./draft";
import { Editor } from "./Editor";
import css from "./queue.module.css";
import type { Names } from "./words";

/** The names of what a queue refers to, as they are now. */
function useNames(): Names {
  const { data: queues } = useList<QueueView>("/queues");
  const { data: hours } = useList<HoursView>("/hours");
  const { data: outcomes } = useList<DispositionView>("/dispositions");
  const { data: agents } = useList<AgentProfileView>("/agents");
  return useMemo(() => {
    const lists = { queue: queues, hours, disposition: outcomes };
    return (noun, id) =>
      noun === "agent"
        ? (agents?.find((one) => one.user_id === id)?.name ?? id)
        : (lists[noun]?.find((one) => one.id === id)?.name ?? id);
  }, [queues, hours, outcomes, agents]);
}

/** One queue on one page: set up, tried, published, rolled back. */
export default function QueuePage({ id }: { id: string }) {
  const t = useText();
  const names = useNames();
  const { data, error, isPending, refetch } = useList<QueueView>("/queues");
  const view = data?.find((queue) => queue.id === id) ?? null;
  const title = id === NEW ? t("queues.add") : (view?.name ?? t("queues.title"));
  useEffect(() => setPageTitle(title), [title]);
  const isKnown = view !== null || id === NEW;
  return (
    <div className={css.page}>
      <nav className={css.crumbs} aria-label={t("rule.crumbs")}>
        <Anchor component={Link} href="/admin/queues" size="sm">
          <Icon name="left" size={14} /> {t("queues.title")}
        </Anchor>
      </nav>
      <header className={css.head}>
        <h1>{title}</h1>
        {view && <Badge>{t("rule.version", { n: view.version })}</Badge>}
        {view && !view.closure && <Close queue={view} />}
      </header>
      {view?.closure && <Closed queue={view} closure={view.closure} />}
      {isPending && <Loading rows={6} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {data && !isKnown && (
        <Empty icon="list" title={t("rule.gone")}>
          <p>{t("rule.gone.more")}</p>
        </Empty>
      )}
      {data && isKnown && <Editor id={id} view={view} names={names} />}
    </div>
  );
}
