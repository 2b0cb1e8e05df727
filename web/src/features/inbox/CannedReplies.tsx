import { Combobox, useCombobox } from "@mantine/core";
import { type ReactElement, type RefObject, useEffect } from "react";
import { useMe } from "../../data/me";
import { useCanned } from "../../data/rest";
import { useText } from "../../i18n";
import type { ConversationView } from "../../wire";
import { fillReply, findReplies, slashWord } from "./canned";
import css from "./inbox.module.css";

interface Props {
  conversation: ConversationView;
  text: string;
  caret: number;
  /** Opened by its key or button instead of by a slash. */
  forced: boolean;
  close: () => void;
  /** Set while the list is open, so that Enter chooses instead of sending. */
  state: RefObject<boolean>;
  insert: (piece: string, from?: number) => void;
  children: ReactElement;
}

/** The list of canned replies over the text field; choosing happens by arrow keys and Enter. */
export default function CannedReplies(props: Props) {
  const { conversation, text, caret, forced, close, state, insert, children } = props;
  const t = useText();
  const { data: me } = useMe();
  const { data: all } = useCanned();
  const slash = slashWord(text, caret);
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      close();
    },
  });
  const found =
    slash || forced ? findReplies(all ?? [], slash?.word ?? "", conversation.language) : [];
  const wanted = (forced || slash !== null) && (found.length > 0 || forced);
  state.current = wanted && found.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows what is typed
  useEffect(() => {
    if (wanted) {
      combobox.openDropdown();
      combobox.selectFirstOption();
    } else combobox.closeDropdown();
  }, [wanted, slash?.word]);
  const choose = (id: string) => {
    const reply = found.find((each) => each.id === id);
    close();
    if (reply) insert(fillReply(reply.text, conversation, me?.user.name ?? ""), slash?.from);
  };
  return (
    <Combobox
      store={combobox}
      onOptionSubmit={choose}
      position="top-start"
      width="target"
      shadow="md"
      onClose={close}
    >
      <Combobox.DropdownTarget>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: only hears that the field inside lost the focus */}
        <div onBlur={close}>
          <Combobox.EventsTarget withKeyboardNavigation={wanted}>{children}</Combobox.EventsTarget>
        </div>
      </Combobox.DropdownTarget>
      <Combobox.Dropdown hidden={!wanted}>
        <Combobox.Options mah={260} style={{ overflowY: "auto" }} aria-label={t("composer.canned")}>
          {found.length === 0 && <Combobox.Empty>{t("composer.noCanned")}</Combobox.Empty>}
          {found.map((reply) => (
            <Combobox.Option key={reply.id} value={reply.id}>
              <span className={css.option}>
                <span>
                  <strong>/{reply.shortcut}</strong> {reply.title}
                </span>
                <small className="clip">{reply.text}</small>
              </span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
