import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { asApiError, post } from "../../data/http";
import { signedIn } from "../../data/me";
import { errorWords, useText } from "../../i18n";
import { Icon } from "../../icons";
import { setPageTitle } from "../../sound/attention";
import type { MeView, SetUpBody } from "../../wire";
import { Frame } from "./Frame";
import { useEntry } from "./useEntry";

/** The token of the address: behind ``#``, where no server log and no referrer sees it, or ``?``. */
function tokenOfAddress(): string {
  for (const part of [location.hash.slice(1), location.search]) {
    const token = new URLSearchParams(part).get("token");
    if (token) return token;
  }
  return "";
}

/** First start: the token printed by the server, and the first administrator. */
export default function SetUp() {
  const t = useText();
  const [, go] = useLocation();
  const form = useForm<SetUpBody>({
    initialValues: {
      token: tokenOfAddress(),
      tenant_name: "",
      name: "",
      email: "",
      password: "",
    },
  });
  const { busy, error, submit } = useEntry(async () => {
    try {
      signedIn(await post<MeView>("/set-up", form.values));
      go("/admin/sites", { replace: true });
    } catch (failure) {
      const refused = asApiError(failure);
      if (refused.field && refused.field in form.values)
        form.setFieldError(refused.field, errorWords(refused));
      throw refused;
    }
  });
  useEffect(() => setPageTitle(t("entry.setUp")), [t]);
  const shown = error && !(error.field && error.field in form.values) ? error : null;
  return (
    <Frame title={t("entry.setUp")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack>
          <p className="muted">{t("entry.setUp.more")}</p>
          {shown && (
            <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
              {errorWords(shown)}
            </Alert>
          )}
          <TextInput
            label={t("entry.token")}
            description={t("entry.token.more")}
            required
            autoComplete="off"
            {...form.getInputProps("token")}
          />
          <TextInput
            label={t("entry.tenant")}
            description={t("entry.tenant.more")}
            required
            maxLength={120}
            {...form.getInputProps("tenant_name")}
          />
          <TextInput
            label={t("entry.yourName")}
            required
            maxLength={120}
            autoComplete="name"
            {...form.getInputProps("name")}
          />
          <TextInput
            label={t("entry.email")}
            type="email"
            required
            autoComplete="username"
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label={t("entry.newPassword")}
            description={t("entry.passwordRule")}
            required
            minLength={10}
            autoComplete="new-password"
            {...form.getInputProps("password")}
          />
          <Button type="submit" size="md" loading={busy}>
            {t("entry.setUp.do")}
          </Button>
        </Stack>
      </form>
    </Frame>
  );
}
