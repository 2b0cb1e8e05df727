/** Show a notice; the code that draws notices is fetched with the first one at the latest. */
type Show = typeof import("@mantine/notifications").notifications.show;

export const notifications = {
  show: (...notice: Parameters<Show>): void => {
    void import("@mantine/notifications").then((loaded) => loaded.notifications.show(...notice));
  },
};
