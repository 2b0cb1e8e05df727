/**
 * The part of Preact that the widget uses, under Preact's names: the build puts this in its place,
 * because the whole of it would be a quarter of what a first chat may weigh. Types come from
 * Preact itself, and `test/render.test.tsx` holds both against each other.
 *
 * Not here: hooks, context, hydration, error boundaries, `style` objects, raw HTML, refs on
 * components. Whoever needs one of them takes the alias out of `vite.config.ts`.
 */
type Props = Record<string, unknown>;
type Render = (props: Props, state: Props) => unknown;
type Kind = string | (new (props: Props) => Component) | Render | null;
type Ref = ((at: Element | null) => void) | { current: Element | null };

/** What a component said, and where it stands. A text has no type, a component no place. */
interface Node {
  type: Kind;
  /** A text's own text, or what the component or element was given. */
  props: Props;
  key: unknown;
  ref: Ref | undefined;
  dom?: Element & { on?: Record<string, (event: Event) => void> };
  kids?: Node[];
  part?: Component;
}

const SVG = "http://www.w3.org/2000/svg";
/** Set as properties, and against what the visitor made of them since. */
const LIVE = /^(value|checked)$/;

export { createElement as h, Group as Fragment };

let effects: (() => void)[] = [];
const doc = Document.prototype;

const Group = ({ children }: Props): unknown => children;
export const createRef = (): Ref => ({ current: null });

function createElement(type: Kind, given: Props | null, ...children: unknown[]): Node {
  const { key, ref, ...props } = given ?? {};
  if (children.length) props.children = children;
  return { type, props, key, ref: ref as Ref | undefined };
}

export class Component {
  declare state: Props;
  declare node?: Node;
  declare isDue?: boolean;
  constructor(public props: Props) {
    this.state = {};
  }
  declare componentDidMount?: () => void;
  declare componentDidUpdate?: (before: Props) => void;
  declare componentWillUnmount?: () => void;
  declare shouldComponentUpdate?: (next: Props) => boolean;
  declare render: Render;

  setState(change: Props): void {
    this.state = { ...this.state, ...change };
    if (this.isDue) return;
    this.isDue = true;
    queueMicrotask(() => {
      const { node } = this;
      if (!node || !this.isDue) return;
      const { props } = this;
      const start = first(node);
      draw(this, node, node, start.parentNode as Element, start);
      effects.push(() => this.componentDidUpdate?.(props));
      settle();
    });
  }
}

export function render(what: Node, box: Element & { root?: Node }): void {
  const root: Node = { type: Group, props: {}, key: null, ref: undefined };
  list(root, box.root, what, box, box.firstChild);
  box.root = root;
  settle();
}

function settle(): void {
  const due = effects;
  effects = [];
  for (const run of due) run();
}

/** Nothing is an empty text, so that everything stands somewhere. */
function toNode(said: unknown): Node {
  if (Array.isArray(said)) return createElement(Group, null, ...said);
  if (said && typeof said === "object") return said as Node;
  const text = said == null || typeof said === "boolean" ? "" : `${said}`;
  return { type: null, props: text as unknown as Props, key: undefined, ref: undefined };
}

const first = (node: Node): Element => node.dom ?? first(node.kids?.[0] as Node);

/** Bring `node` to where `cursor` is; returns what stands behind it. */
function place(node: Node, box: Element, cursor: ChildNode | null): ChildNode | null {
  const { dom, kids = [] } = node;
  if (!dom) return kids.reduce((at, kid) => place(kid, box, at), cursor);
  if (dom === cursor) return dom.nextSibling;
  box.insertBefore(dom, cursor);
  return cursor;
}

function drop(node: Node, cursor: ChildNode | null, isInside?: boolean): ChildNode | null {
  const { dom, part, ref, kids = [] } = node;
  part?.componentWillUnmount?.();
  if (part) part.node = undefined;
  point(ref, null);
  let at = kids.reduce((next, kid) => drop(kid, next, isInside || !!dom), cursor);
  if (dom && !isInside) {
    if (dom === at) at = dom.nextSibling;
    dom.remove();
  }
  return at;
}

function point(ref: Ref | undefined, at: Element | null): void {
  if (typeof ref === "function") ref(at);
  else if (ref) ref.current = at;
}

