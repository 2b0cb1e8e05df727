import { lazy, Suspense, useEffect, useState } from "react";
import { useActions } from "../keys/useActions";
import type { UserView } from "../wire";

const PaletteDialog = lazy(() => import("./PaletteDialog"));
const OPEN = "wecc-palette";

export const openPalette = () => window.dispatchEvent(new Event(OPEN));

/** Mod+K; its dialog is fetched when it is first wanted. */
export function Palette({ role }: { role: UserView["role"] }) {
  const [wanted, setWanted] = useState(0);
  const open = () => setWanted((count) => count + 1);
  useActions({ palette: open });
  useEffect(() => {
    window.addEventListener(OPEN, open);
    return () => window.removeEventListener(OPEN, open);
  });
  if (wanted === 0) return null;
  return (
    <Suspense>
      <PaletteDialog role={role} wanted={wanted} />
    </Suspense>
  );
}
