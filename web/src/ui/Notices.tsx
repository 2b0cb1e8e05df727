import { Notifications } from "@mantine/notifications";
import css from "./notices.module.css";

/** Where notices appear; its own chunk, because the first screen does not need it. */
export default function Notices() {
  return <Notifications position="bottom-right" limit={4} classNames={{ root: css.above }} />;
}
