import {
  type CSSVariablesResolver,
  colorsTuple,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type MantineThemeOverride,
  type VariantColorsResolver,
} from "@mantine/core";

/** Light and dark face of each colour of meaning; the same values as tokens.css. */
const COLOURS = {
  petrol: { light: "#0b6e69", lightHover: "#095a56", dark: "#4fc1b8", darkHover: "#6bcdc5" },
  ok: { light: "#1f7a46", lightHover: "#19643a", dark: "#5cc48a", darkHover: "#77cf9d" },
  warn: { light: "#8a5a00", lightHover: "#704900", dark: "#e0b252", darkHover: "#e7c274" },
  bad: { light: "#b3261e", lightHover: "#941f18", dark: "#f2857c", darkHover: "#f59c95" },
  info: { light: "#245fa8", lightHover: "#1d4e8b", dark: "#86b4f0", darkHover: "#9dc2f3" },
  wrap: { light: "#7a4fb3", lightHover: "#664096", dark: "#bfa0ee", darkHover: "#ccb3f2" },
  slate: { light: "#55606d", lightHover: "#3d4854", dark: "#a2adb8", darkHover: "#b9c2cb" },
} as const;

/** Mantine's own dark greys, replaced by ours so that nothing brown-grey is left. */
const SLATES: MantineColorsTuple = [
  "#e7ecf1",
  "#c3cbd4",
  "#a2adb8",
  "#6f7b88",
  "#313a44",
  "#29313a",
  "#1a2027",
  "#12171d",
  "#0d1115",
  "#080b0e",
];

const ON_DARK = "#06201e";

function colourVariables(scheme: "light" | "dark"): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, colour] of Object.entries(COLOURS)) {
    const face = scheme === "light" ? colour.light : colour.dark;
    const hover = scheme === "light" ? colour.lightHover : colour.darkHover;
    const mix = (percent: number) => `color-mix(in srgb, ${face} ${percent}%, transparent)`;
    const prefix = `--mantine-color-${name}`;
    result[`${prefix}-text`] = face;
    result[`${prefix}-filled`] = face;
    result[`${prefix}-filled-hover`] = hover;
    result[`${prefix}-light`] = mix(scheme === "light" ? 10 : 14);
    result[`${prefix}-light-hover`] = mix(scheme === "light" ? 16 : 20);
    result[`${prefix}-light-color`] = face;
    result[`${prefix}-outline`] = face;
    result[`${prefix}-outline-hover`] = mix(8);
    result[`${prefix}-contrast`] = scheme === "light" ? "#ffffff" : ON_DARK;
  }
  return result;
}

const shared = {
  "--mantine-color-text": "var(--wecc-text)",
  "--mantine-color-body": "var(--wecc-bg)",
  "--mantine-color-bright": "var(--wecc-text)",
  "--mantine-color-dimmed": "var(--wecc-muted)",
  "--mantine-color-placeholder": "var(--wecc-muted)",
  "--mantine-color-anchor": "var(--wecc-link)",
  "--mantine-color-error": "var(--wecc-bad)",
  "--mantine-color-success": "var(--wecc-ok)",
  "--mantine-color-default": "var(--wecc-bg)",
  "--mantine-color-default-hover": "var(--wecc-surface)",
  "--mantine-color-default-color": "var(--wecc-text)",
  "--mantine-color-default-border": "var(--wecc-border)",
  "--mantine-color-disabled": "var(--wecc-sunken)",
  "--mantine-color-disabled-color": "var(--wecc-muted)",
  "--mantine-color-disabled-border": "var(--wecc-border)",
  "--mantine-primary-color-contrast": "var(--wecc-on-accent)",
};

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...shared, ...colourVariables("light") },
  dark: { ...shared, ...colourVariables("dark") },
});

const variantColors: VariantColorsResolver = (input) => {
  const result = defaultVariantColorsResolver(input);
  const name = input.color || input.theme.primaryColor;
  if (input.variant === "filled" && name in COLOURS) {
    return { ...result, color: `var(--mantine-color-${name}-contrast)` };
  }
  return result;
};

const family =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';

export const theme: MantineThemeOverride = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 5, dark: 5 },
  colors: {
    ...Object.fromEntries(
      Object.entries(COLOURS).map(([name, colour]) => [name, colorsTuple(colour.light)]),
    ),
    dark: SLATES,
  },
  white: "#ffffff",
  black: "#16202b",
  variantColorResolver: variantColors,
  fontFamily: family,
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "Noto Sans Mono", "Noto Sans Mono CJK SC", monospace',
  headings: { fontFamily: family, fontWeight: "600" },
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.45", lg: "1.45", xl: "1.3" },
  radius: { xs: "2px", sm: "4px", md: "6px", lg: "8px", xl: "12px" },
  defaultRadius: "sm",
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  shadows: {
    xs: "none",
    sm: "none",
    md: "var(--wecc-shadow)",
    lg: "var(--wecc-shadow)",
    xl: "var(--wecc-shadow)",
  },
  breakpoints: { xs: "24em", sm: "48em", md: "64em", lg: "75em", xl: "90em" },
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "sm" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "slate", size: "lg" } },
    Modal: {
      defaultProps: {
        lockScroll: false,
        centered: true,
        transitionProps: { duration: 120 },
        overlayProps: { backgroundOpacity: 0.45 },
      },
    },
    Drawer: {
      defaultProps: {
        // Its head is no landmark of the page: two drawers would be two banners.
        attributes: { header: { role: "presentation" } },
        lockScroll: false,
        position: "right",
        transitionProps: { duration: 140 },
        overlayProps: { backgroundOpacity: 0.35 },
      },
    },
    Menu: { defaultProps: { shadow: "md", transitionProps: { duration: 80 } } },
    Popover: { defaultProps: { shadow: "md", transitionProps: { duration: 80 } } },
    Tooltip: {
      defaultProps: { openDelay: 350, withArrow: false, transitionProps: { duration: 60 } },
    },
    Select: { defaultProps: { checkIconPosition: "right", comboboxProps: { shadow: "md" } } },
    MultiSelect: { defaultProps: { checkIconPosition: "right", comboboxProps: { shadow: "md" } } },
    Table: { defaultProps: { verticalSpacing: 7, horizontalSpacing: 12, highlightOnHover: true } },
    Alert: { defaultProps: { variant: "light" } },
    Badge: { defaultProps: { variant: "light", radius: "sm" } },
  },
});
