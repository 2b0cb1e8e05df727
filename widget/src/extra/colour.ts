/** An accent colour that stays readable: WCAG 2.2 relative luminance and contrast ratio. */

type Rgb = [number, number, number];

export function parse(hex: string): Rgb | null {
  const found = /^#([0-9a-f]{6})$/i.exec(hex);
  if (!found?.[1]) return null;
  const value = Number.parseInt(found[1], 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Move `rgb` towards white or black until it reaches 4.5:1 on `ground`. */
export function readable(rgb: Rgb, ground: Rgb): Rgb {
  const end = luminance(ground) > 0.2 ? 0 : 255;
  let out = rgb;
  for (let step = 0; step < 20 && contrast(out, ground) < 4.5; step++) {
    out = out.map((part) => Math.round(part + (end - part) * 0.12)) as Rgb;
  }
  return out;
}

const NEAR_BLACK: Rgb = [6, 32, 30];
const WHITE: Rgb = [255, 255, 255];
const DARK: Rgb = [18, 23, 29];

/** Give the site's accent to the panel, made readable on its light and on its dark ground. */
export function paint(frame: HTMLElement, accent: string): void {
  const rgb = parse(accent);
  if (!rgb || accent.toLowerCase() === "#0b6e69") return; // our own has its shades by hand
  for (const [name, ground] of [["l", WHITE] as const, ["d", DARK] as const]) {
    const tone = readable(rgb, ground);
    const isLight = contrast(tone, NEAR_BLACK) > contrast(tone, WHITE);
    frame.style.setProperty(`--${name}`, `rgb(${tone})`);
    frame.style.setProperty(`--${name}t`, isLight ? "#06201e" : "#fff");
  }
}
