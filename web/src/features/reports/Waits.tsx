import { Button, Drawer, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { get } from "../../data/http";
import { useMe } from "../../data/me";
import { type Key, useLanguage, useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { Icon } from "../../icons";
import { Empty, Failed, IconButton, KIND_ICON, Loading, Wide } from "../../ui/parts";
import type { StaysPage, StayView } from "../../wire";
import { openWhy } from "../why/open";
import type { Ask } from "./ask";
import type { Wanted } from "./FigureTable";
import { momentIn, nameOfFigure } from "./figures";
import css from "./reports.module.css";

function query(ask: Ask, { row, figure }: Wanted): string {
  const asked = new URLSearchParams({
    figure,
    from: String(row.start_ms),
    to: String(row.end_ms),
    tz: ask.tz,
  });
  if (ask.queue) asked.set("queue_id", ask.queue);
  if (ask.kind) asked.set("kind", ask.kind);
  if (ask.robots) asked.set("robots", "true");
  if (row.id) asked.set(ask.by === "kind" ? "kind" : `${ask.by}_id`, row.id);
  return asked.toString();
}

function useWaits(ask: Ask, wanted: Wanted) {
  const asked = query(ask, wanted);
  return useInfiniteQuery({
    queryKey: ["waits", asked],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      get<StaysPage>(
        `/reports/interactions?${asked}${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ""}`,
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

function Row({ item, tz }: { item: StayView; tz: string }) {
  const t = useText();
  const language = useLanguage();
  const { data: me } = useMe();
  const mayAsk = me?.user.role !== "agent" || item.agent_id === me.user.id;
  const judged = item.within_target === null ? "" : item.within_target ? "inTime" : "late";
  const handled = item.talk_ms === null ? null : item.talk_ms + (item.wrap_up_ms ?? 0);
  return (
    <Table.Tr>
      <Table.Td className={`num ${css.time}`}>{momentIn(language, tz, item.began_at_ms)}</Table.Td>
      <Table.Td>
        <span className={css.what}>
          <Icon
            name={KIND_ICON[item.kind] ?? "chat"}
            size={16}
            label={t(`kind.${item.kind}` as Key)}
          />
          {item.queue_name || t("reports.gone")}
          {item.cause !== "new" && <span className="muted">{t(`waits.cause.${item.cause}`)}</span>}
        </span>
      </Table.Td>
      <Table.Td className={`num ${css.right}`}>
        {item.wait_ms === null ? "–" : duration(item.wait_ms)}{" "}
        {judged && (
          <span className={judged === "late" ? css.late : "muted"}>
            {t(`waits.${judged}` as Key)}
          </span>
        )}
      </Table.Td>
      <Table.Td>
        {t(`waits.outcome.${item.outcome}`)}
        {item.agent_name && <span className="muted"> · {item.agent_name}</span>}
      </Table.Td>
      <Table.Td className={`num ${css.right}`}>
        {handled === null ? "–" : duration(handled)}
      </Table.Td>
      <Table.Td>
        <span className={css.what}>
          <Link href={`/inbox/${item.conversation_id}`}>{t("waits.look")}</Link>
          {mayAsk && (
            <IconButton
              icon="info"
              size="md"
              label={t("why.ask")}
              onClick={() => openWhy(item.interaction_id)}
            />
          )}
        </span>
      </Table.Td>
    </Table.Tr>
  );
}

function List({ ask, wanted }: { ask: Ask; wanted: Wanted }) {
  const t = useText();
  const list = useWaits(ask, wanted);
  if (list.error && !list.data)
    return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading rows={5} />;
  const items = list.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Empty icon="list" title={t("waits.empty")} />;
  return (
    <>
      <Wide>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("waits.began")}</Table.Th>
              <Table.Th>{t("live.queue")}</Table.Th>
              <Table.Th className={css.right}>{t("waits.waited")}</Table.Th>
              <Table.Th>{t("waits.outcome")}</Table.Th>
              <Table.Th className={css.right}>{t("waits.talk")}</Table.Th>
              <Table.Th>{t("waits.open")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map((item) => (
              <Row key={`${item.interaction_id}/${item.began_at_ms}`} item={item} tz={ask.tz} />
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      {list.hasNextPage && (
        <Button
          mt="sm"
          variant="default"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t("waits.more")}
        </Button>
      )}
    </>
  );
}

/** The contacts behind a number, each with its conversation. */
export function Waits(props: { ask: Ask; wanted: Wanted | null; close: () => void }) {
  const t = useText();
  const { wanted } = props;
  const title = wanted
    ? t("waits.title", { figure: nameOfFigure(t, wanted.figure), name: wanted.name })
    : "";
  // One Escape closes one drawer: the explanation that lies over this one goes first.
  const close = () => {
    if (document.querySelectorAll("[role=dialog]").length < 2) props.close();
  };
  return (
    <Drawer
      opened={wanted !== null}
      onClose={close}
      position="right"
      size="xl"
      title={title}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {wanted && <List ask={props.ask} wanted={wanted} />}
    </Drawer>
  );
}
