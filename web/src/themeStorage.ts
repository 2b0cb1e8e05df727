import { localStorageColorSchemeManager } from "@mantine/core";

/** Light, dark or auto, on this machine; index.html reads the same key before the first paint. */
export const themeStorage = localStorageColorSchemeManager({ key: "wecc.theme" });
