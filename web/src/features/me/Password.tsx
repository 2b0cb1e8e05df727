import { Button, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { asApiError, post } from "../../data/http";
import { renewed } from "../../data/me";
import { errorWords, useText } from "../../i18n";
import { sayDone } from "../../ui/notify";
import type { MeView } from "../../wire";

export function Password() {
  const t = useText();
  const [busy, setBusy] = useState(false);
  const form = useForm({ initialValues: { old_password: "", new_password: "" } });
  const show = { "aria-label": t("entry.showPassword") };
  const save = async (values: typeof form.values) => {
    setBusy(true);
    try {
      renewed(await post<MeView>("/me/password", values));
      form.reset();
      sayDone(t("me.password.done"));
    } catch (failure) {
      const error = asApiError(failure);
      form.setFieldError(
        error.field === "new_password" ? "new_password" : "old_password",
        errorWords(error),
      );
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <h1>{t("me.password")}</h1>
      <form onSubmit={form.onSubmit((values) => void save(values))}>
        <Stack maw={380}>
          <PasswordInput
            label={t("me.password.old")}
            autoComplete="current-password"
            required
            withAsterisk={false}
            visibilityToggleButtonProps={show}
            {...form.getInputProps("old_password")}
          />
          <PasswordInput
            label={t("entry.newPassword")}
            description={t("entry.passwordRule")}
            autoComplete="new-password"
            minLength={10}
            required
            withAsterisk={false}
            visibilityToggleButtonProps={show}
            {...form.getInputProps("new_password")}
          />
          <Button type="submit" loading={busy} style={{ alignSelf: "flex-start" }}>
            {t("me.password.do")}
          </Button>
        </Stack>
      </form>
    </>
  );
}
