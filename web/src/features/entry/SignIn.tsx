import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { signIn, useFarewell } from "../../data/me";
import { errorWords, useText } from "../../i18n";
import { Icon } from "../../icons";
import { setPageTitle } from "../../sound/attention";
import { Frame } from "./Frame";
import { useEntry } from "./useEntry";

export default function SignIn() {
  const t = useText();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const farewell = useFarewell();
  const { busy, error, submit } = useEntry(() => signIn(email.trim(), password));
  useEffect(() => setPageTitle(t("entry.signIn")), [t]);
  return (
    <Frame title={t("entry.signIn")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack gap="md">
          {farewell.byName && (
            <Alert color="warn" role="status" icon={<Icon name="exit" />}>
              {t("entry.signedOutBy", { name: farewell.byName, why: farewell.why })}
            </Alert>
          )}
          {error && (
            <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
              {errorWords(error)}
              {error.retryAfterS !== null && ` ${t("entry.retryAfter", { n: error.retryAfterS })}`}
            </Alert>
          )}
          <TextInput
            label={t("entry.email")}
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label={t("entry.password")}
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ "aria-label": t("entry.showPassword") }}
          />
          <Button type="submit" size="md" loading={busy} fullWidth>
            {t("entry.signIn")}
          </Button>
          <p className="muted">{t("entry.help")}</p>
        </Stack>
      </form>
    </Frame>
  );
}
