import { Badge, Button, Checkbox, Table } from "@mantine/core";
import { useState } from "react";
import { useQueues } from "../../data/rest";
import { useLanguage, useText } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Icon } from "../../icons";
import { Empty, Failed, Loading, Wide } from "../../ui/parts";
import type { BlockView, VipView } from "../../wire";
import css from "../admin/admin.module.css";
import { Page } from "../admin/Page";
import { Block } from "./Block";
import { endVip, lift, useBlocks, useVips } from "./data";
import own from "./people.module.css";
import { Sure } from "./Sure";

const nameOf = (t: ReturnType<typeof useText>, block: BlockView) =>
  block.kind === "contact" ? block.name || t("people.unnamed") : block.value;

function State({ block }: { block: BlockView }) {
  const t = useText();
  const language = useLanguage();
  const { until_ms: until, lifted_at_ms: lifted } = block;
  if (block.is_active) {
    return (
      <Badge color="bad" miw="max-content">
        {until === null
          ? t("people.block.now")
          : t("people.block.nowUntil", { when: dateTime(language, until) })}
      </Badge>
    );
  }
  return (
    <span className="muted">
      {lifted === null
        ? t("people.block.over", { when: dateTime(language, until ?? 0) })
        : t("people.block.lifted", {
            when: dateTime(language, lifted),
            name: block.lifted_by_name,
          })}
    </span>
  );
}

function BlockRow({ block }: { block: BlockView }) {
  const t = useText();
  const language = useLanguage();
  const name = nameOf(t, block);
  return (
    <Table.Tr>
      <Table.Td>
        <strong dir="auto">{name}</strong>
        <div className="muted">{t(`people.block.kind.${block.kind}`)}</div>
      </Table.Td>
      <Table.Td>
        <State block={block} />
      </Table.Td>
      <Table.Td>{block.why}</Table.Td>
      <Table.Td>
        {block.by_name}
        <div className="muted num">{dateTime(language, block.at_ms)}</div>
      </Table.Td>
      <Table.Td>
        {block.is_active && (
          <div className={css.acts}>
            <Sure
              action={t("people.lift.do")}
              title={t("people.lift", { name })}
              more={t("people.lift.more")}
              done={t("people.lift.done", { name })}
              work={() => lift(block.id)}
            />
          </div>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Blocks({ add }: { add: () => void }) {
  const t = useText();
  const [past, setPast] = useState(false);
  const { data, error, isPending, refetch } = useBlocks(past);
  return (
    <section className={own.part} aria-labelledby="blocks">
      <h2 id="blocks">{t("people.blocks")}</h2>
      <Checkbox
        my={8}
        label={t("people.block.past")}
        checked={past}
        onChange={(event) => setPast(event.currentTarget.checked)}
      />
      {isPending && <Loading rows={2} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {data?.length === 0 && (
        <Empty icon="hand" title={t("people.block.empty")}>
          <p>{t("people.block.empty.more")}</p>
          <Button onClick={add}>{t("people.block.add")}</Button>
        </Empty>
      )}
      {data && data.length > 0 && (
        <Wide>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("people.block.kind")}</Table.Th>
                <Table.Th>{t("people.block.until")}</Table.Th>
                <Table.Th>{t("people.why")}</Table.Th>
                <Table.Th>{t("people.by")}</Table.Th>
                <Table.Th className={css.right}>{t("admin.actions")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.map((block) => (
                <BlockRow key={block.id} block={block} />
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </section>
  );
}

function VipRow({ vip }: { vip: VipView }) {
  const t = useText();
  const language = useLanguage();
  const { data: queues } = useQueues();
  const name = vip.name || t("people.unnamed");
  const names = vip.queue_ids.map((id) => queues?.find((queue) => queue.id === id)?.name ?? id);
  return (
    <Table.Tr>
      <Table.Td>
        <strong dir="auto">{name}</strong>
        <div className="muted">{vip.email}</div>
      </Table.Td>
      <Table.Td className={`num ${css.right}`}>{vip.priority}</Table.Td>
      <Table.Td>{names.join(", ") || t("people.vip.everywhere")}</Table.Td>
      <Table.Td>{vip.why}</Table.Td>
      <Table.Td>
        {vip.by_name}
        <div className="muted num">{dateTime(language, vip.at_ms)}</div>
      </Table.Td>
      <Table.Td>
        <div className={css.acts}>
          <Sure
            action={t("people.vip.end.do")}
            title={t("people.vip.end", { name })}
            more={t("people.vip.end.more")}
            done={t("people.vip.ended", { name })}
            work={() => endVip(vip.contact_id)}
          />
        </div>
      </Table.Td>
    </Table.Tr>
  );
}

function Vips() {
  const t = useText();
  const { data, error, isPending, refetch } = useVips();
  return (
    <section className={own.part} aria-labelledby="vips">
      <h2 id="vips">{t("people.vips")}</h2>
      {isPending && <Loading rows={2} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {data?.length === 0 && (
        <Empty icon="star" title={t("people.vip.empty")}>
          <p>{t("people.vip.empty.more")}</p>
        </Empty>
      )}
      {data && data.length > 0 && (
        <Wide>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("people.contact")}</Table.Th>
                <Table.Th className={css.right}>{t("people.vip.priority")}</Table.Th>
                <Table.Th>{t("people.vip.queues")}</Table.Th>
                <Table.Th>{t("people.why")}</Table.Th>
                <Table.Th>{t("people.by")}</Table.Th>
                <Table.Th className={css.right}>{t("admin.actions")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.map((vip) => (
                <VipRow key={vip.contact_id} vip={vip} />
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </section>
  );
}

/** Contacts who go first, and who is kept out. */
export default function PeoplePage() {
  const t = useText();
  const [blocking, setBlocking] = useState(false);
  const add = () => setBlocking(true);
  return (
    <Page
      title={t("people.title")}
      more={t("people.more")}
      action={
        <Button onClick={add} leftSection={<Icon name="plus" size={16} />}>
          {t("people.block.add")}
        </Button>
      }
    >
      <Blocks add={add} />
      <Vips />
      {blocking && <Block close={() => setBlocking(false)} />}
    </Page>
  );
}
