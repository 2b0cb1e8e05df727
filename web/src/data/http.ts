/** REST calls: JSON in and out, CSRF on every write, one error type with code and field. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
  }
}

export const API = "/api/v1";
/** What is this short is sent on even when the page is left at once (Fetch: 64 KiB in flight). */
const KEPT_CHARS = 8_000;
let csrf = "";
let onUnauthenticated: () => void = () => undefined;

export function setCsrf(token: string): void {
  csrf = token;
}

export function csrfHeader(): Record<string, string> {
  return csrf ? { "X-WECC-CSRF": csrf } : {};
}

/** Called once by the app: what happens when the server no longer knows us. */
export function whenUnauthenticated(handler: () => void): void {
  onUnauthenticated = handler;
}

interface ErrorBody {
  error?: { code?: string; message?: string; field?: string | null };
}

/** Turn a refused response into an ``ApiError``. */
export async function refuse(response: Response): Promise<never> {
  const body = (await response.json().catch(() => ({}))) as ErrorBody;
  const after = Number(response.headers.get("Retry-After"));
  const code = body.error?.code ?? (response.status === 429 ? "rate_limited" : "internal");
  const error = new ApiError(
    response.status,
    code,
    body.error?.message ?? "",
    body.error?.field ?? null,
    Number.isFinite(after) && after > 0 ? after : null,
  );
  if (code === "unauthenticated") onUnauthenticated();
  throw error;
}

async function answerOf<T>(path: string, asked: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(API + path, { ...asked, credentials: "same-origin" });
  } catch {
    throw new ApiError(0, "unreachable", "");
  }
  if (!response.ok) return refuse(response);
  const answer = await response.text();
  return (answer ? JSON.parse(answer) : null) as T;
}

function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") Object.assign(headers, csrfHeader());
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const text = body === undefined ? undefined : JSON.stringify(body);
  const keepalive = text !== undefined && text.length < KEPT_CHARS;
  return answerOf<T>(path, { method, headers, body: text, keepalive });
}

/** A file as it is, for routes that take no JSON. */
export function postBytes<T>(path: string, body: Blob, type: string): Promise<T> {
  const headers = { Accept: "application/json", "Content-Type": type, ...csrfHeader() };
  return answerOf<T>(path, { method: "POST", headers, body });
}

export const get = <T>(path: string) => request<T>("GET", path);
export const post = <T>(path: string, body?: unknown) => request<T>("POST", path, body);
export const put = <T>(path: string, body?: unknown) => request<T>("PUT", path, body);
export const patch = <T>(path: string, body?: unknown) => request<T>("PATCH", path, body);
export const remove = <T>(path: string) => request<T>("DELETE", path);

export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, "internal", String(error));
}