/** Make the children of `node` from those of `old`: by key, else by place. */
function list(
  node: Node,
  old: Node | undefined,
  said: unknown,
  box: Element,
  cursor: ChildNode | null,
): ChildNode | null {
  const before = old?.kids ?? [];
  const kids = (Array.isArray(said) ? said : [said]).map(toNode);
  if (!kids.length) kids.push(toNode(""));
  const keyed = new Map(before.map((one) => [one.key ?? one, one]));
  const left = new Set(before);
  const known = kids.map((kid, index) => {
    const found = kid.key == null ? before[index] : keyed.get(kid.key);
    return found?.type === kid.type && found.key === kid.key && left.delete(found)
      ? found
      : undefined;
  });
  let at = cursor;
  for (const one of left) at = drop(one, at);
  kids.forEach((kid, index) => {
    at = patch(kid, known[index], box, at);
  });
  node.kids = kids;
  return at;
}

function patch(
  node: Node,
  old: Node | undefined,
  box: Element,
  cursor: ChildNode | null,
): ChildNode | null {
  if (node === old) return place(node, box, cursor);
  const { type, props } = node;
  if (type === Group) return list(node, old, props.children, box, cursor);
  if (typeof type === "function") return component(node, old, type, box, cursor);
  if (type === null) {
    node.dom = old?.dom ?? (doc.createTextNode.call(document, "") as unknown as Element);
    if (old?.props !== props) node.dom.textContent = props as unknown as string;
  } else element(node, old, type, box);
  return place(node, box, cursor);
}

function element(node: Node, old: Node | undefined, type: string, box: Element): void {
  const { props, ref } = node;
  const space = type === "svg" ? SVG : box.namespaceURI;
  const dom = old?.dom ?? doc.createElementNS.call(document, space, type);
  node.dom = dom;
  if (props.children || old?.kids) list(node, old, props.children, dom, dom.firstChild);
  const was = old?.props ?? {};
  for (const name in { ...was, ...props }) {
    const now = LIVE.test(name) ? dom[name as "id"] : was[name];
    if (name !== "children" && now !== props[name]) write(dom, name, props[name]);
  }
  if (ref !== old?.ref) {
    point(old?.ref, null);
    effects.push(() => point(ref, dom));
  }
}

function component(
  node: Node,
  old: Node | undefined,
  type: Exclude<Kind, string | null>,
  box: Element,
  cursor: ChildNode | null,
): ChildNode | null {
  const { props } = node;
  const part = old?.part ?? make(type, props);
  const before = part.props;
  const isSame = old && !part.isDue && part.shouldComponentUpdate?.(props) === false;
  part.props = props;
  part.node = node;
  node.part = part;
  if (isSame) {
    node.kids = old.kids;
    return place(node, box, cursor);
  }
  const at = draw(part, node, old, box, cursor);
  effects.push(() => (old ? part.componentDidUpdate?.(before) : part.componentDidMount?.()));
  return at;
}

function make(type: Exclude<Kind, string | null>, props: Props): Component {
  if (type.prototype?.render) return new (type as new (props: Props) => Component)(props);
  const part = new Component(props);
  part.render = type as Render;
  return part;
}

function draw(
  part: Component,
  node: Node,
  old: Node | undefined,
  box: Element,
  cursor: ChildNode | null,
): ChildNode | null {
  part.isDue = false;
  return list(node, old, part.render(part.props, part.state), box, cursor);
}

function hear(this: NonNullable<Node["dom"]>, event: Event): void {
  this.on?.[event.type]?.(event);
}

function write(dom: NonNullable<Node["dom"]>, name: string, value: unknown): void {
  if (name.startsWith("on")) {
    const event = name.slice(2).toLowerCase();
    dom.on ??= {};
    if (!dom.on[event]) dom.addEventListener(event, hear);
    dom.on[event] = value as (event: Event) => void;
  } else if (LIVE.test(name)) {
    dom[name as "id"] = (value ?? "") as string;
  } else if (value == null || (value === false && !name.includes("-"))) {
    dom.removeAttribute(name);
  } else {
    dom.setAttribute(name, value === true && !name.includes("-") ? "" : `${value}`);
  }
}
