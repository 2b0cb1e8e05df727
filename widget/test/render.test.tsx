/** What stands in Preact's place in the build, held against Preact itself on the same trees. */
import { createRequire } from "node:module";
import type * as preact from "preact";
import { describe, expect, test } from "vitest";
import * as ours from "../src/view/render";

type Kit = typeof preact;
// By its file: the name itself leads to ours.
const file = createRequire(import.meta.url).resolve("preact");
const theirs: Kit = await import(/* @vite-ignore */ file);
const mine = ours as unknown as Kit;
const KITS: [string, Kit][] = [
  ["preact", theirs],
  ["ours", mine],
];
const turn = (): Promise<void> => new Promise((done) => setTimeout(done));

/** A small generator, so that a failure can be seen again (mulberry32). */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

interface Tree {
  kind: "text" | "nothing" | "element" | "list" | "part" | "class";
  name: string;
  key: string | undefined;
  kids: Tree[];
}

function grow(roll: (sides: number) => number, depth: number): Tree {
  const kinds: Tree["kind"][] = ["text", "nothing", "element", "element", "list", "part", "class"];
  const kind = kinds[roll(depth > 3 ? 2 : kinds.length)] as Tree["kind"];
  const kids = Array.from({ length: depth > 3 ? 0 : roll(4) }, () => grow(roll, depth + 1));
  const isKeyed = roll(2) > 0;
  if (isKeyed) {
    const order = kids.map((_, index) => index).sort(() => roll(3) - 1);
    kids.forEach((kid, index) => {
      kid.key = `k${order[index]}`;
    });
  }
  return { kind, name: ["div", "p", "svg"][roll(3)] as string, key: undefined, kids };
}

/** The same tree in either kit, with parts that log what befalls them. */
function build(kit: Kit, log: string[]): (tree: Tree) => preact.ComponentChild {
  const { h, Component, Fragment } = kit;
  const Part = ({ tree }: { tree: Tree }): preact.ComponentChild =>
    h("b", null, tree.kids.map(make));
  class Class extends Component<{ tree: Tree }> {
    override componentDidMount(): void {
      log.push("mount");
    }
    override componentWillUnmount(): void {
      log.push("unmount");
    }
    override componentDidUpdate(): void {
      log.push("update");
    }
    override render({ tree }: { tree: Tree }): preact.ComponentChild {
      return tree.kids.map(make);
    }
  }
  function make(tree: Tree): preact.ComponentChild {
    const { kind, name, key, kids } = tree;
    if (kind === "text") return `t${kids.length}`;
    if (kind === "nothing") return kids.length > 1 ? null : false;
    if (kind === "list") return h(Fragment, { key }, ...kids.map(make));
    if (kind === "part") return h(Part, { key, tree });
    if (kind === "class") return h(Class, { key, tree });
    const shown = { key, class: `c${kids.length}`, "aria-hidden": kids.length > 1 };
    return h(name, shown, ...kids.map(make));
  }
  return make;
}

describe("what is changed step by step is what Preact draws anew", () => {
  test.each(Array.from({ length: 300 }, (_, seed) => [seed]))("seed %i", (seed) => {
    const roll = dice(seed);
    const box = document.createElement("div");
    const log: string[] = [];
    const count = (list: string[], what: string): number =>
      list.filter((one) => one === what).length;
    const make = build(mine, log);
    for (let step = 0; step < 6; step++) {
      const trees = Array.from({ length: 1 + roll(5) }, () => grow(roll, 1));
      mine.render(mine.h("main", null, ...trees.map(make)), box);
      const anew = document.createElement("div");
      const fresh: string[] = [];
      theirs.render(theirs.h("main", null, ...trees.map(build(theirs, fresh))), anew);
      expect(box.innerHTML).toBe(anew.innerHTML);
      expect(count(log, "mount") - count(log, "unmount")).toBe(count(fresh, "mount"));
    }
  });
});

