import { Button, SegmentedControl, Textarea } from "@mantine/core";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useMe } from "../../data/me";
import { useText } from "../../i18n";
import { Icon } from "../../icons";
import { useActions, useKeysOf } from "../../keys/useActions";
import { desk, tellTyping } from "../../live/commands";
import { useLive } from "../../live/store";
import { sayDone } from "../../ui/notify";
import { IconButton, KeyCaps, Loading } from "../../ui/parts";
import type { ConversationView } from "../../wire";
import { readDraft, writeDraft } from "./drafts";
import { sendFiles } from "./files";
import css from "./inbox.module.css";
import { UploadList } from "./UploadList";
import { useDrop } from "./useDrop";

const CannedReplies = lazy(() => import("./CannedReplies"));
const EmojiPicker = lazy(() => import("./EmojiPicker"));
const LONGEST = 20_000;
const TYPING_EVERY_MS = 3_000;

/** Tell the visitor that I am typing, every three seconds at most. */
function useTyping(id: string) {
  const told = useRef(0);
  const stop = useCallback(() => {
    if (told.current > 0) tellTyping(id, false);
    told.current = 0;
  }, [id]);
  useEffect(() => stop, [stop]);
  const typed = () => {
    if (Date.now() - told.current < TYPING_EVERY_MS) return;
    told.current = Date.now();
    tellTyping(id, true);
  };
  return { typed, stop };
}

/** Text at the caret, and the caret behind it. */
function useDraft(id: string, userId: string) {
  const [text, setText] = useState(() => readDraft(userId, id));
  const field = useRef<HTMLTextAreaElement>(null);
  const change = (value: string) => {
    setText(value);
    writeDraft(userId, id, value);
  };
  const insert = (piece: string, from?: number) => {
    const at = field.current;
    const start = from ?? at?.selectionStart ?? text.length;
    const end = at?.selectionEnd ?? text.length;
    change(text.slice(0, start) + piece + text.slice(end));
    requestAnimationFrame(() => {
      at?.focus();
      at?.setSelectionRange(start + piece.length, start + piece.length);
    });
  };
  return { text, change, insert, field };
}

interface Props {
  conversation: ConversationView;
  /** Whether this agent is the one who talks to the visitor. */
  mine: boolean;
}

export function Composer({ conversation, mine }: Props) {
  const t = useText();
  const { data: me } = useMe();
  const { id } = conversation;
  const lead = me?.user.role !== "agent";
  const open = useLive((state) => state.link === "open");
  const [wantsNote, setNote] = useState(false);
  const note = wantsNote || !mine;
  const canWrite = mine || lead;
  const { text, change, insert, field } = useDraft(id, me?.user.id ?? "");
  const typing = useTyping(id);
  const chooser = useRef<HTMLInputElement>(null);
  const [caret, setCaret] = useState(0);
  const [showCanned, setShowCanned] = useState(false);
  const cannedOpen = useRef(false);
  const keys = {
    reply: useKeysOf("reply"),
    note: useKeysOf("note"),
    canned: useKeysOf("canned"),
    attach: useKeysOf("attach"),
  };
  const write = (asNote: boolean) => {
    flushSync(() => setNote(asNote));
    field.current?.focus();
  };
  const attach = () => chooser.current?.click();
  useActions(
    canWrite
      ? {
          reply: () => write(false),
          note: () => write(true),
          attach,
          canned: () => setShowCanned(true),
        }
      : {},
  );
  const send = () => {
    const words = text.trim();
    if (!words || words.length > LONGEST) return;
    desk().post(id, { text: words, note });
    typing.stop();
    change("");
  };
  const files = (list: FileList | null | undefined) => {
    if (!list || list.length === 0) return;
    if (mine && !note) void sendFiles(id, list);
    else sayDone(t(mine ? "file.notInNote" : "file.notMine"));
  };
  const dropping = useDrop(canWrite ? files : null);
  const writing = (
    <Textarea
      ref={field}
      aria-label={note ? t("composer.writeNote") : t("composer.writeReply")}
      placeholder={note ? t("composer.writeNote") : t("composer.writeReply")}
      autosize
      minRows={2}
      maxRows={8}
      value={text}
      error={
        text.length > LONGEST ? t("composer.tooLong", { n: text.length - LONGEST }) : undefined
      }
      onChange={(event) => {
        change(event.currentTarget.value);
        setCaret(event.currentTarget.selectionStart);
        if (!note && event.currentTarget.value) typing.typed();
      }}
      onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
      onPaste={(event) => {
        if (event.clipboardData.files.length > 0) {
          event.preventDefault();
          files(event.clipboardData.files);
        }
      }}
      onKeyDown={(event) => {
        if (
          event.key !== "Enter" ||
          event.shiftKey ||
          event.nativeEvent.isComposing ||
          cannedOpen.current
        )
          return;
        event.preventDefault();
        send();
      }}
    />
  );
  if (!canWrite) return <p className={`${css.composer} muted`}>{t("composer.notMine")}</p>;
  return (
    <section
      className={css.composer}
      data-note={note}
      aria-label={t("composer.region")}
      ref={dropping.place}
    >
      {dropping.over && (
        <p className={css.dropHere} data-refused={note}>
          <Icon name={note ? "alert" : "clip"} size={20} />
          {t(mine ? (note ? "file.notInNote" : "file.dropHere") : "file.notMine", {
            name: conversation.contact.name || t("contact.unnamed"),
          })}
        </p>
      )}
      <div className={css.modes}>
        <SegmentedControl
          size="xs"
          value={note ? "note" : "reply"}
          onChange={(value) => write(value === "note")}
          aria-label={t("composer.mode")}
          data={[
            { value: "reply", label: t("composer.reply"), disabled: !mine },
            { value: "note", label: t("composer.note") },
          ]}
        />
        <span className={css.hint}>
          {note ? t("composer.noteHint") : open ? "" : t("composer.offlineHint")}
        </span>
      </div>
      <UploadList conversationId={id} />
      {/* Nothing to type into until it is there to stay: a field that is replaced loses the focus. */}
      <Suspense fallback={<Loading rows={1} height={56} />}>
        <CannedReplies
          conversation={conversation}
          text={text}
          caret={caret}
          forced={showCanned}
          close={() => setShowCanned(false)}
          state={cannedOpen}
          insert={insert}
        >
          {writing}
        </CannedReplies>
      </Suspense>
      <div className={css.bar}>
        <IconButton
          icon="bolt"
          label={t("composer.canned")}
          keys={keys.canned}
          onClick={() => setShowCanned(true)}
        />
        <Suspense fallback={<IconButton icon="smile" label={t("composer.emoji")} />}>
          <EmojiPicker pick={(emoji) => insert(emoji)} />
        </Suspense>
        <IconButton
          icon="clip"
          label={t("composer.attach")}
          keys={keys.attach}
          onClick={attach}
          disabled={!mine || note}
        />
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            files(event.currentTarget.files);
            event.currentTarget.value = "";
          }}
        />
        <span className={css.hint}>
          {note ? <KeyCaps keys={keys.reply} /> : <KeyCaps keys={keys.note} />}{" "}
          {note ? t("composer.toReply") : t("composer.toNote")}
        </span>
        <span style={{ flex: 1 }} />
        <span className={css.hint}>{t("composer.enter")}</span>
        <Button
          ml={8}
          onClick={send}
          disabled={text.trim() === "" || text.length > LONGEST}
          leftSection={<Icon name={note ? "note" : "send"} size={16} />}
        >
          {note ? t("composer.addNote") : t("composer.send")}
        </Button>
      </div>
    </section>
  );
}
