import { Pagination } from "@mantine/core";
import { useState } from "react";
import { useText } from "../../i18n";
import css from "./live.module.css";

/** So many rows tick every second without making a slow machine stutter. */
export const ROWS = 50;

/** The rows of one page of a long list, and what turns the pages. */
export function usePages<T>(items: T[]) {
  const [wanted, setPage] = useState(1);
  const total = Math.max(1, Math.ceil(items.length / ROWS));
  const page = Math.min(wanted, total);
  return { shown: items.slice((page - 1) * ROWS, page * ROWS), total, page, setPage };
}

interface Props {
  total: number;
  page: number;
  setPage: (page: number) => void;
}

export function Pages({ total, page, setPage }: Props) {
  const t = useText();
  if (total === 1) return null;
  return (
    <Pagination
      className={css.pages}
      size="sm"
      total={total}
      value={page}
      onChange={setPage}
      aria-label={t("live.pages")}
      getItemProps={(number) => ({ "aria-label": t("live.page", { n: number }) })}
      getControlProps={(control) => ({
        "aria-label": t(control === "previous" ? "live.page.before" : "live.page.next"),
      })}
    />
  );
}
