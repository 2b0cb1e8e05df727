import { Button, VisuallyHidden } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLanguage, useText } from "../../i18n";
import { dayMark } from "../../i18n/format";
import { Icon } from "../../icons";
import { useNow } from "../../live/clock";
import { desk, markRead, toNewest } from "../../live/commands";
import { useOutgoing } from "../../live/connection";
import type { Outgoing } from "../../live/outbox";
import type { Thread as ThreadState } from "../../live/state";
import { useLive } from "../../live/store";
import { Empty, Loading } from "../../ui/parts";
import type { ConversationView, MessageView } from "../../wire";
import css from "./inbox.module.css";
import { Message } from "./Message";
import { PendingMessage } from "./PendingMessage";
import { systemWords } from "./words";

type Line =
  | { kind: "day"; key: string; atMs: number }
  | { kind: "message"; key: string; message: MessageView; first: boolean }
  | { kind: "pending"; key: string; item: Outgoing };

const ESTIMATE_PX = 62;
const TOGETHER_MS = 180_000;
const NEAR_TOP_PX = 400;
const dayOf = (atMs: number) => new Date(atMs).toDateString();

/** Messages with day marks between them, and what is still on its way at the end. */
export function linesOf(messages: MessageView[], outgoing: Outgoing[]): Line[] {
  const lines: Line[] = [];
  let before: MessageView | null = null;
  for (const message of messages) {
    const newDay = !before || dayOf(before.at_ms) !== dayOf(message.at_ms);
    if (newDay)
      lines.push({ kind: "day", key: `day-${dayOf(message.at_ms)}`, atMs: message.at_ms });
    const first =
      newDay ||
      !before ||
      before.kind === "system" ||
      before.author.id !== message.author.id ||
      before.author.kind !== message.author.kind ||
      (before.kind === "note") !== (message.kind === "note") ||
      message.at_ms - before.at_ms > TOGETHER_MS;
    lines.push({ kind: "message", key: message.id, message, first });
    before = message;
  }
  const known = new Set(messages.slice(-500).map((message) => message.id));
  for (const item of outgoing) {
    if (!known.has(item.id)) lines.push({ kind: "pending", key: item.id, item });
  }
  return lines;
}

/** What an agent said to the visitor: the newest of these shows how far it got. */
const isAnswer = (message: MessageView) =>
  message.author.kind === "agent" && (message.kind === "text" || message.kind === "file");

const NONE: MessageView[] = [];

function useLines(id: string) {
  const thread = useLive((state) => state.threads[id]);
  const all = useOutgoing((state) => state.items);
  const items = thread?.items ?? NONE;
  const lines = useMemo(
    () =>
      linesOf(
        items,
        all.filter((item) => item.conversationId === id),
      ),
    [items, all, id],
  );
  return { thread, lines };
}

/** Mark as read what is on the screen, while somebody looks at it. */
function useReading(id: string, lastSeq: number, atEnd: boolean): void {
  useEffect(() => {
    const read = () => {
      const isSeen = document.visibilityState === "visible" && document.hasFocus();
      if (isSeen && atEnd && lastSeq > 0) markRead(id, lastSeq);
    };
    read();
    window.addEventListener("focus", read);
    document.addEventListener("visibilitychange", read);
    return () => {
      window.removeEventListener("focus", read);
      document.removeEventListener("visibilitychange", read);
    };
  }, [id, lastSeq, atEnd]);
}

