import {
  Alert,
  Badge,
  Button,
  Drawer,
  Group,
  Select,
  Stack,
  Table,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { asApiError, post } from "../../data/http";
import { queryClient } from "../../data/query";
import { errorWords, useLanguage, useText } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Icon } from "../../icons";
import { CopyText, Empty, Failed, Loading, Wide } from "../../ui/parts";
import type { ApiKeyBody, ApiKeyView } from "../../wire";
import css from "./admin.module.css";
import { removeItem, useList } from "./data";
import { Page } from "./Page";
import { Remove } from "./Remove";

function Make({ close }: { close: () => void }) {
  const t = useText();
  const [made, setMade] = useState<ApiKeyView | null>(null);
  const form = useForm<ApiKeyBody>({ initialValues: { name: "", role: "supervisor" } });
  const make = async (values: ApiKeyBody) => {
    try {
      setMade(await post<ApiKeyView>("/api-keys", values));
      await queryClient.invalidateQueries({ queryKey: ["api-keys"] });
    } catch (failure) {
      const error = asApiError(failure);
      form.setFieldError(error.field === "role" ? "role" : "name", errorWords(error));
    }
  };
  if (made?.secret) {
    return (
      <Stack>
        <Alert color="ok" icon={<Icon name="check" />}>
          {t("keys_api.once")}
        </Alert>
        <CopyText text={made.secret} label={t("keys_api.secret")} />
        <Button onClick={close}>{t("done")}</Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => void make(values))}>
      <Stack>
        <TextInput
          label={t("admin.name")}
          description={t("keys_api.name.more")}
          required
          maxLength={120}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Select
          label={t("users.role")}
          allowDeselect={false}
          data={(["agent", "supervisor", "admin"] as const).map((role) => ({
            value: role,
            label: t(`role.${role}`),
          }))}
          {...form.getInputProps("role")}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("cancel")}
          </Button>
          <Button type="submit">{t("keys_api.add")}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function Rows({ keys }: { keys: ApiKeyView[] }) {
  const t = useText();
  const language = useLanguage();
  return (
    <Wide>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("admin.name")}</Table.Th>
            <Table.Th>{t("users.role")}</Table.Th>
            <Table.Th>{t("keys_api.made")}</Table.Th>
            <Table.Th>{t("keys_api.used")}</Table.Th>
            <Table.Th className={css.right}>{t("admin.actions")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <Table.Tr key={key.id}>
              <Table.Td>{key.name}</Table.Td>
              <Table.Td>
                <Badge>{t(`role.${key.role}`)}</Badge>
              </Table.Td>
              <Table.Td className="num">{dateTime(language, key.created_at_ms)}</Table.Td>
              <Table.Td className="num">
                {key.last_used_at_ms === null
                  ? t("users.never")
                  : dateTime(language, key.last_used_at_ms)}
              </Table.Td>
              <Table.Td>
                <div className={css.acts}>
                  <Remove name={key.name} work={() => removeItem("/api-keys", key.id)} />
                </div>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

export function ApiKeys() {
  const t = useText();
  const { data, error, isPending, refetch } = useList<ApiKeyView>("/api-keys");
  const [making, setMaking] = useState(false);
  const add = (
    <Button onClick={() => setMaking(true)} leftSection={<Icon name="plus" size={16} />}>
      {t("keys_api.add")}
    </Button>
  );
  return (
    <Page
      title={t("keys_api.title")}
      more={t("keys_api.more")}
      action={data && data.length > 0 ? add : undefined}
    >
      {isPending && <Loading rows={3} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {data?.length === 0 && (
        <Empty icon="key" title={t("keys_api.empty")}>
          <p>{t("keys_api.empty.more")}</p>
          {add}
        </Empty>
      )}
      {data && data.length > 0 && <Rows keys={data} />}
      <Drawer
        opened={making}
        onClose={() => setMaking(false)}
        title={t("keys_api.add")}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        {making && <Make close={() => setMaking(false)} />}
      </Drawer>
    </Page>
  );
}
