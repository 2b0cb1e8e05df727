import { Button, Group, Input, NumberInput, Select, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useText } from "../../i18n";
import { Icon } from "../../icons";
import { IconButton } from "../../ui/parts";
import type { SkillView } from "../../wire";
import { useList } from "./data";

interface Props {
  label: string;
  description: string;
  value: Record<string, number>;
  onChange: (value: Record<string, number>) => void;
  error?: ReactNode;
}

const FIRST_LEVEL = 50;

/** Skills with a level from 0 to 100 each. */
export function Levels({ label, description, value, onChange, error }: Props) {
  const t = useText();
  const { data: skills } = useList<SkillView>("/skills");
  const all = skills ?? [];
  const free = all.filter((skill) => !(skill.id in value));
  const name = (id: string) => all.find((skill) => skill.id === id)?.name ?? id;
  const without = (id: string) =>
    Object.fromEntries(Object.entries(value).filter(([key]) => key !== id));
  return (
    <Input.Wrapper label={label} description={description} error={error} labelElement="div">
      <Stack gap={6} mt={4}>
        {Object.entries(value).map(([id, level]) => (
          <Group key={id} gap={8} wrap="nowrap">
            <Select
              style={{ flex: 1 }}
              aria-label={t("levels.skill")}
              allowDeselect={false}
              value={id}
              data={[
                { value: id, label: name(id) },
                ...free.map((skill) => ({ value: skill.id, label: skill.name })),
              ]}
              onChange={(next) => next && onChange({ ...without(id), [next]: level })}
            />
            <NumberInput
              w={90}
              min={0}
              max={100}
              aria-label={t("levels.level", { name: name(id) })}
              value={level}
              onChange={(next) => onChange({ ...value, [id]: Number(next) || 0 })}
            />
            <IconButton
              icon="close"
              size="md"
              label={t("levels.remove", { name: name(id) })}
              onClick={() => onChange(without(id))}
            />
          </Group>
        ))}
        {free[0] ? (
          <Button
            variant="default"
            size="xs"
            leftSection={<Icon name="plus" size={14} />}
            style={{ alignSelf: "flex-start" }}
            onClick={() => onChange({ ...value, [free[0]?.id ?? ""]: FIRST_LEVEL })}
          >
            {t("levels.add")}
          </Button>
        ) : (
          all.length === 0 && <span className="muted">{t("levels.none")}</span>
        )}
      </Stack>
    </Input.Wrapper>
  );
}
