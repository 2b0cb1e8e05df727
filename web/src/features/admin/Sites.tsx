import {
  Alert,
  Badge,
  Button,
  ColorInput,
  Group,
  MultiSelect,
  SegmentedControl,
  Stack,
  Switch,
  Tabs,
  TagsInput,
  TextInput,
} from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useState } from "react";
import { post } from "../../data/http";
import { queryClient } from "../../data/query";
import { t, useLanguage, useText } from "../../i18n";
import { languageName } from "../../i18n/format";
import { Icon } from "../../icons";
import { attempt } from "../../ui/notify";
import { CopyText } from "../../ui/parts";
import type { FormField, IdentityKey, SiteView } from "../../wire";
import css from "./admin.module.css";
import { FormEditor } from "./FormEditor";
import { type Listed, Listing } from "./Listing";

type Body = Omit<SiteView, "id" | "key" | "has_identity_key" | "snippet" | "csp">;
type Form = UseFormReturnType<Body>;

const LANGUAGES = [
  "en",
  "zh",
  "ar",
  "de",
  "es",
  "fr",
  "hi",
  "id",
  "it",
  "ja",
  "ko",
  "nl",
  "pl",
  "pt",
  "ru",
  "tr",
  "uk",
  "vi",
];

/** One short text per language of the site. */
function PerLanguage({
  form,
  field,
  label,
}: {
  form: Form;
  field: "title" | "greeting";
  label: string;
}) {
  const language = useLanguage();
  return form.values.languages.map((tag) => (
    <TextInput
      key={tag}
      label={`${label} · ${languageName(language, tag)}`}
      maxLength={500}
      lang={tag}
      dir="auto"
      value={form.values[field][tag] ?? ""}
      onChange={(event) =>
        form.setFieldValue(field, {
          ...form.values[field],
          [tag]: event.currentTarget.value,
        } as never)
      }
      error={form.errors[field]}
    />
  ));
}

function General({ form }: { form: Form }) {
  const language = useLanguage();
  return (
    <Stack>
      <TextInput
        label={t("admin.name")}
        required
        maxLength={120}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <TagsInput
        label={t("sites.origins")}
        description={t("sites.origins.more")}
        placeholder="https://www.example.com"
        {...form.getInputProps("origins")}
      />
      <MultiSelect
        label={t("sites.languages")}
        description={t("sites.languages.more")}
        required
        data={LANGUAGES.map((tag) => ({ value: tag, label: languageName(language, tag) }))}
        {...form.getInputProps("languages")}
      />
      <Switch label={t("sites.calls")} {...form.getInputProps("calls", { type: "checkbox" })} />
      <Switch label={t("sites.files")} {...form.getInputProps("files", { type: "checkbox" })} />
      <TextInput
        label={t("sites.privacy")}
        description={t("sites.privacy.more")}
        type="url"
        {...form.getInputProps("privacy_url")}
      />
    </Stack>
  );
}

function Look({ form }: { form: Form }) {
  return (
    <Stack>
      <ColorInput
        label={t("sites.accent")}
        description={t("sites.accent.more")}
        format="hex"
        eyeDropperButtonProps={{ "aria-label": t("sites.pickColour") }}
        {...form.getInputProps("accent")}
      />
      <div>
        <div className="mantine-InputWrapper-label">{t("sites.position")}</div>
        <SegmentedControl
          aria-label={t("sites.position")}
          data={[
            { value: "left", label: t("sites.left") },
            { value: "right", label: t("sites.right") },
          ]}
          {...form.getInputProps("position")}
        />
      </div>
      <PerLanguage form={form} field="title" label={t("sites.heading")} />
      <PerLanguage form={form} field="greeting" label={t("sites.greeting")} />
    </Stack>
  );
}

