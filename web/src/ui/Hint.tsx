import type { Tooltip } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { create } from "zustand";

type TooltipProps = Parameters<typeof Tooltip>[0];

const useTooltip = create<{ Shown: typeof Tooltip | null }>(() => ({ Shown: null }));
const AFTER_MS = 150;

/** Fetch what floats over the page once the page itself is there. */
export function loadHints(): void {
  setTimeout(() => {
    void import("./floating").then(({ Tooltip: Shown }) => useTooltip.setState({ Shown }));
  }, AFTER_MS);
}

interface HintProps {
  label: ReactNode;
  position?: TooltipProps["position"];
  children: ReactElement;
}

/** A tooltip, as soon as the code for it has arrived; its content is never the only way to know. */
export function Hint({ label, position, children }: HintProps) {
  const Shown = useTooltip((state) => state.Shown);
  if (!Shown) return children;
  return (
    <Shown label={label} position={position}>
      {children}
    </Shown>
  );
}
