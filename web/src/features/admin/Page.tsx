import type { ReactNode } from "react";
import css from "./admin.module.css";

/** Head of an administration page: its name, one sentence on what it is for, its main action. */
export function Page(props: {
  title: string;
  more: string;
  action?: ReactNode;
  children: ReactNode;
}) {
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
