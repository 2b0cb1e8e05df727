/** The one place where link, tabs, outbox and model meet. Components only read and call it. */

import { type Keep, newId, openKeep, pageStorage } from "../link/keep";
import { connect, type Link } from "../link/link";
import { type Entry, openOutbox } from "../link/outbox";
import { type CallTalk, joinTabs, type TabMessage } from "../link/tabs";
import type { Host, Identity } from "../loader/api";
import { apply, emptyModel, type Model, TYPING_MS } from "../state/model";
import { openConversation, receiptOf, settledMessage } from "../state/select";
import type {
  AttachmentView,
  ClientFrame,
  ConversationStart,
  MessageView,
  Resume,
  ServerFrame,
  VisitorHello,
} from "../wire";
import { pageInfo, watchPage } from "./page";

export interface Engine {
  keep: Keep;
  apiUrl: string;
  model(): Model;
  entries(): Entry[];
  nowMs(): number;
  token(): string;
  start(mode: "chat" | "message", form: Record<string, string>, text: string): string;
  post(id: string, text: string): void;
  postFile(id: string, messageId: string, attachment: AttachmentView): void;
  end(id: string): void;
  rate(id: string, rating: number, comment: string): void;
  retry(ref: string): void;
  asMessage(ref: string): void;
  discard(ref: string): void;
  read(id: string): void;
  older(id: string): void;
  send(frame: ClientFrame): void;
  reconnect(): void;
  setUser(identity: Identity): void;
  setContext(context: Record<string, string>): void;
  /** Frames as they come, for the call. Returns how to stop listening. */
  listen(listener: (frame: ServerFrame) => void): () => void;
  /** What the other tabs say about a call. */
  peers: Set<(message: CallTalk) => void>;
  tell(message: CallTalk): void;
}

export interface EnginePorts {
  host: Host;
  changed(): void;
  arrived(messages: MessageView[], isLeader: boolean): void;
}

const RECEIPT_MS = 150;
/** How the references of signed identities begin: the page hears of their refusal. */
const IDENTITY = "id";

/** `…/v1` below the API's address, whether or not the address already says so. */
export const apiBase = (url: string): string => url.replace(/\/+$/, "").replace(/(\/v1)?$/, "/v1");

