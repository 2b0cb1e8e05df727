import { type ReactNode, useId } from "react";
import css from "./admin.module.css";

interface Props {
  title: string;
  more: string;
  action?: ReactNode;
  children: ReactNode;
}

/** Head of an administration page: its name, one sentence on what it is for, its main action. */
export function Page(props: Props) {
  return (
    <>
      <header className={css.head}>
        <div>
          <h1>{props.title}</h1>
          <p>{props.more}</p>
        </div>
        {props.action}
      </header>
      {props.children}
    </>
  );
}

/** One of several parts of a page, with a head of the same kind. */
export function Section(props: Props) {
  const id = useId();
  return (
    <section className={css.part} aria-labelledby={id}>
      <header className={css.head}>
        <div>
          <h2 id={id}>{props.title}</h2>
          <p>{props.more}</p>
        </div>
        {props.action}
      </header>
      {props.children}
    </section>
  );
}
