import { Progress } from "@mantine/core";
import { useText } from "../../i18n";
import { fileSize } from "../../i18n/format";
import { Icon } from "../../icons";
import { useLive } from "../../live/store";
import { IconButton } from "../../ui/parts";
import { dropFile, retryFile, useFiles } from "./files";
import css from "./inbox.module.css";

/** Files of this conversation that are on their way. */
export function UploadList({ conversationId }: { conversationId: string }) {
  const t = useText();
  const all = useFiles((state) => state.items);
  const open = useLive((state) => state.link === "open");
  const files = all.filter((item) => item.conversationId === conversationId);
  return (
    <>
      {files.map((item) => {
        const share = item.file.size > 0 ? (item.sentBytes / item.file.size) * 100 : 0;
        return (
          <div key={item.id} className={css.upload} data-failed={item.failed !== ""} role="status">
            <span className={css.uploadText}>
              <span className="clip">{item.file.name}</span>
              {item.failed ? (
                <span className={css.refused}>{item.failed}</span>
              ) : (
                <span className="muted num">
                  {open ? fileSize(item.file.size) : t("outbox.waiting")}
                </span>
              )}
            </span>
            {item.failed ? (
              <Icon name="alert" size={16} />
            ) : (
              <>
                <Progress
                  value={share}
                  color="petrol"
                  aria-label={t("file.progress", { name: item.file.name })}
                />
                <span className="num muted">{Math.round(share)} %</span>
              </>
            )}
            <span>
              {item.mayRetry && (
                <IconButton
                  size="md"
                  icon="refresh"
                  label={t("outbox.again")}
                  onClick={() => retryFile(item.id)}
                />
              )}
              <IconButton
                size="md"
                icon="close"
                label={t(item.failed ? "file.remove" : "file.stop")}
                onClick={() => dropFile(item.id)}
              />
            </span>
          </div>
        );
      })}
    </>
  );
}
