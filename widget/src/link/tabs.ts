/**
 * Several tabs are one visitor. One tab leads: it owns the socket; the others mirror it over a
 * BroadcastChannel. A Web Lock elects the leader and hands over by itself when a tab goes. Where
 * locks are missing (plain HTTP), the tabs agree by announcing themselves; two leaders for a
 * moment do no harm, because the server knows every id it has seen.
 */

import type { Model } from "../state/model";
import type { CallView, ClientFrame, ServerFrame } from "../wire";
import type { Entry } from "./outbox";

export type TabMessage =
  | { k: "hi" }
  | { k: "state"; model: Model }
  | { k: "frame"; frame: ServerFrame }
  | { k: "send"; frame: ClientFrame }
  | { k: "put"; entry: Entry }
  | { k: "drop"; ref: string }
  | CallTalk;

/** Which tab holds a call's microphone: asked, and answered by the one that does. */
export interface CallTalk {
  k: "mine" | "whose";
  call: CallView["id"];
}

export type Election = { k: "lead" | "who" | "bye"; id: string };
const isElection = (message: TabMessage | Election): message is Election => "id" in message;

export interface Tabs {
  isLeader(): boolean;
  post(message: TabMessage): void;
  leave(): void;
}

export interface TabPorts {
  locks: LockManager | undefined;
  channel: BroadcastChannel | null;
  lead(): void;
  follow(): void;
  hear(message: TabMessage): void;
}

export function joinTabs(name: string, ports: TabPorts): Tabs {
  const { channel } = ports;
  let hasLeft = false;
  let isLeader = false;
  let leave = (): void => {};
  const lead = (next: boolean): void => {
    if (isLeader === next) return;
    isLeader = next;
    if (next) ports.lead();
    else ports.follow();
  };
  let elect: (message: Election) => void = () => {};
  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<TabMessage | Election>) => {
      if (isElection(data)) elect(data);
      else ports.hear(data);
    };
  }
  if (!channel) lead(true);
  else if (ports.locks) leave = holdLock(ports.locks, name, lead);
  else {
    import("./announce").then(({ announce }) => {
      [elect, leave] = announce(channel, () => isLeader, lead);
    });
  }
  return {
    isLeader: () => isLeader,
    post(message) {
      if (!hasLeft) channel?.postMessage(message); // a timer may still want to tell the others
    },
    leave() {
      leave();
      isLeader = false;
      hasLeft = true;
      channel?.close();
    },
  };
}

function holdLock(locks: LockManager, name: string, lead: (next: boolean) => void): () => void {
  let release = (): void => {};
  const wait = new AbortController();
  locks
    .request(name, { signal: wait.signal }, () => {
      lead(true);
      return new Promise<void>((done) => {
        release = done;
      });
    })
    .catch(() => {});
  return () => {
    wait.abort();
    release();
  };
}