export function startEngine({ host, changed, arrived }: EnginePorts): Engine {
  const { config } = host;
  const keep = openKeep(config.key, pageStorage("localStorage"));
  const outbox = openOutbox(keep);
  const socketUrl = new URL(config.socket_url);
  socketUrl.searchParams.set("site", config.key);
  const apiUrl = apiBase(config.api_url);
  const listeners = new Set<(frame: ServerFrame) => void>();
  const asked = new Set<string>();
  const due = new Set<string>();
  let model = emptyModel(config.state, config.calls);
  let skewMs = 0;
  let link: Link | undefined;
  let context: Record<string, string> = {};
  let identity: Identity | undefined;

  const learn = (next: Model): void => {
    if (next === model) return;
    model = next;
    const open = openConversation(model);
    if (model.visitor) {
      if (open) keep.set("live", open.id);
      else keep.drop("live");
    }
    changed();
  };

  const take = (frame: ServerFrame): void => {
    if (frame.type === "welcome") {
      keep.set("token", frame.token);
      skewMs = frame.server_at_ms - Date.now();
    }
    const fresh = freshMessages(model, frame);
    if (frame.type === "conversation.changed") {
      const { id, state } = frame.conversation;
      if (model.conversations[id]?.state !== state) host.emit("conversation", { id, state });
    }
    if (frame.type === "error" && (!frame.ref || frame.ref.startsWith(IDENTITY))) {
      host.emit("error", { code: frame.code, message: frame.message });
    }
    learn(apply(model, frame, Date.now()));
    if (frame.type === "typing.changed") setTimeout(changed, TYPING_MS + 50);
    if (fresh.length) arrived(fresh, tabs.isLeader());
    for (const listener of listeners) listener(frame);
  };

  /** Leader only: take a frame and pass it to the other tabs. */
  const spread = (frame: ServerFrame): void => {
    take(frame);
    tabs.post({ k: "frame", frame });
  };

  const receipt = (id: string, readSeq: number): void => {
    const seen = receiptOf(model, id, "visitor");
    const delivered = Math.max(model.checked[id] ?? 0, seen.delivered_seq);
    const read = Math.max(readSeq, seen.read_seq);
    if (delivered === seen.delivered_seq && read === seen.read_seq) return;
    // Received and read mostly come together: say both in one frame.
    if (!due.has(id)) setTimeout(sayReceipt, RECEIPT_MS, id);
    due.add(id);
    const next = { conversation_id: id, delivered_seq: delivered, read_seq: read };
    spread({ type: "receipt.changed", receipt: { ...next, party: "visitor" } });
  };
  const sayReceipt = (id: string): void => {
    due.delete(id);
    const { delivered_seq, read_seq } = receiptOf(model, id, "visitor");
    engine.send({ type: "receipt.set", conversation_id: id, delivered_seq, read_seq });
  };

  const hello = (): VisitorHello => {
    const live = keep.get("live");
    const resume: Resume[] = Object.entries(model.checked)
      .slice(-19)
      .map(([id, seq]) => ({ conversation_id: id, after_seq: seq }));
    if (live && !model.checked[live]) resume.push({ conversation_id: live, after_seq: 0 });
    return {
      type: "hello",
      v: 1,
      site: config.key,
      token: keep.get("token"),
      language: host.language,
      page: pageInfo(),
      resume: resume as NonNullable<VisitorHello["resume"]>,
    };
  };

  const identify = async (): Promise<void> => {
    if (!identity) return;
    const jwt = typeof identity === "string" ? identity : await identity();
    if (typeof identity === "string") identity = undefined; // a signed identity is good for once
    engine.send({ type: "identity.set", jwt, ref: newId(IDENTITY) });
  };

  const sayPage = (): void => engine.send({ type: "page.set", page: pageInfo(), context });

  /** What the leader does after each frame: deliver receipts, fill holes, greet. */
  const attend = (frame: ServerFrame): void => {
    if (frame.type === "welcome") {
      asked.clear();
      if (Object.keys(context).length) sayPage();
      if (identity && !frame.verified) identify().catch(() => {});
      const open = openConversation(model);
      if (open && !model.messages[open.id]) engine.older(open.id);
    }
    for (const id of Object.keys(model.checked)) {
      receipt(id, 0);
      const hole = model.holes[id];
      const key = `${id}:${hole?.before}`;
      if (!hole || asked.has(key)) continue;
      asked.add(key);
      const limit = Math.min(200, Math.max(1, hole.before - hole.floor));
      engine.send({ type: "history.get", conversation_id: id, before_seq: hole.before, limit });
    }
  };

  const drop = (ref: string): void => {
    outbox.drop(ref);
    tabs.post({ k: "drop", ref });
    changed();
  };
  const put = (entry: Entry): void => {
    outbox.put(entry);
    tabs.post({ k: "put", entry });
    link?.poke();
    changed();
  };
  const lead = (): void => {
    outbox.reload();
    link = connect({
      site: encodeURIComponent(config.key),
      socketUrl: socketUrl.href,
      apiUrl,
      outbox,
      hello,
      forgetToken: () => keep.drop("token"),
      received(frame) {
        spread(frame);
        attend(frame);
      },
      status(status, stopCode) {
        learn({ ...model, status, stopCode });
        tabs.post({ k: "state", model });
      },
      acked(ref, seq, atMs) {
        const entry = outbox.list().find((one) => one.frame.ref === ref);
        const message = entry && settledMessage(model, entry, seq, atMs);
        if (message) spread({ type: "message.new", message });
        drop(ref);
      },
      refused(ref, code) {
        const entry = outbox.list().find((one) => one.frame.ref === ref);
        if (entry?.frame.type === "message.post" || entry?.frame.type === "conversation.start") {
          put({ ...entry, failed: code });
        } else drop(ref);
        host.emit("error", { code, message: code });
      },
    });
  };

  const hear = (message: TabMessage): void => {
    switch (message.k) {
      case "hi":
        if (tabs.isLeader()) tabs.post({ k: "state", model });
        return;
      case "state":
        if (!tabs.isLeader()) learn(message.model);
        return;
      case "frame":
        return take(message.frame);
      case "send":
        link?.send(message.frame);
        return;
      case "put":
        outbox.put(message.entry);
        link?.poke();
        return changed();
      case "drop":
        outbox.drop(message.ref);
        return changed();
      case "mine":
      case "whose":
        for (const peer of engine.peers) peer(message);
    }
  };
  let tabs = join();
  function join(): ReturnType<typeof joinTabs> {
    const name = `wecc:${config.key}`;
    const made = joinTabs(name, {
      locks: navigator.locks,
      channel: typeof BroadcastChannel === "function" ? new BroadcastChannel(name) : null,
      lead: () => queueMicrotask(lead),
      follow: () => link?.stop(),
      hear,
    });
    made.post({ k: "hi" });
    return made;
  }

  const entry = (frame: Entry["frame"], attachment: AttachmentView | null = null): void =>
    put({ at_ms: outbox.nextMs(engine.nowMs()), frame, attachment, failed: "" });
  const change = (ref: string, alter: (found: Entry) => Entry): void => {
    const found = outbox.list().find((one) => one.frame.ref === ref);
    if (found) put(alter(found));
  };

  const engine: Engine = {
    keep,
    apiUrl,
    model: () => model,
    entries: () => outbox.list(),
    nowMs: () => Date.now() + skewMs,
    token: () => keep.get("token") ?? "",
    start(mode, form, text) {
      const id = newId("cv");
      const frame: ConversationStart & { ref: string } = {
        type: "conversation.start",
        ref: newId("rf"),
        conversation_id: id,
        mode,
        form,
        message_id: newId("ms"),
        text,
      };
      keep.set("live", id);
      entry(frame);
      return id;
    },
    post(id, text) {
      const ref = newId("ms");
      entry({ type: "message.post", ref, id: ref, conversation_id: id, text });
    },
    postFile(id, ref, attachment) {
      const post = { id: ref, conversation_id: id, attachment_id: attachment.id };
      entry({ type: "message.post", ref, ...post }, attachment);
    },
    end: (id) => entry({ type: "conversation.end", ref: newId("rf"), conversation_id: id }),
    rate: (id, rating, comment) =>
      entry({ type: "conversation.rate", ref: newId("rf"), conversation_id: id, rating, comment }),
    retry: (ref) => change(ref, (found) => ({ ...found, failed: "" })),
    asMessage: (ref) =>
      change(ref, (found) =>
        found.frame.type === "conversation.start"
          ? { ...found, failed: "", frame: { ...found.frame, mode: "message" } }
          : found,
      ),
    discard: drop,
    read(id) {
      const last = model.messages[id]?.at(-1)?.seq ?? 0;
      if (last > receiptOf(model, id, "visitor").read_seq) receipt(id, last);
    },
    older(id) {
      const before = model.messages[id]?.[0]?.seq ?? null;
      engine.send({ type: "history.get", conversation_id: id, before_seq: before, limit: 50 });
    },
    send(frame) {
      if (tabs.isLeader()) link?.send(frame);
      else tabs.post({ k: "send", frame });
    },
    reconnect: () => link?.poke(),
    setUser(next) {
      identity = next;
      if (model.status === "online") identify().catch(() => {});
    },
    setContext(next) {
      context = next;
      if (model.status === "online") sayPage();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    peers: new Set(),
    tell: (message) => tabs.post(message),
  };
  watchPage(sayPage);
  window.addEventListener("pagehide", () => {
    link?.stop();
    tabs.leave();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) tabs = join();
  });
  return engine;
}

/** Messages of the other side that this tab has not seen, beyond a first page of history. */
function freshMessages(model: Model, frame: ServerFrame): MessageView[] {
  const items =
    frame.type === "message.new"
      ? [frame.message]
      : frame.type === "history.page"
        ? frame.page.items
        : [];
  return items.filter((one) => {
    const checked = model.checked[one.conversation_id];
    return checked && one.seq > checked && one.author.kind === "agent";
  });
}
