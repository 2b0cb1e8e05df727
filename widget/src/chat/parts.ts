/** What an ordinary first chat does not need, and which is therefore not loaded with it. */
import { lazy } from "./lazy";
import { System } from "./system";

export const Attachment = lazy(() =>
  import("../files/attachment").then((it) => [it.Attachment, it.css]),
);
export const UploadRow = lazy(() => import("../files/row").then((it) => [it.UploadRow, it.css]));
export const Ending = lazy(() => import("../extra/ending").then((it) => [it.Ending, it.css]));
export const Menu = lazy(() => import("../extra/menu").then((it) => [it.Menu, it.css]));
export const AskEnd = lazy(() => import("../extra/menu").then((it) => [it.AskEnd, it.css]));
export const List = lazy(() => import("../extra/list").then((it) => [it.List, it.css]));
export const Emoji = lazy(() => import("../extra/emoji").then((it) => [it.Emoji, it.css]));
export const Failed = lazy(() => import("../extra/failed").then((it) => [it.Failed, it.css]));
export const Out = lazy(() => import("../extra/out").then((it) => [it.Out, it.css]));
/** The same line with the words that load later. */
export const RareSystem = lazy(async () => [System]);
export const Linked = lazy(
  () => import("../extra/linked").then((it) => [it.Linked]),
  ({ text }) => text,
);
