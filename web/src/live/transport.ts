/** Two ways to carry the same frames: a WebSocket, or an event stream with posted frames. */
import { API, csrfHeader } from "../data/http";
import type { AgentHello, ClientFrame, ServerFrame } from "../wire";

export interface Carrier {
  send(frame: ClientFrame): void;
  close(): void;
}

export interface Listener {
  frame(frame: ServerFrame): void;
  closed(): void;
}

const FLUSH_MS = 30;

function parse(text: string): ServerFrame | null {
  try {
    return JSON.parse(text) as ServerFrame;
  } catch {
    return null;
  }
}

export function openSocket(hello: () => AgentHello, listener: Listener): Carrier {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${API}/socket`);
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    listener.closed();
  };
  socket.onopen = () => socket.send(JSON.stringify(hello()));
  socket.onmessage = (event: MessageEvent<string>) => {
    const frame = parse(event.data);
    if (frame && !over) listener.frame(frame);
  };
  socket.onclose = end;
  socket.onerror = end;
  return {
    send: (frame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    close: () => {
      socket.close();
      end();
    },
  };
}

async function postJson(path: string, body: unknown): Promise<Response> {
  return fetch(API + path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", ...csrfHeader() },
    body: JSON.stringify(body),
  });
}

/** Where proxies break WebSockets: server-sent events one way, small POSTs the other. */
export function openStream(hello: () => AgentHello, listener: Listener): Carrier {
  let source: EventSource | null = null;
  let channel = "";
  let over = false;
  let waiting: ClientFrame[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let posting: Promise<void> = Promise.resolve();
  const end = () => {
    if (over) return;
    over = true;
    source?.close();
    clearTimeout(timer);
    listener.closed();
  };
  const flush = () => {
    timer = undefined;
    const frames = waiting;
    waiting = [];
    if (over || frames.length === 0) return;
    posting = posting
      .then(async () => {
        const response = await postJson(`/frames?channel=${encodeURIComponent(channel)}`, frames);
        if (!response.ok) end();
      })
      .catch(end);
  };
  void (async () => {
    const response = await postJson("/channel", hello());
    if (!response.ok || over) return end();
    channel = ((await response.json()) as { channel: string }).channel;
    source = new EventSource(`${API}/stream?channel=${encodeURIComponent(channel)}`);
    source.onmessage = (event: MessageEvent<string>) => {
      const frame = parse(event.data);
      if (frame && !over) listener.frame(frame);
    };
    source.onerror = end;
  })().catch(end);
  return {
    send: (frame) => {
      waiting.push(frame);
      timer ??= setTimeout(flush, FLUSH_MS);
    },
    close: end,
  };
}
