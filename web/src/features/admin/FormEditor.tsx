import { Button, Group, Select, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useLanguage, useText } from "../../i18n";
import { languageName } from "../../i18n/format";
import { Icon } from "../../icons";
import { IconButton } from "../../ui/parts";
import type { FormField } from "../../wire";
import css from "./admin.module.css";

const KINDS = ["text", "email", "tel", "choice", "consent", "long_text"] as const;
const MOST = 20;

interface FieldProps {
  field: FormField;
  place: number;
  last: boolean;
  languages: string[];
  change: (field: FormField) => void;
  remove: () => void;
  move: (by: number) => void;
}

function Field({ field, place, last, languages, change, remove, move }: FieldProps) {
  const t = useText();
  const language = useLanguage();
  const name = t("form.field", { n: place + 1 });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a plain group, without a fieldset's frame
    <div className={css.box} role="group" aria-label={name}>
      <Group justify="space-between" mb={8}>
        <strong>{name}</strong>
        <Group gap={2}>
          <IconButton
            icon="up"
            size="md"
            label={t("form.up")}
            disabled={place === 0}
            onClick={() => move(-1)}
          />
          <IconButton
            icon="down"
            size="md"
            label={t("form.down")}
            disabled={last}
            onClick={() => move(1)}
          />
          <IconButton icon="trash" size="md" label={t("form.remove", { name })} onClick={remove} />
        </Group>
      </Group>
      <Stack gap={8}>
        <Group grow>
          <TextInput
            label={t("form.name")}
            required
            pattern="[a-z][a-z0-9_]{0,39}"
            value={field.name}
            onChange={(event) => change({ ...field, name: event.currentTarget.value })}
          />
          <Select
            label={t("form.kind")}
            allowDeselect={false}
            value={field.kind}
            data={KINDS.map((kind) => ({ value: kind, label: t(`form.kind.${kind}`) }))}
            onChange={(kind) => change({ ...field, kind: kind as FormField["kind"] })}
          />
        </Group>
        {languages.map((tag) => (
          <TextInput
            key={tag}
            label={`${t("form.label")} · ${languageName(language, tag)}`}
            lang={tag}
            dir="auto"
            value={field.label[tag] ?? ""}
            onChange={(event) =>
              change({ ...field, label: { ...field.label, [tag]: event.currentTarget.value } })
            }
          />
        ))}
        {field.kind === "choice" && (
          <TagsInput
            label={t("form.options")}
            value={field.options ?? []}
            onChange={(options) => change({ ...field, options })}
          />
        )}
        <Switch
          label={t("form.required")}
          checked={field.required}
          onChange={(event) => change({ ...field, required: event.currentTarget.checked })}
        />
      </Stack>
    </div>
  );
}

interface Props {
  value: FormField[];
  languages: string[];
  onChange: (value: FormField[]) => void;
  error?: ReactNode;
}

/** The form a visitor fills before the first message. */
export function FormEditor({ value, languages, onChange, error }: Props) {
  const t = useText();
  const move = (from: number, by: number) => {
    const next = [...value];
    const [field] = next.splice(from, 1);
    if (field) next.splice(from + by, 0, field);
    onChange(next);
  };
  const add = (field: FormField) => onChange([...value, field]);
  return (
    <Stack>
      <p className="muted">{t("form.more")}</p>
      {error && <p role="alert">{error}</p>}
      {value.map((field, index) => (
        <Field
          // biome-ignore lint/suspicious/noArrayIndexKey: a field's name is being edited, only its place is steady
          key={index}
          field={field}
          place={index}
          last={index === value.length - 1}
          languages={languages}
          change={(next) => onChange(value.with(index, next))}
          remove={() => onChange(value.filter((_, at) => at !== index))}
          move={(by) => move(index, by)}
        />
      ))}
      {value.length < MOST && (
        <Group>
          <Button
            variant="default"
            leftSection={<Icon name="plus" size={16} />}
            onClick={() =>
              add({
                name: `field_${value.length + 1}`,
                label: {},
                kind: "text",
                required: false,
                options: [],
              })
            }
          >
            {t("form.add")}
          </Button>
          {!value.some((field) => field.name === "department") && (
            <Button
              variant="default"
              onClick={() =>
                add({ name: "department", label: {}, kind: "choice", required: true, options: [] })
              }
            >
              {t("form.addDepartment")}
            </Button>
          )}
        </Group>
      )}
    </Stack>
  );
}
