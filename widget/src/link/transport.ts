/** One way to the server. `down` is called once, however it ends. */
import type { ClientFrame, ServerFrame, VisitorHello } from "../wire";

export interface Transport {
  send(frame: ClientFrame): void;
  close(): void;
}

export interface TransportPorts {
  /** The site's public key. */
  site: string;
  socketUrl: string;
  apiUrl: string;
  hello(): VisitorHello;
  frame(frame: ServerFrame): void;
  down(): void;
}

export type OpenTransport = (ports: TransportPorts) => Transport;

export const openSocket: OpenTransport = ({ socketUrl, hello, frame, down }) => {
  const socket = new WebSocket(socketUrl);
  socket.onopen = () => socket.send(JSON.stringify(hello()));
  socket.onmessage = ({ data }) => {
    try {
      frame(JSON.parse(data));
    } catch {
      socket.close();
    }
  };
  const end = (): void => {
    socket.onopen = socket.onmessage = socket.onclose = null;
    down();
  };
  socket.onclose = end;
  return {
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close() {
      socket.close();
      end();
    },
  };
};
