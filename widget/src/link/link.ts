/**
 * Keeps the leader tab connected and the outbox moving: hello, heartbeat, back-off with jitter,
 * the ladder WebSocket -> events -> poll, one durable frame in flight at a time so that order
 * holds, and an answer awaited for each.
 */
import type { ClientFrame, ServerFrame, VisitorHello } from "../wire";
import type { Outbox } from "./outbox";
import { type OpenTransport, openSocket, type Transport } from "./transport";

/** `stopped`: the server told us not to come back. */
export type LinkStatus = "connecting" | "online" | "waiting" | "stopped";

export interface LinkPorts {
  site: string;
  socketUrl: string;
  apiUrl: string;
  outbox: Outbox;
  hello(): VisitorHello;
  received(frame: ServerFrame): void;
  status(status: LinkStatus, code: string): void;
  acked(ref: string, seq: number | null, atMs: number | null): void;
  refused(ref: string, code: string): void;
  forgetToken(): void;
}

export interface Link {
  send(frame: ClientFrame): void;
  /** Look at the outbox, or, when down, try again at once. */
  poke(): void;
  stop(): void;
}

const HELLO_MS = 8_000;
const ACK_MS = 12_000;
const PONG_MS = 6_000;
const BACK_OFF_MS = 15_000;
/** How often a lower rung looks whether a WebSocket gets through by now. */
const CLIMB_MS = 60_000;
/** Codes that time may heal; every other refusal is final. */
const TEMPORARY = new Set([
  "rate_limited",
  "not_ready",
  "store_unavailable",
  "disk_full",
  "internal",
]);

async function rung(level: number): Promise<OpenTransport> {
  if (!level) return openSocket;
  const { openEvents, openPolls } = await import("./fallback");
  return level === 1 ? openEvents : openPolls;
}

export function connect(ports: LinkPorts): Link {
  let transport: Transport | undefined;
  /** A WebSocket tried beside a lower rung. */
  let side: Transport | undefined;
  let attempt = 0;
  let level = 0;
  let failures = 0;
  let heartbeatMs = 20_000;
  let isWelcome = false;
  let isStopped = false;
  let inFlight = "";
  let holdUntil = 0;
  let afterMs = 0;
  const timers: Record<"retry" | "alive" | "ack" | "hold" | "climb", number> = {
    retry: 0,
    alive: 0,
    ack: 0,
    hold: 0,
    climb: 0,
  };
  const later = (name: keyof typeof timers, run: () => void, ms: number): void => {
    clearTimeout(timers[name]);
    timers[name] = window.setTimeout(run, ms);
  };

  const flush = (): void => {
    if (!isWelcome || inFlight || Date.now() < holdUntil) return;
    const entry = ports.outbox.list().find((one) => !one.failed);
    if (!entry) return;
    inFlight = entry.frame.ref;
    transport?.send(entry.frame);
    later("ack", () => transport?.close(), ACK_MS);
  };
  const settle = (): void => {
    clearTimeout(timers.ack);
    inFlight = "";
    flush();
  };
  const alive = (): void =>
    later(
      "alive",
      () => {
        transport?.send({ type: "ping" });
        later("alive", () => transport?.close(), PONG_MS);
      },
      heartbeatMs,
    );

  const quit = (): void => {
    for (const timer of Object.values(timers)) clearTimeout(timer);
    const tried = side;
    side = undefined;
    tried?.close();
  };
  const down = (): void => {
    quit();
    transport = undefined;
    inFlight = "";
    if (isStopped) return;
    failures = isWelcome ? 0 : failures + 1;
    if (failures >= 2 && navigator.onLine !== false) {
      failures = 0;
      level = (level + 1) % 3;
    }
    isWelcome = false;
    const step = Math.min(BACK_OFF_MS, 250 * 2 ** attempt++);
    const wait = Math.max(afterMs, step * (0.5 + Math.random() / 2));
    afterMs = 0;
    ports.status("waiting", "");
    later("retry", open, wait);
  };
  const stop = (code: string): void => {
    isStopped = true;
    quit();
    transport?.close();
    if (code) ports.status("stopped", code);
  };

  const refused = (ref: string, code: string, retryAfterS: number | null): void => {
    if (TEMPORARY.has(code)) {
      const wait = (retryAfterS ?? 3) * 1_000;
      holdUntil = Date.now() + wait;
      later("hold", flush, wait + 20);
    } else {
      ports.refused(ref, code);
    }
  };
  const frame = (message: ServerFrame): void => {
    alive();
    switch (message.type) {
      case "pong":
        return;
      case "welcome":
        isWelcome = true;
        attempt = failures = 0;
        heartbeatMs = message.heartbeat_ms || heartbeatMs;
        ports.received(message);
        ports.status("online", "");
        if (level) later("climb", climb, CLIMB_MS);
        return flush();
      case "ack":
        if (message.ref !== inFlight) return ports.received(message);
        ports.acked(message.ref, message.seq, message.at_ms);
        return settle();
      case "error":
        if (message.ref && message.ref === inFlight) {
          refused(message.ref, message.code, message.retry_after_s);
          return settle();
        }
        if (!isWelcome && message.code === "unauthenticated") ports.forgetToken();
        return ports.received(message);
      case "goodbye":
        afterMs = message.after_ms;
        if (!message.again) return stop(message.code);
        return transport?.close();
      default:
        ports.received(message);
    }
  };
  const open = async (): Promise<void> => {
    if (isStopped || transport) return;
    ports.status("connecting", "");
    const use = await rung(level).catch(() => openSocket);
    if (isStopped || transport) return;
    transport = begin(use);
    later("alive", () => transport?.close(), HELLO_MS);
  };
  /** Say hello over a WebSocket beside the lower rung; where it is welcome, go on over it alone. */
  const climb = (): void => {
    side = begin(openSocket);
    later("climb", side.close, HELLO_MS);
  };
  const arrive = (): void => {
    const below = transport;
    transport = side;
    side = undefined;
    level = 0;
    inFlight = ""; // what was not answered below is said again: its id makes that harmless
    clearTimeout(timers.climb);
    clearTimeout(timers.ack);
    below?.close();
  };
  /** A transport is heard only while it is the one in use, or tried beside it. */
  const begin = (use: OpenTransport): Transport => {
    const made = use({
      ...ports,
      frame(message) {
        if (made === side && message.type === "welcome") arrive();
        if (made === transport) frame(message);
      },
      down() {
        if (made === transport) down();
        else if (made === side) {
          side = undefined;
          later("climb", climb, CLIMB_MS);
        }
      },
    });
    return made;
  };

  const poke = (): void => {
    if (isStopped) return;
    if (transport) return flush();
    attempt = 0;
    clearTimeout(timers.retry);
    void open();
  };
  const wake = (): void => {
    if (!transport) return poke();
    transport.send({ type: "ping" });
    later("alive", () => transport?.close(), PONG_MS);
  };
  const offline = (): void => transport?.close();
  window.addEventListener("online", wake);
  window.addEventListener("offline", offline);
  void open();
  return {
    send: (message) => isWelcome && transport?.send(message),
    poke,
    stop() {
      window.removeEventListener("online", wake);
      window.removeEventListener("offline", offline);
      stop("");
    },
  };
}
