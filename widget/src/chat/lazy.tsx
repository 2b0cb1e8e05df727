/** Parts that load when they are first shown, with their style sheet and their words. */
import { Component, type ComponentChild, type ComponentType } from "preact";
import type { Chat } from "./context";

const styled = new Set<string>();

export function addStyle(shadow: ShadowRoot, css: string): void {
  if (styled.has(css)) return;
  styled.add(css);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
}

export function lazy<P extends { chat: Chat }>(
  load: () => Promise<[ComponentType<P>, css?: string]>,
  meanwhile: (props: P) => ComponentChild = () => null,
): ComponentType<P> {
  let part: ComponentType<P> | undefined;
  return class Lazy extends Component<P> {
    override render(): ComponentChild {
      const { props } = this;
      const Part = part;
      if (Part) return <Part {...props} />;
      Promise.all([load(), props.chat.speech.more()]).then(
        ([[loaded, css]]) => {
          if (css) addStyle(props.chat.host.shadow, css);
          part = loaded;
          this.setState({});
        },
        () => {}, // tried again when the panel draws next
      );
      return meanwhile(props);
    }
  };
}
