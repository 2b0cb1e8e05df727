import { useEffect, useRef, useState } from "react";

type Take = (files: FileList) => void;

/** Files dragged onto the conversation's pane, wherever in it they are let go. */
export function useDrop(take: Take | null) {
  const place = useRef<HTMLElement>(null);
  const taker = useRef(take);
  taker.current = take;
  const [over, setOver] = useState(false);
  const enabled = take !== null;
  useEffect(() => {
    const pane = place.current?.parentElement;
    if (!pane || !enabled) return;
    const drag = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      const inside = event.relatedTarget instanceof Node && pane.contains(event.relatedTarget);
      setOver(event.type === "dragover" || (event.type === "dragleave" && inside));
      if (event.type === "drop") taker.current?.(event.dataTransfer.files);
    };
    const kinds = ["dragover", "dragleave", "drop"] as const;
    for (const kind of kinds) pane.addEventListener(kind, drag);
    return () => {
      for (const kind of kinds) pane.removeEventListener(kind, drag);
    };
  }, [enabled]);
  return { place, over };
}