function Identity({ form, view }: { form: Form; view: SiteView }) {
  const words = useText();
  const [secret, setSecret] = useState("");
  const make = async () => {
    const key = await post<IdentityKey>(`/sites/${view.id}/identity-key`);
    setSecret(key.secret);
    await queryClient.invalidateQueries({ queryKey: ["sites"] });
  };
  return (
    <Stack>
      <p className="muted">{words("sites.identity.more")}</p>
      <Group>
        <Badge color={view.has_identity_key ? "ok" : "slate"}>
          {view.has_identity_key ? words("sites.identity.set") : words("sites.identity.none")}
        </Badge>
        <Button
          variant="default"
          onClick={() => void attempt(make)}
          leftSection={<Icon name="key" size={16} />}
        >
          {view.has_identity_key ? words("sites.identity.replace") : words("sites.identity.make")}
        </Button>
      </Group>
      {secret && (
        <>
          <Alert color="ok" icon={<Icon name="check" />}>
            {words("keys_api.once")}
          </Alert>
          <CopyText text={secret} label={words("sites.identity")} />
        </>
      )}
      <Switch
        label={words("sites.enforce")}
        description={words("sites.enforce.more")}
        {...form.getInputProps("enforce_identity", { type: "checkbox" })}
      />
    </Stack>
  );
}

function Embed({ view }: { view: SiteView }) {
  const words = useText();
  return (
    <Stack>
      <div>
        <strong>{words("sites.snippet")}</strong>
        <p className="muted">{words("sites.snippet.more")}</p>
        <CopyText text={view.snippet} label={words("sites.snippet")} />
      </div>
      <div>
        <strong>{words("sites.csp")}</strong>
        <p className="muted">{words("sites.csp.more")}</p>
        <CopyText text={view.csp.join("\n")} label={words("sites.csp")} />
      </div>
    </Stack>
  );
}

function Fields({ form, view }: { form: Form; view: SiteView | null }) {
  const words = useText();
  return (
    <Tabs defaultValue={view ? "embed" : "general"} keepMounted={false}>
      <Tabs.List>
        {view && <Tabs.Tab value="embed">{words("sites.tab.embed")}</Tabs.Tab>}
        <Tabs.Tab value="general">{words("sites.tab.general")}</Tabs.Tab>
        <Tabs.Tab value="form">{words("sites.tab.form")}</Tabs.Tab>
        <Tabs.Tab value="look">{words("sites.tab.look")}</Tabs.Tab>
        {view && <Tabs.Tab value="identity">{words("sites.tab.identity")}</Tabs.Tab>}
      </Tabs.List>
      <Tabs.Panel value="general" pt="md">
        <General form={form} />
      </Tabs.Panel>
      <Tabs.Panel value="form" pt="md">
        <FormEditor
          value={form.values.form}
          languages={form.values.languages}
          onChange={(next: FormField[]) => form.setFieldValue("form", next as never)}
          error={form.errors.form}
        />
      </Tabs.Panel>
      <Tabs.Panel value="look" pt="md">
        <Look form={form} />
      </Tabs.Panel>
      {view && (
        <>
          <Tabs.Panel value="identity" pt="md">
            <Identity form={form} view={view} />
          </Tabs.Panel>
          <Tabs.Panel value="embed" pt="md">
            <Embed view={view} />
          </Tabs.Panel>
        </>
      )}
    </Tabs>
  );
}

const sites: Listed<SiteView, Body> = {
  path: "/sites",
  icon: "window",
  words: "sites",
  width: 640,
  columns: [
    { head: "admin.name", cell: (site) => site.name },
    { head: "sites.origins", cell: (site) => site.origins.join(", ") || "–" },
    { head: "sites.languages", cell: (site) => site.languages.join(", ") },
    { head: "sites.accent", cell: (site) => <Swatch colour={site.accent} /> },
    { head: "sites.key", cell: (site) => <code>{site.key}</code> },
  ],
  blank: {
    name: "",
    origins: [],
    languages: ["en"],
    form: [],
    accent: "#0B6E69",
    position: "right",
    title: {},
    greeting: {},
    calls: true,
    files: true,
    privacy_url: "",
    enforce_identity: false,
  },
  bodyOf: ({ id: _id, key: _key, has_identity_key: _has, snippet: _snippet, csp: _csp, ...body }) =>
    body,
  fields: (form, view) => <Fields form={form} view={view} />,
};

function Swatch({ colour }: { colour: string }) {
  return (
    <span className="num">
      <span className={css.swatch} style={{ backgroundColor: colour }} /> {colour}
    </span>
  );
}

export const Sites = () => <Listing of={sites} />;
