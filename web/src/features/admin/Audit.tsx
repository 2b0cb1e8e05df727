import { Button, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { get } from "../../data/http";
import { useLanguage, useText } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Empty, Failed, Loading, Wide } from "../../ui/parts";
import type { AuditEntry, AuditPage } from "../../wire";
import { Page } from "./Page";

const details = (entry: AuditEntry) =>
  Object.entries(entry.details)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");

const whoDid = (entry: AuditEntry) =>
  entry.actor_id === "system" ? "" : entry.actor_name || entry.actor_id;

export function Audit() {
  const t = useText();
  const language = useLanguage();
  const query = useInfiniteQuery({
    queryKey: ["audit"],
    initialPageParam: 0,
    queryFn: ({ pageParam }) =>
      get<AuditPage>(pageParam > 0 ? `/audit?before=${pageParam}` : "/audit"),
    getNextPageParam: (page) => page.next_before ?? undefined,
    staleTime: 0,
  });
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title={t("audit.title")} more={t("audit.more")}>
      {query.isPending && <Loading rows={6} />}
      {query.error && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data && entries.length === 0 && <Empty icon="scroll" title={t("audit.empty")} />}
      {entries.length > 0 && (
        <Wide>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("audit.when")}</Table.Th>
                <Table.Th>{t("audit.who")}</Table.Th>
                <Table.Th>{t("audit.what")}</Table.Th>
                <Table.Th>{t("audit.object")}</Table.Th>
                <Table.Th>{t("audit.details")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {entries.map((entry) => (
                <Table.Tr key={entry.seq}>
                  <Table.Td className="num" style={{ whiteSpace: "nowrap" }}>
                    {dateTime(language, entry.at_ms)}
                  </Table.Td>
                  <Table.Td>{whoDid(entry) || t("audit.system")}</Table.Td>
                  <Table.Td>
                    <code>{entry.operation}</code>
                  </Table.Td>
                  <Table.Td>
                    <code>{entry.object_id}</code>
                  </Table.Td>
                  <Table.Td>{details(entry)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
      {query.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t("audit.older")}
        </Button>
      )}
    </Page>
  );
}
