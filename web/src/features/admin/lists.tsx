/** The plain lists: skills, dispositions, canned replies. */
import { Select, Textarea, TextInput } from "@mantine/core";
import { t, useLanguage } from "../../i18n";
import { languageName } from "../../i18n/format";
import type {
  CannedReplyBody,
  CannedReplyView,
  DispositionBody,
  DispositionView,
  SkillBody,
  SkillView,
} from "../../wire";
import { type Listed, Listing } from "./Listing";

const skills: Listed<SkillView, SkillBody> = {
  path: "/skills",
  icon: "star",
  words: "skills",
  columns: [
    { head: "admin.name", cell: (skill) => skill.name },
    { head: "admin.description", cell: (skill) => skill.description },
  ],
  blank: { name: "", description: "" },
  bodyOf: ({ name, description }) => ({ name, description }),
  fields: (form) => (
    <>
      <TextInput
        label={t("admin.name")}
        required
        maxLength={120}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <Textarea
        label={t("admin.description")}
        maxLength={500}
        rows={3}
        {...form.getInputProps("description")}
      />
    </>
  ),
};

const dispositions: Listed<DispositionView, DispositionBody> = {
  path: "/dispositions",
  icon: "tag",
  words: "dispositions",
  columns: [
    { head: "admin.name", cell: (disposition) => disposition.name },
    { head: "dispositions.code", cell: (disposition) => <code>{disposition.code}</code> },
  ],
  blank: { name: "", code: "" },
  bodyOf: ({ name, code }) => ({ name, code }),
  fields: (form) => (
    <>
      <TextInput
        label={t("admin.name")}
        description={t("dispositions.name.more")}
        required
        maxLength={120}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <TextInput
        label={t("dispositions.code")}
        description={t("dispositions.code.more")}
        required
        pattern="[a-z0-9_]{1,40}"
        {...form.getInputProps("code")}
      />
    </>
  ),
};

type CannedNamed = CannedReplyView & { name?: string };

const canned: Listed<CannedNamed, CannedReplyBody> = {
  path: "/canned-replies",
  icon: "bolt",
  words: "canned",
  width: 560,
  columns: [
    { head: "canned.shortcut", cell: (reply) => <code>/{reply.shortcut}</code> },
    { head: "canned.name", cell: (reply) => reply.title },
    {
      head: "canned.text",
      cell: (reply) => <span className="muted">{reply.text.slice(0, 80)}</span>,
    },
    { head: "canned.language", cell: (reply) => <LanguageName tag={reply.language} /> },
  ],
  blank: { shortcut: "", title: "", text: "", language: "" },
  bodyOf: ({ shortcut, title, text, language }) => ({ shortcut, title, text, language }),
  sort: (a, b) => a.shortcut.localeCompare(b.shortcut),
  fields: (form) => (
    <>
      <TextInput
        label={t("canned.shortcut")}
        description={t("canned.shortcut.more")}
        required
        leftSection="/"
        pattern="[\w\-]{1,40}"
        data-autofocus
        {...form.getInputProps("shortcut")}
      />
      <TextInput
        label={t("canned.name")}
        required
        maxLength={120}
        {...form.getInputProps("title")}
      />
      <Textarea
        label={t("canned.text")}
        description={t("canned.text.more")}
        required
        maxLength={10_000}
        autosize
        minRows={5}
        maxRows={16}
        {...form.getInputProps("text")}
      />
      <Select
        label={t("canned.language")}
        data={[
          { value: "", label: t("canned.anyLanguage") },
          ...["en", "zh", "ar", "de", "es", "fr", "ja", "pt", "ru"].map((tag) => ({
            value: tag,
            label: languageName("en", tag),
          })),
        ]}
        {...form.getInputProps("language")}
      />
    </>
  ),
};

function LanguageName({ tag }: { tag: string }) {
  const language = useLanguage();
  return <>{tag ? languageName(language, tag) : t("canned.anyLanguage")}</>;
}

export const Skills = () => <Listing of={skills} />;
export const Dispositions = () => <Listing of={dispositions} />;
export const CannedReplies = () => <Listing of={canned} />;
