import { Alert, Button, Group, Modal, Stack, Textarea } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { type ApiError, asApiError } from "../../data/http";
import { errorWords, useText } from "../../i18n";
import { Icon } from "../../icons";
import { sayDone } from "../../ui/notify";

interface Props {
  title: string;
  action: string;
  done: string;
  danger?: boolean;
  first?: string;
  ready: boolean;
  close: () => void;
  send: (why: string) => Promise<void>;
  /** The fields; told which of them the server refused, and why. */
  children: (errorOf: (field: string) => string | undefined) => ReactNode;
}

/** A dialog whose answer is kept with a reason. */
export function Ask({ title, action, done, danger, first = "", ready, close, ...props }: Props) {
  const t = useText();
  const [why, setWhy] = useState(first);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    setFailed(null);
    try {
      await props.send(why.trim());
      sayDone(done);
      close();
    } catch (error) {
      setFailed(asApiError(error));
      setBusy(false);
    }
  };
  const errorOf = (field: string) => (failed?.field === field ? errorWords(failed) : undefined);
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ "aria-label": t("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack>
          {failed && !failed.field && (
            <Alert color="bad" role="alert" icon={<Icon name="alert" />}>
              {errorWords(failed)}
            </Alert>
          )}
          {props.children(errorOf)}
          <Textarea
            label={t("people.why")}
            description={t("people.why.more")}
            required
            maxLength={500}
            autosize
            minRows={2}
            value={why}
            error={errorOf("why")}
            onChange={(event) => setWhy(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t("cancel")}
            </Button>
            <Button
              type="submit"
              color={danger ? "bad" : undefined}
              loading={busy}
              disabled={!ready || why.trim() === ""}
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
