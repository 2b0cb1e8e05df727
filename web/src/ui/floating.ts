/** The parts that float over the page, in one chunk that is fetched right after the first paint. */
export { Combobox, Menu, Popover, Tooltip, useCombobox } from "@mantine/core";
