import { Button, Drawer, Group, Table, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, post } from "../../data/http";
import { queryClient } from "../../data/query";
import { type Key, type Translate, useLanguage, useText } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { attempt } from "../../ui/notify";
import { Empty, Failed, Loading, Wide } from "../../ui/parts";
import { useStateWords } from "../../ui/states";
import type { AgentView, InterventionView } from "../../wire";
import css from "./live.module.css";

const KEY = ["interventions"];

type StateWords = (state: AgentView["state"], reason: string) => string;

function whatOf(done: InterventionView, t: Translate, words: StateWords): string {
  const { details } = done;
  const to =
    done.operation === "agent.set"
      ? words(details.state as AgentView["state"], details.reason ?? "")
      : (details.to_priority ?? "");
  return t(`done.${done.operation}` as Key, { from: details.from_priority ?? "", to });
}

/** The reason of an undo, asked where the undo was pressed. */
function Undo({ done }: { done: InterventionView }) {
  const t = useText();
  const [asks, setAsks] = useState(false);
  const [why, setWhy] = useState("");
  const [busy, setBusy] = useState(false);
  if (!asks) {
    return (
      <Button size="compact-sm" variant="default" onClick={() => setAsks(true)}>
        {t("done.undo")}
      </Button>
    );
  }
  const undo = async () => {
    setBusy(true);
    await attempt(() => post(`/interventions/${done.id}/undo`, { why: why.trim() }));
    await queryClient.invalidateQueries({ queryKey: KEY });
    await queryClient.invalidateQueries({ queryKey: ["live"] });
    setBusy(false);
    setAsks(false);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void undo();
      }}
    >
      <Group gap={4} wrap="nowrap">
        <TextInput
          size="xs"
          w={180}
          aria-label={t("done.undo.why")}
          placeholder={t("done.undo.why")}
          maxLength={500}
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
          data-autofocus
        />
        <Button size="compact-sm" type="submit" loading={busy} disabled={why.trim() === ""}>
          {t("done.undo")}
        </Button>
      </Group>
    </form>
  );
}

function Row({ done }: { done: InterventionView }) {
  const t = useText();
  const language = useLanguage();
  const words = useStateWords();
  return (
    <Table.Tr>
      <Table.Td className={`num ${css.nowrap}`}>{dateTime(language, done.at_ms)}</Table.Td>
      <Table.Td>{done.actor_name}</Table.Td>
      <Table.Td>
        {whatOf(done, t, words)}
        {done.undoes && <span className="muted"> ({t("done.isUndo")})</span>}
      </Table.Td>
      <Table.Th scope="row" className={css.name}>
        {done.object_name || "–"}
      </Table.Th>
      <Table.Td className={css.why}>{done.why}</Table.Td>
      <Table.Td>
        {done.can_undo && <Undo done={done} />}
        {done.undone_by && <span className="muted">{t("done.undone")}</span>}
      </Table.Td>
    </Table.Tr>
  );
}

/** What leads did by hand, the newest first; what nothing has come after can be undone. */
export default function Done({ close }: { close: () => void }) {
  const t = useText();
  const { data, error, refetch } = useQuery({
    queryKey: KEY,
    queryFn: () => get<InterventionView[]>("/interventions"),
    refetchInterval: 5_000,
  });
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size="xl"
      title={t("done.title")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {error && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading rows={6} />}
      {data?.length === 0 && (
        <Empty icon="hand" title={t("done.none")}>
          <p>{t("done.none.more")}</p>
        </Empty>
      )}
      {data && data.length > 0 && (
        <Wide>
          <Table className={css.heads}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("done.when")}</Table.Th>
                <Table.Th>{t("done.who")}</Table.Th>
                <Table.Th>{t("done.what")}</Table.Th>
                <Table.Th>{t("done.about")}</Table.Th>
                <Table.Th>{t("steer.why")}</Table.Th>
                <Table.Th>{t("done.undo")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.map((done) => (
                <Row key={done.id} done={done} />
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Drawer>
  );
}
