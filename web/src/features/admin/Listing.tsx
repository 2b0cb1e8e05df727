import { Alert, Button, Drawer, Group, Stack, Table } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { type ReactNode, useState } from "react";
import { type ApiError, asApiError } from "../../data/http";
import { useMe } from "../../data/me";
import { errorWords, type Key, useText } from "../../i18n";
import { Icon, type IconName } from "../../icons";
import { sayDone } from "../../ui/notify";
import { Empty, Failed, IconButton, Loading, Wide } from "../../ui/parts";
import css from "./admin.module.css";
import { removeItem, rootField, saveItem, useList } from "./data";
import { Page, Section } from "./Page";
import { Remove } from "./Remove";

export interface Column<View> {
  head: Key;
  cell: (view: View) => ReactNode;
  number?: boolean;
}

/** One kind of thing an administrator keeps a list of. */
export interface Listed<View, Body extends object> {
  path: string;
  icon: IconName;
  /** Prefix of its words: ``.title .more .add .empty .empty.more``. */
  words: "skills" | "queues" | "hours" | "dispositions" | "canned" | "routes" | "sites" | "reasons";
  columns: Column<View>[];
  blank: Body;
  bodyOf: (view: View) => Body;
  fields: (form: UseFormReturnType<Body>, view: View | null) => ReactNode;
  width?: number;
  sort?: (a: View, b: View) => number;
  /** Only administrators may remove one; others may change it. */
  keeps?: boolean;
  /** One of several lists on a page, not a page of its own. */
  part?: boolean;
}

interface Named {
  id: string;
  name: string;
}

interface EditorProps<View, Body extends object> {
  of: Listed<View, Body>;
  view: View | null;
  close: () => void;
}

function Editor<View extends { id: string }, Body extends object>({
  of,
  view,
  close,
}: EditorProps<View, Body>) {
  const t = useText();
  const [failed, setFailed] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useForm<Body>({ initialValues: view ? of.bodyOf(view) : of.blank });
  const save = async (values: Body) => {
    setBusy(true);
    setFailed(null);
    try {
      await saveItem(of.path, view?.id ?? null, values);
      sayDone(t("admin.saved"));
      close();
    } catch (failure) {
      const error = asApiError(failure);
      const field = rootField(error.field);
      if (field in values) form.setFieldError(field, errorWords(error));
      else setFailed(error);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void save(values))}>
      <Stack gap="md">
        {failed && (
          <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
            {errorWords(failed)}
          </Alert>
        )}
        {of.fields(form, view)}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={busy}>
            {t("save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface RowsProps<View, Body extends object> {
  of: Listed<View, Body>;
  rows: View[];
  edit: (view: View) => void;
  nameOf: (view: View) => string;
}

function Rows<View extends { id: string }, Body extends object>({
  of,
  rows,
  edit,
  nameOf,
}: RowsProps<View, Body>) {
  const t = useText();
  const isAdmin = useMe().data?.user.role === "admin";
  return (
    <Wide>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {of.columns.map((column) => (
              <Table.Th key={column.head} className={column.number ? css.right : undefined}>
                {t(column.head)}
              </Table.Th>
            ))}
            <Table.Th className={css.right}>{t("admin.actions")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((view) => (
            <Table.Tr key={view.id}>
              {of.columns.map((column) => (
                <Table.Td
                  key={column.head}
                  className={column.number ? `num ${css.right}` : undefined}
                >
                  {column.cell(view)}
                </Table.Td>
              ))}
              <Table.Td>
                <div className={css.acts}>
                  <IconButton
                    icon="edit"
                    size="md"
                    label={t("admin.edit", { name: nameOf(view) })}
                    onClick={() => edit(view)}
                  />
                  {(isAdmin || !of.keeps) && (
                    <Remove name={nameOf(view)} work={() => removeItem(of.path, view.id)} />
                  )}
                </div>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

/** A list with its empty, loading and error states, and a drawer to add and change. */
export function Listing<View extends { id: string }, Body extends object>({
  of,
}: {
  of: Listed<View, Body>;
}) {
  const t = useText();
  const { data, error, isPending, refetch } = useList<View>(of.path);
  const [editing, setEditing] = useState<{ view: View | null } | null>(null);
  const nameOf = (view: View) => (view as unknown as Partial<Named>).name ?? view.id;
  const rows = of.sort ? [...(data ?? [])].sort(of.sort) : (data ?? []);
  const add = (
    <Button onClick={() => setEditing({ view: null })} leftSection={<Icon name="plus" size={16} />}>
      {t(`${of.words}.add`)}
    </Button>
  );
  const title = editing?.view
    ? t("admin.edit", { name: nameOf(editing.view) })
    : t(`${of.words}.add`);
  const Frame = of.part ? Section : Page;
  return (
    <Frame
      title={t(`${of.words}.title`)}
      more={t(`${of.words}.more`)}
      action={rows.length > 0 ? add : undefined}
    >
      {isPending && <Loading rows={4} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {data && rows.length === 0 && (
        <Empty icon={of.icon} title={t(`${of.words}.empty`)}>
          <p>{t(`${of.words}.empty.more`)}</p>
          {add}
        </Empty>
      )}
      {rows.length > 0 && (
        <Rows of={of} rows={rows} edit={(view) => setEditing({ view })} nameOf={nameOf} />
      )}
      <Drawer
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={title}
        size={of.width ?? 460}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        {editing && <Editor of={of} view={editing.view} close={() => setEditing(null)} />}
      </Drawer>
    </Frame>
  );
}
