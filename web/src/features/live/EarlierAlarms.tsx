import { Button, Drawer, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { API, get } from "../../data/http";
import { useLanguage, useText } from "../../i18n";
import { dateTime, duration } from "../../i18n/format";
import { Icon } from "../../icons";
import { Empty, Failed, Loading, Wide } from "../../ui/parts";
import type { AlarmsPage, AlarmView } from "../../wire";
import { isBad, worstOf } from "./alarms";
import css from "./live.module.css";

function useEarlier() {
  return useInfiniteQuery({
    queryKey: ["alarms"],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      get<AlarmsPage>(`/live/alarms${pageParam && `?cursor=${encodeURIComponent(pageParam)}`}`),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 1_000,
  });
}

function Row({ alarm }: { alarm: AlarmView }) {
  const t = useText();
  const language = useLanguage();
  return (
    <Table.Tr>
      <Table.Td className="num">{dateTime(language, alarm.began_at_ms)}</Table.Td>
      <Table.Td>
        <span className={css.stateCell}>
          <Icon name={isBad(alarm) ? "alert" : "bell"} size={16} />
          {t(`alarm.what.${alarm.what}`)}
        </span>
      </Table.Td>
      <Table.Th scope="row" className={css.name}>
        {alarm.queue_name || t("reports.gone")}
      </Table.Th>
      <Table.Td>{alarm.kind ? t(`live.kind.${alarm.kind}`) : "–"}</Table.Td>
      <Table.Td className={`num ${css.right}`}>{worstOf(alarm, t)}</Table.Td>
      <Table.Td className={`num ${css.right}`}>
        {alarm.ended_at_ms ? duration(alarm.ended_at_ms - alarm.began_at_ms) : t("alarm.on")}
      </Table.Td>
    </Table.Tr>
  );
}

/** The alarms there were, the newest first. */
export default function EarlierAlarms({ close }: { close: () => void }) {
  const t = useText();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useEarlier();
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size="xl"
      title={t("alarm.earlier")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {error && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading rows={6} />}
      {data && items.length === 0 && (
        <Empty icon="bell" title={t("alarm.none")}>
          <p>{t("alarm.none.more")}</p>
        </Empty>
      )}
      {items.length > 0 && (
        <Wide>
          <Table className={css.heads}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("alarm.began")}</Table.Th>
                <Table.Th>{t("alarm.about")}</Table.Th>
                <Table.Th>{t("alarm.queue")}</Table.Th>
                <Table.Th>{t("alarm.kind")}</Table.Th>
                <Table.Th className={css.right}>{t("alarm.worst")}</Table.Th>
                <Table.Th className={css.right}>{t("alarm.lasted")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((alarm) => (
                <Row key={alarm.id} alarm={alarm} />
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
      {items.length > 0 && (
        <p className={css.foot}>
          {hasNextPage && (
            <Button
              variant="default"
              size="compact-sm"
              loading={isFetchingNextPage}
              onClick={() => void fetchNextPage()}
            >
              {t("alarm.showMore")}
            </Button>
          )}
          <Button
            component="a"
            href={`${API}/live/alarms?format=csv`}
            download
            variant="default"
            size="compact-sm"
            leftSection={<Icon name="download" size={16} />}
          >
            {t("reports.csv")}
          </Button>
        </p>
      )}
    </Drawer>
  );
}
