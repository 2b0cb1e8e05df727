import { Anchor, Badge, Button, Table } from "@mantine/core";
import { Link } from "wouter";
import { useMe } from "../../data/me";
import { useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { Icon } from "../../icons";
import { Empty, Failed, Loading, Wide } from "../../ui/parts";
import type { HoursView, QueueView } from "../../wire";
import css from "./admin.module.css";
import { removeItem, useList } from "./data";
import { Page } from "./Page";
import { Remove } from "./Remove";

const PATH = "/queues";

interface RowProps {
  queue: QueueView;
  hours: HoursView[];
  isAdmin: boolean;
}

function Row({ queue, hours, isAdmin }: RowProps) {
  const t = useText();
  const { id, name, steps, service_target: target, version, warnings } = queue;
  const open = hours.find((each) => each.id === queue.hours_id)?.name ?? queue.hours_id;
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} href={`/admin/queues/${id}`} underline="always">
          {name}
        </Anchor>
      </Table.Td>
      <Table.Td>
        {steps[0]?.expression || t("queues.anybody")}
        {steps.length > 1 && (
          <span className="muted"> {t("queues.moreSteps", { n: steps.length - 1 })}</span>
        )}
      </Table.Td>
      <Table.Td>{open ?? t("queues.always")}</Table.Td>
      <Table.Td className={`num ${css.right}`}>{queue.priority}</Table.Td>
      <Table.Td className={`num ${css.right}`}>
        {target.chat ? `${target.chat.percent} % / ${duration(target.chat.within_s * 1_000)}` : "–"}
      </Table.Td>
      <Table.Td className={`num ${css.right}`}>{version}</Table.Td>
      <Table.Td>
        {warnings.length > 0 && (
          <Badge color="warn" leftSection={<Icon name="alert" size={12} />}>
            {t("queues.warnings", { n: warnings.length })}
          </Badge>
        )}
      </Table.Td>
      <Table.Td>
        <div className={css.acts}>
          {isAdmin && <Remove name={name} work={() => removeItem(PATH, id)} />}
        </div>
      </Table.Td>
    </Table.Tr>
  );
}

/** The queues; each has a page of its own. */
export function Queues() {
  const t = useText();
  const { data, error, isPending, refetch } = useList<QueueView>(PATH);
  const { data: hours } = useList<HoursView>("/hours");
  const isAdmin = useMe().data?.user.role === "admin";
  const rows = data ?? [];
  const add = (
    <Button component={Link} href="/admin/queues/new" leftSection={<Icon name="plus" size={16} />}>
      {t("queues.add")}
    </Button>
  );
  return (
    <Page
      title={t("queues.title")}
      more={t("queues.more")}
      action={rows.length > 0 ? add : undefined}
    >
      {isPending && <Loading rows={4} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {data && rows.length === 0 && (
        <Empty icon="list" title={t("queues.empty")}>
          <p>{t("queues.empty.more")}</p>
          {add}
        </Empty>
      )}
      {rows.length > 0 && (
        <Wide>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("admin.name")}</Table.Th>
                <Table.Th>{t("queues.skills")}</Table.Th>
                <Table.Th>{t("queues.hours")}</Table.Th>
                <Table.Th className={css.right}>{t("queues.priority")}</Table.Th>
                <Table.Th className={css.right}>{t("queues.target")}</Table.Th>
                <Table.Th className={css.right}>{t("queues.version")}</Table.Th>
                <Table.Td />
                <Table.Th className={css.right}>{t("admin.actions")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((queue) => (
                <Row key={queue.id} queue={queue} hours={hours ?? []} isAdmin={isAdmin} />
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Page>
  );
}
