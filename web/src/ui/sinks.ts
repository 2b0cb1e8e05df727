/**
 * The desk's policy lets no string become markup or code (Trusted Types). What still has to pass
 * are the style sheets that components write through `innerHTML`: text without any tag.
 */
interface Factory {
  createPolicy(name: "default", rules: { createHTML(text: string): string | null }): unknown;
}

/** The default policy: a string without `<` is no markup; everything else is refused. */
export function allowStylesOnly(): void {
  const factory = (window as unknown as { trustedTypes?: Factory }).trustedTypes;
  factory?.createPolicy("default", {
    createHTML: (text) => (text.includes("<") ? null : text),
  });
}
