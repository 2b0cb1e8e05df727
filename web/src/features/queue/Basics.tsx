import { Anchor, Badge, Select, TextInput } from "@mantine/core";
import { Link } from "wouter";
import { useMe } from "../../data/me";
import { useText } from "../../i18n";
import type { HoursView } from "../../wire";
import { useList } from "../admin/data";
import { useRule } from "./check";
import { NEW } from "./draft";
import css from "./queue.module.css";

const ALWAYS = "";

/** Its name, and when it is open. */
export function Basics({ nameless }: { nameless: boolean }) {
  const t = useText();
  const { id, draft, change, errorOf } = useRule();
  const { data: hours } = useList<HoursView>("/hours");
  const isAdmin = useMe().data?.user.role === "admin";
  const chosen = hours?.find((each) => each.id === draft.hours_id);
  return (
    <>
      <TextInput
        label={t("admin.name")}
        required
        maxLength={120}
        autoFocus={id === NEW}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        error={nameless && !draft.name.trim() ? t("rule.nameless") : errorOf("name")}
      />
      <div>
        <Select
          label={t("rule.hours")}
          description={t("rule.hours.more")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          allowDeselect={false}
          value={draft.hours_id ?? ALWAYS}
          data={[
            { value: ALWAYS, label: t("rule.always") },
            ...(hours ?? []).map((each) => ({ value: each.id, label: each.name })),
          ]}
          onChange={(value) => change({ hours_id: value || null })}
          error={errorOf("hours_id")}
        />
        <p className={css.beside}>
          {chosen && (
            <Badge color={chosen.open_now ? "ok" : "slate"}>
              {chosen.open_now ? t("hours.open") : t("hours.closed")}
            </Badge>
          )}
          {isAdmin && (
            <Anchor component={Link} href="/admin/hours" size="sm" underline="always">
              {t("rule.hours.link")}
            </Anchor>
          )}
        </p>
      </div>
    </>
  );
}
