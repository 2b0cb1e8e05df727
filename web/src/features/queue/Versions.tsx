import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiError, asApiError, get, post } from "../../data/http";
import { useLanguage, useText } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { sayDone } from "../../ui/notify";
import { Failed, Loading } from "../../ui/parts";
import type { QueueVersionView } from "../../wire";
import { draftOf } from "./draft";
import { Refused } from "./parts";
import css from "./queue.module.css";
import { differences, type Names } from "./words";

interface Props {
  id: string;
  names: Names;
  dirty: boolean;
  done: () => Promise<void>;
}

interface BackProps extends Props {
  to: QueueVersionView;
  now: QueueVersionView;
  close: () => void;
}

/** Says what rolling back would change, and asks. */
function RollBack({ id, names, dirty, done, to, now, close }: BackProps) {
  const t = useText();
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const changes = differences(draftOf(now.queue), draftOf(to.queue), names);
  const go = async () => {
    setBusy(true);
    try {
      await post(`/queues/${id}/rollback`, { version: to.version, note });
      await done();
      sayDone(t("rule.back.done", { n: to.version }));
      close();
    } catch (failure) {
      setFailed(asApiError(failure));
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      onClose={close}
      title={t("rule.back.title", { n: to.version })}
      size={520}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <p>{t("rule.back.more")}</p>
      <Changes list={changes} none={t("rule.back.same")} />
      {dirty && <p className={css.plain}>{t("rule.back.dirty")}</p>}
      <TextInput
        label={t("rule.note")}
        maxLength={500}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        mb={16}
      />
      <Refused error={failed} />
      <Group justify="flex-end">
        <Button variant="default" onClick={close} data-autofocus>
          {t("cancel")}
        </Button>
        <Button loading={busy} onClick={() => void go()}>
          {t("rule.back.do")}
        </Button>
      </Group>
    </Modal>
  );
}

/** What is different, in words. */
export function Changes({ list, none }: { list: string[]; none: string }) {
  if (list.length === 0) return <p className="muted">{none}</p>;
  return (
    <ul className={css.changes}>
      {list.map((words) => (
        <li key={words} className={css.change}>
          {words}
        </li>
      ))}
    </ul>
  );
}

interface VersionProps {
  version: QueueVersionView;
  before: QueueVersionView | undefined;
  isNow: boolean;
  names: Names;
  back: () => void;
}

function Version({ version, before, isNow, names, back }: VersionProps) {
  const t = useText();
  const language = useLanguage();
  const [open, setOpen] = useState(isNow);
  const list = before ? differences(draftOf(before.queue), draftOf(version.queue), names) : [];
  return (
    <li className={css.version}>
      <p className={css.versionHead}>
        <strong>{t("rule.version", { n: version.version })}</strong>
        {isNow && <span className={css.now}>{t("rule.inForce")}</span>}
      </p>
      <p className="muted">
        <span className="num">{dateTime(language, version.at_ms)}</span> · {version.by_name}
      </p>
      {version.of_version !== null && (
        <p className="muted">{t("rule.bringsBack", { n: version.of_version })}</p>
      )}
      {version.note && <p>{version.note}</p>}
      {open && <Changes list={list} none={before ? t("rule.noChange") : t("rule.firstVersion")} />}
      <Group gap={4}>
        <Button
          variant="subtle"
          color="slate"
          size="compact-sm"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {t("rule.whatChanged", { n: version.version })}
        </Button>
        {!isNow && (
          <Button variant="subtle" size="compact-sm" onClick={back}>
            {t("rule.back", { n: version.version })}
          </Button>
        )}
      </Group>
    </li>
  );
}

const SHOWN = 10;

/** Every publication: who, when, why, what changed; any of them can come back. */
export function Versions(props: Props) {
  const t = useText();
  const { id, names } = props;
  const [to, setTo] = useState<QueueVersionView | null>(null);
  const [all, setAll] = useState(false);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["queues", id, "versions"],
    queryFn: () => get<QueueVersionView[]>(`/queues/${id}/versions`),
  });
  const [now] = data ?? [];
  const shown = all ? (data ?? []) : (data ?? []).slice(0, SHOWN);
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">{t("rule.versions")}</h2>
      {isPending && <Loading rows={3} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      <ol className={css.list}>
        {shown.map((version, index) => (
          <Version
            key={version.version}
            version={version}
            before={data?.[index + 1]}
            isNow={index === 0}
            names={names}
            back={() => setTo(version)}
          />
        ))}
      </ol>
      {data && data.length > shown.length && (
        <Button variant="default" onClick={() => setAll(true)}>
          {t("rule.allVersions", { n: data.length })}
        </Button>
      )}
      {to && now && <RollBack {...props} to={to} now={now} close={() => setTo(null)} />}
    </section>
  );
}
