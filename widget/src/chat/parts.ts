/** What is not needed for the first words of a chat, and therefore not loaded with it. */
import { lazy } from "./lazy";

export const StartForm = lazy(() => import("../form/form").then((it) => [it.StartForm, it.css]));
export const Attachment = lazy(() =>
  import("../files/attachment").then((it) => [it.Attachment, it.css]),
);
export const UploadRow = lazy(() => import("../files/row").then((it) => [it.UploadRow, it.css]));
export const Intake = lazy(() => import("../files/intake").then((it) => [it.Intake, it.css]));
export const Queue = lazy(() => import("../extra/queue").then((it) => [it.Queue, it.css]));
export const Ending = lazy(() => import("../extra/ending").then((it) => [it.Ending, it.css]));
export const Menu = lazy(() => import("../extra/menu").then((it) => [it.Menu, it.css]));
export const AskEnd = lazy(() => import("../extra/menu").then((it) => [it.AskEnd, it.css]));
export const List = lazy(() => import("../extra/list").then((it) => [it.List, it.css]));
export const Emoji = lazy(() => import("../extra/emoji").then((it) => [it.Emoji, it.css]));
export const Failed = lazy(() => import("../extra/line").then((it) => [it.Failed, it.css]));
export const System = lazy(() => import("../extra/line").then((it) => [it.System]));
export const Linked = lazy(
  () => import("../extra/linked").then((it) => [it.Linked]),
  ({ text }) => text,
);
