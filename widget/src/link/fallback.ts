/**
 * The two lower rungs of the ladder, for networks that cut WebSockets: server-sent events, then
 * long poll. Both read from one channel that `POST /v1/channel` opened with the hello frame;
 * what the client says goes by `POST /v1/frames`, in order, one request at a time.
 */
import type { ClientFrame } from "../wire";
import type { OpenTransport, TransportPorts } from "./transport";

const REQUEST_MS = 15_000;
const POLL_MS = 70_000;

async function call(url: string, body: unknown, limitMs = REQUEST_MS): Promise<Response> {
  const answer = await fetch(url, {
    ...(body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(body),
        }),
    credentials: "omit",
    cache: "no-store",
    signal: AbortSignal.timeout(limitMs),
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer;
}

const query = ({ site }: TransportPorts, channel: string): string =>
  `?site=${site}&channel=${channel}`;

interface Reader {
  close(): void;
}
type Read = (ports: TransportPorts, channel: string, fail: () => void) => Reader;

const readEvents: Read = (ports, channel, fail) => {
  const { apiUrl, frame } = ports;
  const source = new EventSource(`${apiUrl}/stream${query(ports, channel)}`);
  source.onmessage = ({ data }) => frame(JSON.parse(data));
  source.onerror = fail;
  return source;
};

const readPolls: Read = (ports, channel, fail) => {
  const { apiUrl, frame } = ports;
  let isOpen = true;
  const loop = async (): Promise<void> => {
    for (let after = 0; isOpen; ) {
      const url = `${apiUrl}/poll${query(ports, channel)}&after=${after}`;
      const page = await (await call(url, undefined, POLL_MS)).json();
      if (!isOpen) return;
      after = page.next;
      for (const one of page.frames) frame(one);
    }
  };
  loop().catch(() => isOpen && fail());
  return {
    close() {
      isOpen = false;
    },
  };
};

const openChannel =
  (read: Read): OpenTransport =>
  (ports) => {
    const waiting: ClientFrame[] = [];
    let channel = "";
    let isBusy = false;
    let isOpen = true;
    let reader: Reader | undefined;
    const end = (): void => {
      if (!isOpen) return;
      isOpen = false;
      reader?.close();
      ports.down();
    };
    const flush = async (): Promise<void> => {
      if (isBusy || !channel) return;
      isBusy = true;
      while (isOpen && waiting.length) {
        await call(`${ports.apiUrl}/frames${query(ports, channel)}`, waiting.splice(0, 20));
      }
      isBusy = false;
    };
    call(`${ports.apiUrl}/channel?site=${ports.site}`, ports.hello())
      .then((answer) => answer.json())
      .then((opened) => {
        if (!isOpen) return;
        channel = encodeURIComponent(opened.channel);
        reader = read(ports, channel, end);
        flush().catch(end);
      })
      .catch(end);
    return {
      send(frame) {
        waiting.push(frame);
        flush().catch(end);
      },
      close: end,
    };
  };

export const openEvents = openChannel(readEvents);
export const openPolls = openChannel(readPolls);
