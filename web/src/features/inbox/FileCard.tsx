import { Anchor } from "@mantine/core";
import { useState } from "react";
import { get } from "../../data/http";
import { type Key, useText } from "../../i18n";
import { fileSize } from "../../i18n/format";
import { Icon } from "../../icons";
import type { AttachmentView } from "../../wire";
import css from "./inbox.module.css";

/** A file in the conversation. Its addresses are short-lived, so a fresh one is asked for. */
export function FileCard({ attachment }: { attachment: AttachmentView }) {
  const t = useText();
  const [current, setCurrent] = useState(attachment);
  const [tries, setTries] = useState(0);
  const isSame = current.state === attachment.state && current.is_delayed === attachment.is_delayed;
  const face = isSame ? current : attachment;
  const refresh = async () => {
    const fresh = await get<AttachmentView>(`/attachments/${attachment.id}`);
    setCurrent(fresh);
    return fresh;
  };
  const open = async (event: React.MouseEvent) => {
    event.preventDefault();
    const page = window.open("about:blank", "_blank");
    const fresh = await refresh().catch(() => face);
    if (page && fresh.url) {
      page.opener = null;
      page.location.href = fresh.url;
    } else page?.close();
  };
  const again = () => {
    if (tries > 1) return;
    setTries(tries + 1);
    void refresh().catch(() => undefined);
  };
  const state = face.is_delayed ? "delayed" : face.state;
  const words = state === "clean" ? fileSize(face.size_bytes) : t(`file.${state}` as Key);
  return (
    <div>
      {face.preview_url && face.state === "clean" && (
        <img
          className={css.picture}
          src={face.preview_url}
          alt={face.name}
          width={face.width_px ?? undefined}
          height={face.height_px ?? undefined}
          style={{ height: "auto" }}
          onError={again}
        />
      )}
      <div className={css.card}>
        <Icon name={face.state === "blocked" ? "alert" : "file"} size={22} />
        <span>
          <span className="clip">{face.name}</span>
          <small className="num">{words}</small>
        </span>
        {face.state === "clean" && face.url && (
          <Anchor
            href={face.url}
            target="_blank"
            rel="noopener noreferrer"
            onClick={open}
            aria-label={t("file.open", { name: face.name })}
          >
            <Icon name="download" />
          </Anchor>
        )}
      </div>
    </div>
  );
}
