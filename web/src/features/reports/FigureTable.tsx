import { Button, Table, VisuallyHidden } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useLanguage, useText } from "../../i18n";
import { Wide } from "../../ui/parts";
import type { ReportRow } from "../../wire";
import { type Ask, isDays } from "./ask";
import { columnsOf, LISTED, nameOfFigure, nameOfRow, timeOfRow, written } from "./figures";
import css from "./reports.module.css";

const PAGE = 100;

/** A number of which somebody wants to see the contacts. */
export interface Wanted {
  row: ReportRow;
  figure: string;
  name: string;
}

interface Props {
  ask: Ask;
  rows: ReportRow[];
  total?: ReportRow;
  hasTime: boolean;
  open: (wanted: Wanted) => void;
}

function Cell({ row, figure, name, open }: Wanted & { open: Props["open"] }) {
  const t = useText();
  const language = useLanguage();
  const value = row.figures[figure];
  const shown = written(language, figure, value);
  let content: ReactNode = shown;
  if (value === null || value === undefined) {
    content = (
      <>
        <span aria-hidden>{shown}</span>
        <VisuallyHidden>{t("reports.unknown")}</VisuallyHidden>
      </>
    );
  } else if (value > 0 && LISTED.has(figure)) {
    const label = t("reports.list", { name: `${name}, ${nameOfFigure(t, figure)} ${shown}` });
    content = (
      <button
        type="button"
        className={css.number}
        aria-label={label}
        onClick={() => open({ row, figure, name })}
      >
        {shown}
      </button>
    );
  }
  return <Table.Td className={`num ${css.right}`}>{content}</Table.Td>;
}

/** Rows of figures; a number with a list behind it opens that list. */
export function FigureTable({ ask, rows, total, hasTime, open }: Props) {
  const t = useText();
  const language = useLanguage();
  const [pages, setPages] = useState(1);
  const columns = columnsOf(ask);
  const shown = rows.slice(0, pages * PAGE);
  return (
    <>
      <Wide>
        <Table className={css.table} stickyHeader={false}>
          <Table.Thead>
            <Table.Tr>
              {hasTime && <Table.Th>{t("reports.time")}</Table.Th>}
              <Table.Th>{t(`reports.by.${ask.by}`)}</Table.Th>
              {columns.map((figure) => (
                <Table.Th key={figure} className={css.right}>
                  {nameOfFigure(t, figure)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((row) => {
              const name = nameOfRow(t, ask, row);
              return (
                <Table.Tr key={`${row.start_ms}/${row.id}`}>
                  {hasTime && (
                    <Table.Td className={`num ${css.time}`}>
                      {timeOfRow(language, ask.tz, row, isDays(ask.interval))}
                    </Table.Td>
                  )}
                  <Table.Th scope="row" className={css.name}>
                    {name}
                  </Table.Th>
                  {columns.map((figure) => (
                    <Cell key={figure} row={row} figure={figure} name={name} open={open} />
                  ))}
                </Table.Tr>
              );
            })}
          </Table.Tbody>
          {total && rows.length > 1 && (
            <Table.Tfoot>
              <Table.Tr>
                {hasTime && <Table.Td />}
                <Table.Th scope="row">{t("reports.everything")}</Table.Th>
                {columns.map((figure) => (
                  <Cell
                    key={figure}
                    row={total}
                    figure={figure}
                    name={t("reports.everything")}
                    open={open}
                  />
                ))}
              </Table.Tr>
            </Table.Tfoot>
          )}
        </Table>
      </Wide>
      {shown.length < rows.length && (
        <p className={css.more}>
          <Button variant="default" size="compact-sm" onClick={() => setPages(pages + 1)}>
            {t("reports.moreRows")}
          </Button>
          <span className="muted num">
            {t("reports.shownRows", { n: shown.length, all: rows.length })}
          </span>
        </p>
      )}
    </>
  );
}
