/** Keep the panel inside what the on-screen keyboard leaves visible. */
export function fitToKeyboard(frame: HTMLElement, view: VisualViewport): void {
  const settle = (): void => {
    frame.style.setProperty("--vh", `${view.height}px`);
    frame.style.setProperty("--vt", `${view.offsetTop}px`);
  };
  view.addEventListener("resize", settle);
  view.addEventListener("scroll", settle);
  settle();
}
