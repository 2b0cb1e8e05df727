import {
  Alert,
  Badge,
  Button,
  Drawer,
  Group,
  Select,
  Stack,
  Switch,
  Table,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { asApiError, patch, post } from "../../data/http";
import { useMe } from "../../data/me";
import { queryClient } from "../../data/query";
import { errorWords, useLanguage, useText } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Icon } from "../../icons";
import { attempt } from "../../ui/notify";
import { CopyText, Empty, Failed, Loading, Wide } from "../../ui/parts";
import type { InvitationBody, InvitationView, UserPatch, UserView } from "../../wire";
import css from "./admin.module.css";
import { removeItem, useList } from "./data";
import { Page } from "./Page";
import { Remove } from "./Remove";

const ROLES = ["agent", "supervisor", "admin"] as const;

async function change(id: string, body: UserPatch): Promise<void> {
  await patch(`/users/${id}`, body);
  await queryClient.invalidateQueries({ queryKey: ["users"] });
}

function UserRow({ user, mine }: { user: UserView; mine: boolean }) {
  const t = useText();
  const language = useLanguage();
  return (
    <Table.Tr>
      <Table.Td>{user.name}</Table.Td>
      <Table.Td>{user.email}</Table.Td>
      <Table.Td>
        <Select
          w={150}
          aria-label={t("users.roleOf", { name: user.name })}
          allowDeselect={false}
          disabled={mine}
          value={user.role}
          data={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))}
          onChange={(role) =>
            void attempt(() => change(user.id, { role: role as UserView["role"] }))
          }
        />
      </Table.Td>
      <Table.Td className="num">
        {user.last_sign_in_at_ms === null
          ? t("users.never")
          : dateTime(language, user.last_sign_in_at_ms)}
      </Table.Td>
      <Table.Td>
        <Switch
          aria-label={t("users.activeOf", { name: user.name })}
          disabled={mine}
          checked={user.active}
          onChange={(event) => {
            const active = event.currentTarget.checked;
            void attempt(() => change(user.id, { active }));
          }}
        />
      </Table.Td>
    </Table.Tr>
  );
}

function Invite({ close }: { close: () => void }) {
  const t = useText();
  const [made, setMade] = useState<InvitationView | null>(null);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const form = useForm<InvitationBody>({ initialValues: { email: "", name: "", role: "agent" } });
  const send = async (values: InvitationBody) => {
    setBusy(true);
    setFailed("");
    try {
      setMade(await post<InvitationView>("/invitations", values));
      await queryClient.invalidateQueries({ queryKey: ["invitations"] });
    } catch (failure) {
      const error = asApiError(failure);
      if (error.field && error.field in values) form.setFieldError(error.field, errorWords(error));
      else setFailed(errorWords(error));
    } finally {
      setBusy(false);
    }
  };
  if (made?.link) {
    return (
      <Stack>
        <Alert color="ok" icon={<Icon name="check" />}>
          {t("users.invited", { name: made.name })}
        </Alert>
        <CopyText text={made.link} label={t("users.link")} />
        <Button onClick={close}>{t("done")}</Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => void send(values))}>
      <Stack>
        {failed && (
          <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
            {failed}
          </Alert>
        )}
        <TextInput
          label={t("admin.name")}
          required
          maxLength={120}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <TextInput
          label={t("entry.email")}
          type="email"
          required
          maxLength={254}
          {...form.getInputProps("email")}
        />
        <Select
          label={t("users.role")}
          allowDeselect={false}
          data={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))}
          {...form.getInputProps("role")}
        />
        <p className="muted">{t(`role.${form.values.role}.more`)}</p>
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={busy}>
            {t("users.makeLink")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Invitations() {
  const t = useText();
  const language = useLanguage();
  const { data, error, refetch } = useList<InvitationView>("/invitations");
  const open = (data ?? []).filter((each) => each.accepted_at_ms === null);
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (open.length === 0) return null;
  return (
    <>
      <h2 className={css.section}>{t("users.invitations")}</h2>
      <Wide>
        <Table>
          <Table.Tbody>
            {open.map((each) => (
              <Table.Tr key={each.id}>
                <Table.Td>{each.name}</Table.Td>
                <Table.Td>{each.email}</Table.Td>
                <Table.Td>
                  <Badge>{t(`role.${each.role}`)}</Badge>
                </Table.Td>
                <Table.Td className="num">
                  {t("users.until", { when: dateTime(language, each.expires_at_ms) })}
                </Table.Td>
                <Table.Td>
                  <div className={css.acts}>
                    <Remove name={each.name} work={() => removeItem("/invitations", each.id)} />
                  </div>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </>
  );
}

export function Users() {
  const t = useText();
  const { data: me } = useMe();
  const { data, error, isPending, refetch } = useList<UserView>("/users");
  const [inviting, setInviting] = useState(false);
  return (
    <Page
      title={t("users.title")}
      more={t("users.more")}
      action={
        <Button onClick={() => setInviting(true)} leftSection={<Icon name="plus" size={16} />}>
          {t("users.invite")}
        </Button>
      }
    >
      {isPending && <Loading rows={4} />}
      {error && <Failed error={error} retry={() => void refetch()} />}
      {data?.length === 0 && <Empty icon="people" title={t("users.empty")} />}
      {data && data.length > 0 && (
        <Wide>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("admin.name")}</Table.Th>
                <Table.Th>{t("entry.email")}</Table.Th>
                <Table.Th>{t("users.role")}</Table.Th>
                <Table.Th>{t("users.lastSignIn")}</Table.Th>
                <Table.Th>{t("users.active")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.map((user) => (
                <UserRow key={user.id} user={user} mine={user.id === me?.user.id} />
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
      <Invitations />
      <Drawer
        opened={inviting}
        onClose={() => setInviting(false)}
        title={t("users.invite")}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        {inviting && <Invite close={() => setInviting(false)} />}
      </Drawer>
    </Page>
  );
}
