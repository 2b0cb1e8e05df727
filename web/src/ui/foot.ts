import { useLayoutEffect, useRef } from "react";

/** For a bar at the foot of a page: says how far up it reaches; notices stay clear of that. */
export function useFoot<Bar extends HTMLElement>() {
  const bar = useRef<Bar>(null);
  useLayoutEffect(() => {
    const root = document.documentElement.style;
    const tell = () => {
      const top = bar.current?.getBoundingClientRect().top ?? window.innerHeight;
      root.setProperty("--wecc-foot", `${Math.max(0, Math.round(window.innerHeight - top))}px`);
    };
    const watch = new ResizeObserver(tell);
    if (bar.current) watch.observe(bar.current);
    tell();
    return () => {
      watch.disconnect();
      root.removeProperty("--wecc-foot");
    };
  }, []);
  return bar;
}