/** When the pane gets smaller or a message taller, whoever was at the end stays there. */
function useStayAtEnd(
  scroller: RefObject<HTMLDivElement | null>,
  total: number,
  atEnd: boolean,
): void {
  const wanted = useRef(atEnd);
  wanted.current = atEnd;
  const toEnd = useCallback(() => {
    const place = scroller.current;
    if (place && wanted.current) place.scrollTop = place.scrollHeight;
  }, [scroller]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: again whenever the content grows
  useEffect(toEnd, [toEnd, total]);
  useEffect(() => {
    const place = scroller.current;
    if (!place) return;
    const observer = new ResizeObserver(toEnd);
    observer.observe(place);
    return () => observer.disconnect();
  }, [toEnd, scroller]);
}

/** What is read aloud of one message; the whole of it stands in the thread. */
const SPOKEN_CHARS = 1_000;

function Announced({ message }: { message: MessageView | undefined }) {
  const t = useText();
  const words =
    message && message.author.kind !== "agent"
      ? message.kind === "system"
        ? systemWords(t, message)
        : `${message.author.name}: ${message.text.slice(0, SPOKEN_CHARS) || message.attachment?.name || ""}`
      : "";
  return <VisuallyHidden aria-live="polite">{words}</VisuallyHidden>;
}

function Typing({ id }: { id: string }) {
  const t = useText();
  const now = useNow();
  const typing = useLive((state) => state.typing[id]);
  const name = useLive((state) => state.conversations[id]?.contact.name);
  return (
    <div className={css.typing}>
      {typing && typing.untilMs > now
        ? t("thread.typing", { name: typing.name || name || t("contact.unnamed") })
        : ""}
    </div>
  );
}

interface LinesProps {
  conversation: ConversationView;
  thread: ThreadState;
  lines: Line[];
}

function Lines({ conversation, thread, lines }: LinesProps) {
  const t = useText();
  const language = useLanguage();
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const asked = useRef(0);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATE_PX,
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: 6,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: 80,
    paddingEnd: 8,
  });
  const newest = thread.items.at(-1);
  const answer = thread.items.findLast(isAnswer)?.id;
  const oldest = thread.items[0]?.seq ?? 0;
  useReading(conversation.id, newest?.seq ?? 0, atEnd && thread.atTail);
  const loaded = lines.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the first page is there
  useEffect(() => {
    if (loaded) rows.scrollToIndex(lines.length - 1, { align: "end" });
  }, [loaded]);
  useStayAtEnd(scroller, rows.getTotalSize(), atEnd);
  const scrolled = () => {
    const place = scroller.current;
    if (!place) return;
    setAtEnd(place.scrollHeight - place.scrollTop - place.clientHeight < 80);
    if (place.scrollTop < NEAR_TOP_PX && thread.hasMore && asked.current !== oldest) {
      asked.current = oldest;
      desk().history(conversation.id, oldest);
    }
  };
  const toEnd = () => {
    if (thread.atTail) rows.scrollToIndex(lines.length - 1, { align: "end" });
    else toNewest(conversation.id);
  };
  return (
    <>
      <div
        ref={scroller}
        className={css.thread}
        onScroll={scrolled}
        role="log"
        aria-live="off"
        aria-label={t("thread.region")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
      >
        {lines.length === 0 && (
          <Empty icon="chat" title={t("thread.empty")}>
            <p>{t("thread.empty.more")}</p>
          </Empty>
        )}
        <div className={css.items} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => {
            const line = lines[row.index];
            return line ? (
              <div
                key={row.key}
                ref={rows.measureElement}
                data-index={row.index}
                className={css.item}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                {line.kind === "day" && (
                  <div className={css.day}>{dayMark(language, line.atMs)}</div>
                )}
                {line.kind === "message" && (
                  <Message
                    message={line.message}
                    first={line.first}
                    conversation={conversation}
                    newest={line.message.id === answer}
                  />
                )}
                {line.kind === "pending" && <PendingMessage item={line.item} />}
              </div>
            ) : null;
          })}
        </div>
      </div>
      {!(atEnd && thread.atTail) && (
        <Button
          className={css.newer}
          variant="default"
          size="xs"
          onClick={toEnd}
          leftSection={<Icon name="down" size={14} />}
        >
          {t("thread.newest")}
        </Button>
      )}
      <Typing id={conversation.id} />
      <Announced message={newest} />
    </>
  );
}

/** The messages of a conversation, newest at the bottom; older ones are fetched while scrolling up. */
export function Thread({ conversation }: { conversation: ConversationView }) {
  const { thread, lines } = useLines(conversation.id);
  if (thread) return <Lines conversation={conversation} thread={thread} lines={lines} />;
  return (
    <div className={css.thread}>
      <Loading rows={6} />
    </div>
  );
}
