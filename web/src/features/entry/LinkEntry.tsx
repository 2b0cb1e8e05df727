import { Alert, Button, PasswordInput, Stack } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { type ApiError, asApiError, post } from "../../data/http";
import { signedIn } from "../../data/me";
import { errorWords, useText } from "../../i18n";
import { Icon } from "../../icons";
import { setPageTitle } from "../../sound/attention";
import { Loading } from "../../ui/parts";
import type { MeView } from "../../wire";
import { Frame } from "./Frame";

type Phase = "trying" | "password" | "refused";

/** A one-time link signs in at once; an invitation first wants a password. */
export default function LinkEntry({ token }: { token: string }) {
  const t = useText();
  const [, go] = useLocation();
  const [phase, setPhase] = useState<Phase>("trying");
  const [error, setError] = useState<ApiError | null>(null);
  const [password, setPassword] = useState("");
  const started = useRef(false);
  const enter = async (withPassword: string | null) => {
    try {
      signedIn(await post<MeView>("/sign-in/link", { token, password: withPassword }));
      go("/", { replace: true });
    } catch (failure) {
      const refused = asApiError(failure);
      const wantsPassword = refused.field === "password" && refused.status === 400;
      setError(wantsPassword && withPassword === null ? null : refused);
      setPhase(wantsPassword ? "password" : "refused");
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the link works once, so it is tried once
  useEffect(() => {
    setPageTitle(t("entry.link"));
    if (started.current) return;
    started.current = true;
    void enter(null);
  }, []);
  return (
    <Frame title={phase === "password" ? t("entry.choosePassword") : t("entry.link")}>
      {phase === "trying" && <Loading rows={2} />}
      {phase === "refused" && error && (
        <Stack>
          <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
            {errorWords(error)}
          </Alert>
          <p>{t("entry.linkUsed")}</p>
          <Button variant="default" onClick={() => go("/", { replace: true })}>
            {t("entry.toSignIn")}
          </Button>
        </Stack>
      )}
      {phase === "password" && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void enter(password);
          }}
        >
          <Stack>
            <PasswordInput
              label={t("entry.newPassword")}
              description={t("entry.passwordRule")}
              autoComplete="new-password"
              minLength={10}
              required
              withAsterisk={false}
              autoFocus
              value={password}
              error={error ? errorWords(error) : undefined}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" size="md">
              {t("entry.join")}
            </Button>
          </Stack>
        </form>
      )}
    </Frame>
  );
}
