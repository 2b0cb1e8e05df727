import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { asApiError, patch } from "../../data/http";
import { errorWords, useText } from "../../i18n";
import { useLive } from "../../live/store";
import type { ContactPatch, ContactView } from "../../wire";

type Fields = { name: string; email: string; phone: string };

function keep(contact: ContactView): void {
  const { conversations } = useLive.getState();
  const changed = Object.values(conversations)
    .filter((each) => each.contact.id === contact.id)
    .map((each) => [each.id, { ...each, contact }] as const);
  useLive.setState({ conversations: { ...conversations, ...Object.fromEntries(changed) } });
}

/** Name and addresses of a contact, as a form. */
export default function ContactEdit({ contact, done }: { contact: ContactView; done: () => void }) {
  const t = useText();
  const [busy, setBusy] = useState(false);
  const form = useForm<Fields>({
    initialValues: { name: contact.name, email: contact.email, phone: contact.phone },
  });
  const save = async (values: Fields) => {
    setBusy(true);
    const changes: ContactPatch = Object.fromEntries(
      Object.entries(values).filter(
        ([key, value]) => value.trim() !== contact[key as keyof Fields],
      ),
    );
    try {
      keep(await patch<ContactView>(`/contacts/${contact.id}`, changes));
      done();
    } catch (failure) {
      const error = asApiError(failure);
      form.setFieldError(
        error.field && error.field in values ? error.field : "name",
        errorWords(error),
      );
      setBusy(false);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void save(values))}>
      <Stack gap={8}>
        <TextInput
          label={t("contact.name")}
          maxLength={120}
          autoFocus
          {...form.getInputProps("name")}
        />
        <TextInput
          label={t("contact.email")}
          type="email"
          maxLength={254}
          {...form.getInputProps("email")}
        />
        <TextInput
          label={t("contact.phone")}
          type="tel"
          maxLength={60}
          {...form.getInputProps("phone")}
        />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={done}>
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