describe.each(KITS)("%s", (_, kit) => {
  const { h, Component, createRef, render } = kit;

  test("keyed rows keep their elements when they move", () => {
    const box = document.createElement("div");
    const show = (keys: string): void =>
      render(
        h(
          "ul",
          null,
          [...keys].map((key) => h("li", { key }, key)),
        ),
        box,
      );
    show("abcd");
    const rows = new Map([...box.querySelectorAll("li")].map((row) => [row.textContent, row]));
    for (const keys of ["dabc", "cbda", "xcaybd", "d", "abcd"]) {
      show(keys);
      expect(box.textContent).toBe(keys);
      if (keys === "cbda") {
        for (const row of box.querySelectorAll("li")) expect(rows.get(row.textContent)).toBe(row);
      }
    }
  });

  test("a handler is replaced, and taken away", () => {
    const box = document.createElement("div");
    const heard: string[] = [];
    const show = (act?: () => void): void => render(h("button", { onClick: act }), box);
    show(() => heard.push("one"));
    box.querySelector("button")?.click();
    show(() => heard.push("two"));
    box.querySelector("button")?.click();
    show(undefined);
    box.querySelector("button")?.click();
    expect(heard).toEqual(["one", "two"]);
  });

  test("what the visitor typed is kept until the value is another", () => {
    const box = document.createElement("div");
    const show = (value: string, checked: boolean): void =>
      render([h("input", { value }), h("input", { type: "checkbox", checked })], box);
    show("a", false);
    const [text, tick] = [...box.querySelectorAll("input")] as [HTMLInputElement, HTMLInputElement];
    text.value = "typed";
    tick.checked = true;
    show("b", false);
    expect([text.value, tick.checked]).toEqual(["b", false]);
  });

  test("a chosen option is found although it comes after its box", () => {
    const box = document.createElement("div");
    render(h("select", { value: "two" }, h("option", null, "one"), h("option", null, "two")), box);
    expect(box.querySelector("select")?.value).toBe("two");
  });

  test("attributes come, change and go; false means something to aria", () => {
    const box = document.createElement("div");
    render(h("button", { hidden: true, disabled: false, "aria-expanded": false, title: "x" }), box);
    const button = box.querySelector("button") as HTMLButtonElement;
    expect([button.hidden, button.disabled, button.title]).toEqual([true, false, "x"]);
    expect(button.getAttribute("aria-expanded")).toBe("false");
    render(h("button", { hidden: false, "aria-expanded": undefined }), box);
    expect([button.hidden, button.title]).toEqual([false, ""]);
    expect(button.hasAttribute("aria-expanded")).toBe(false);
  });

  test("refs point before mounting is told, and let go", () => {
    const box = document.createElement("div");
    const at = createRef<HTMLElement>();
    const said: unknown[] = [];
    class Part extends Component {
      override componentDidMount(): void {
        said.push(at.current?.localName);
      }
      override render(): preact.ComponentChild {
        return h("p", { ref: at });
      }
    }
    render(h(Part, null), box);
    expect(said).toEqual(["p"]);
    render(null, box);
    expect(at.current).toBeNull();
  });

  test("state draws only its own part, once for several changes, and not after its end", async () => {
    const box = document.createElement("div");
    let drawn = 0;
    let part: Counter | undefined;
    class Counter extends Component<object, { n: number }> {
      override state = { n: 0 };
      override render(): preact.ComponentChild {
        part = this;
        drawn += 1;
        return this.state.n % 2 ? null : h("i", null, this.state.n);
      }
    }
    render(["before", h(Counter, null), "after"], box);
    for (const [n, page] of [
      [1, "beforeafter"],
      [2, "before<i>2</i>after"],
    ] as const) {
      part?.setState({ n: n + 10 });
      part?.setState({ n });
      await turn();
      expect(box.innerHTML).toBe(page);
    }
    expect(drawn).toBe(3);
    render("gone", box);
    part?.setState({ n: 4 });
    await turn();
    expect([box.innerHTML, drawn]).toEqual(["gone", 3]);
  });

  test("a part that need not draw still moves", () => {
    const box = document.createElement("div");
    class Still extends Component<{ text: string }> {
      override shouldComponentUpdate(): boolean {
        return false;
      }
      override render({ text }: { text: string }): preact.ComponentChild {
        return [h("i", null, text), h("b", null, text)];
      }
    }
    const show = (keys: string): void =>
      render(
        [...keys].map((key) => h(Still, { key, text: key })),
        box,
      );
    show("ab");
    show("cba");
    expect(box.textContent).toBe("ccbbaa");
  });

  test("what somebody else put into an empty element stays", () => {
    const box = document.createElement("div");
    const show = (label: string): void => render(h("div", { title: label }), box);
    show("one");
    box.firstElementChild?.append(document.createElement("audio"));
    show("two");
    expect(box.innerHTML).toBe('<div title="two"><audio></audio></div>');
  });

  test("drawings are made in their own namespace", () => {
    const box = document.createElement("div");
    render(
      h("p", null, h("svg", { viewBox: "0 0 1 1" }, h("path", { d: "M0 0" })), h("b", null)),
      box,
    );
    const spaces = [...box.querySelectorAll("*")].map((one) => one.namespaceURI?.split("/").at(-1));
    expect(spaces).toEqual(["xhtml", "svg", "svg", "xhtml"]);
  });
});
