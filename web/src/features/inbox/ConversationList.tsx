import { CloseButton, Tabs, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { type Key, useText } from "../../i18n";
import { Icon } from "../../icons";
import { useActions, useKeysOf } from "../../keys/useActions";
import { myConversations, useLive } from "../../live/store";
import { Empty, Failed, KeyCaps, Loading } from "../../ui/parts";
import css from "./inbox.module.css";
import { type ItemList, useItems, useListState, VIEWS, type View } from "./items";
import { ListRow } from "./ListRow";

const ROW_PX = 64;

function NothingHere({ view, search }: { view: View; search: string }) {
  const t = useText();
  const ready = useLive((state) => state.agent?.state === "ready");
  if (search) {
    return (
      <Empty icon="search" title={t("list.noMatch")}>
        <p>{t("list.noMatch.more")}</p>
      </Empty>
    );
  }
  return (
    <Empty icon={view === "queue" ? "check" : "inbox"} title={t(`list.empty.${view}` as Key)}>
      <p>
        {t(view === "mine" && ready ? "list.empty.mine.ready" : (`list.empty.${view}.more` as Key))}
      </p>
    </Empty>
  );
}

function Rows({ list, selected, view }: { list: ItemList; selected: string; view: View }) {
  const t = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: list.items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) =>
      list.items[index]?.interaction?.id ?? list.items[index]?.conversation.id ?? index,
    overscan: 8,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (list.more && last >= list.items.length - 5) list.more();
  }, [last, list]);
  return (
    <div ref={scroller} className={css.scroll}>
      <ul
        className={css.rows}
        style={{ height: rows.getTotalSize() }}
        aria-label={t(`list.${view}` as Key)}
      >
        {shown.map((row) => {
          const item = list.items[row.index];
          return item ? (
            <li
              key={row.key}
              className={css.place}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              <ListRow item={item} selected={item.conversation.id === selected} view={view} />
            </li>
          ) : null;
        })}
      </ul>
    </div>
  );
}

/** Left pane: whose conversations, a search, and the rows. */
export function ConversationList({ selected }: { selected: string }) {
  const t = useText();
  const field = useRef<HTMLInputElement>(null);
  const { view, search } = useListState();
  const [settled] = useDebouncedValue(search, 250);
  const list = useItems(view, view === "mine" || view === "queue" ? search : settled);
  const mine = useLive((state) => myConversations(state).length);
  const waiting = useLive((state) =>
    Object.values(state.queues).reduce(
      (sum, queue) => sum + Object.values(queue.waiting).reduce((a, b) => a + b, 0),
      0,
    ),
  );
  const keys = useKeysOf("search");
  useActions({ search: () => field.current?.focus() });
  const counts: Partial<Record<View, number>> = { mine, queue: waiting };
  return (
    <section className={css.list} aria-label={t("list.region")}>
      <Tabs
        value={view}
        onChange={(value) => useListState.setState({ view: value as View })}
        className={css.tabs}
      >
        <Tabs.List grow>
          {VIEWS.map((each) => (
            <Tabs.Tab
              key={each}
              value={each}
              rightSection={
                counts[each] ? <span className="num muted">{counts[each]}</span> : undefined
              }
            >
              {t(`list.${each}` as Key)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <div className={css.find}>
          <TextInput
            ref={field}
            type="search"
            aria-label={t("list.search")}
            placeholder={t("list.search")}
            value={search}
            onChange={(event) => useListState.setState({ search: event.currentTarget.value })}
            onKeyDown={(event) => event.key === "Escape" && useListState.setState({ search: "" })}
            leftSection={<Icon name="search" size={16} />}
            rightSection={
              search ? (
                <CloseButton
                  size="sm"
                  aria-label={t("list.clear")}
                  onClick={() => useListState.setState({ search: "" })}
                />
              ) : (
                <KeyCaps keys={keys} />
              )
            }
          />
        </div>
        <Tabs.Panel value={view} className={css.panel}>
          {list.loading ? (
            <Loading rows={6} height={48} />
          ) : list.error ? (
            <Failed error={list.error} retry={list.again} />
          ) : list.items.length === 0 ? (
            <NothingHere view={view} search={search} />
          ) : (
            <Rows list={list} selected={selected} view={view} />
          )}
        </Tabs.Panel>
      </Tabs>
    </section>
  );
}
