import { Notifications } from "@mantine/notifications";

/** Where notices appear; its own chunk, because the first screen does not need it. */
export default function Notices() {
  return <Notifications position="bottom-right" limit={4} />;
}
