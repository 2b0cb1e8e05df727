/**
 * Addresses that somebody else wrote, shown as what they are: the host a browser would ask (so
 * look-alike letters show as `xn--`), nothing invisible, and no name before an `@`.
 */
const HIDDEN = /[\s\p{Cc}\p{Cf}]/u;

/** Where a link leads and what it says; null for whatever no link should be made of. */
export function honestLink(raw: string): { href: string; label: string } | null {
  const url = URL.canParse(raw) ? new URL(raw) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return null;
  const isPlain = raw.toLowerCase().startsWith(`${url.protocol}//${url.host}`) && !HIDDEN.test(raw);
  return { href: url.href, label: isPlain ? raw : url.href };
}
