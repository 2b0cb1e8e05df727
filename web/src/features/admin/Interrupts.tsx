import { Checkbox, Table } from "@mantine/core";
import { useText } from "../../i18n";
import { Icon } from "../../icons";
import { KIND_ICON, Wide } from "../../ui/parts";
import css from "./admin.module.css";

const KINDS = ["chat", "call", "message"] as const;
type Kind = (typeof KINDS)[number];

interface Props {
  value: Record<string, string[]>;
  change: (value: Record<string, string[]>) => void;
}

/** Kind in hand by kind that comes: whether it may still be offered. */
export function Interrupts({ value, change }: Props) {
  const t = useText();
  const others = (held: Kind) => KINDS.filter((kind) => kind !== held);
  const may = (held: Kind, other: Kind) => value[held]?.includes(other) ?? false;
  const set = (held: Kind, other: Kind, on: boolean) => {
    const next = others(held)
      .filter((kind) => (kind === other ? on : may(held, kind)))
      .sort();
    change({ ...value, [held]: next });
  };
  const said = (held: Kind) => {
    const names = others(held)
      .filter((kind) => may(held, kind))
      .map((kind) => t(`policy.many.${kind}`));
    return names.length > 0
      ? t("policy.gets", { held: t(`policy.during.${held}`), names: names.join(t("policy.and")) })
      : t("policy.getsNone", { held: t(`policy.during.${held}`) });
  };
  return (
    <>
      <Wide>
        <Table className={css.matrix} highlightOnHover={false}>
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {KINDS.map((kind) => (
                <Table.Th key={kind} scope="col">
                  {t("policy.offer", { kind: t(`policy.many.${kind}`) })}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {KINDS.map((held) => (
              <Table.Tr key={held}>
                <Table.Th scope="row">
                  <span>
                    <Icon name={KIND_ICON[held] ?? "chat"} size={16} />
                    {t(`policy.during.${held}`)}
                  </span>
                </Table.Th>
                {KINDS.map((other) => (
                  <Table.Td key={other}>
                    {other === held ? (
                      <span className="muted">{t("policy.own")}</span>
                    ) : (
                      <Checkbox
                        className={css.tick}
                        aria-label={t("policy.cell", {
                          held: t(`policy.during.${held}`),
                          kind: t(`policy.many.${other}`),
                        })}
                        checked={may(held, other)}
                        onChange={(event) => set(held, other, event.currentTarget.checked)}
                      />
                    )}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      <ul className={css.said}>
        {KINDS.map((held) => (
          <li key={held}>{said(held)}</li>
        ))}
      </ul>
    </>
  );
}
