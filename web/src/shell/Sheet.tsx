import { lazy, Suspense, useEffect, useState } from "react";
import { useActions } from "../keys/useActions";

const SheetDialog = lazy(() => import("./SheetDialog"));
const OPEN = "wecc-sheet";

export const openSheet = () => window.dispatchEvent(new Event(OPEN));

/** The list of shortcuts, on `?`. */
export function Sheet() {
  const [opened, setOpened] = useState(false);
  useActions({ sheet: () => setOpened((value) => !value) });
  useEffect(() => {
    const open = () => setOpened(true);
    window.addEventListener(OPEN, open);
    return () => window.removeEventListener(OPEN, open);
  }, []);
  if (!opened) return null;
  return (
    <Suspense>
      <SheetDialog close={() => setOpened(false)} />
    </Suspense>
  );
}
