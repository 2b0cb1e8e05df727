import { useLayoutEffect, useRef } from "react";

/** For a bar at the foot of a page: says how high it is, so that notices stay clear of it. */
export function useFoot<Bar extends HTMLElement>() {
  const bar = useRef<Bar>(null);
  useLayoutEffect(() => {
    const root = document.documentElement.style;
    const tell = () => root.setProperty("--wecc-foot", `${bar.current?.offsetHeight ?? 0}px`);
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
