/** What this browser remembers for one site. Falls back to memory where storage is refused. */
export interface Keep {
  get(key: string): string | null;
  set(key: string, value: string): void;
  drop(key: string): void;
  /** Keys that start with `prefix`, in order. */
  keys(prefix: string): string[];
}

export function openKeep(site: string, storage: Storage | null): Keep {
  const memory = new Map<string, string>();
  const name = (key: string): string => `wecc:${site}:${key}`;
  const guarded = <T>(use: (from: Storage) => T, otherwise: T): T => {
    try {
      return storage ? use(storage) : otherwise;
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key) => guarded((from) => from.getItem(name(key)), null) ?? memory.get(key) ?? null,
    set(key, value) {
      const isStored = guarded((from) => {
        from.setItem(name(key), value);
        return true;
      }, false);
      if (!isStored) memory.set(key, value);
    },
    drop(key) {
      memory.delete(key);
      guarded((from) => from.removeItem(name(key)), undefined);
    },
    keys(prefix) {
      const start = name(prefix);
      const stored = guarded(
        (from) =>
          Array.from({ length: from.length }, (_, index) => from.key(index) ?? "")
            .filter((key) => key.startsWith(start))
            .map((key) => key.slice(name("").length)),
        [],
      );
      const held = [...memory.keys()].filter((key) => key.startsWith(prefix));
      return [...new Set([...stored, ...held])].sort();
    },
  };
}

/** A storage of the page, or null where even reading the property throws. */
export function pageStorage(which: "localStorage" | "sessionStorage"): Storage | null {
  try {
    return window[which];
  } catch {
    return null;
  }
}

/** An id made here: a prefix and 128 random bits. `crypto.randomUUID` needs HTTPS, this does not. */
export function newId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `${prefix}_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
