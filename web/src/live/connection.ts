/** The desk's one connection: hello, resume, acks, heartbeats, back-off, outbox, fall-back. */
import { create } from "zustand";
import { ApiError, get } from "../data/http";
import { freshId } from "../data/ids";
import { useFarewell } from "../data/me";
import { errorWords } from "../i18n";
import type { Ack, AgentHello, ClientFrame, MessageView, ServerFrame } from "../wire";
import { backoffMs } from "./backoff";
import { learnOffset } from "./clock";
import { mayRetry, Outbox, type Outgoing } from "./outbox";
import { Receipts } from "./receipts";
import { EMPTY } from "./state";
import { applyFrames, useLive } from "./store";
import { type Carrier, type Listener, openSocket, openStream } from "./transport";

const VERSION = 1;
const ACK_MS = 20_000;
const HELLO_MS = 10_000;
/** How long a ping may stay unanswered before the road counts as cut. */
const PONG_MS = 8_000;
/** How long a request may stay unanswered before a ping asks whether the road is still there. */
const DOUBT_MS = 4_000;
const LOOK_MS = 2_000;
const SOCKETS_BEFORE_STREAM = 3;
const HIDDEN_FLUSH_MS = 200;

type Hook = (frame: ServerFrame) => void;
interface Pending {
  resolve: (ack: Ack) => void;
  reject: (error: ApiError) => void;
  askedAtMs: number;
  timer: ReturnType<typeof setTimeout>;
}

/** Messages not yet on the server, for the threads to show. */
export const useOutgoing = create<{ items: Outgoing[] }>(() => ({ items: [] }));

export class Connection {
  private carrier: Carrier | null = null;
  private ready = false;
  private stopped = false;
  private attempt = 0;
  private failedSockets = 0;
  private helloAtMs = 0;
  private pingAtMs = 0;
  private lastFrameAtMs = 0;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private flushTimer: ReturnType<typeof setTimeout> | undefined;
  private inbox: ServerFrame[] = [];
  private readonly pending = new Map<string, Pending>();
  private readonly hooks = new Set<Hook>();
  private readonly sending = new Set<string>();
  private readonly watched = new Map<string, number>();
  private readonly outbox: Outbox;
  private readonly arrivals = new Set<(message: MessageView) => void>();
  private readonly receipts = new Receipts(useLive.getState, (frame) => this.tell(frame));

  constructor(userId: string) {
    this.outbox = new Outbox(localStorage, userId);
    useOutgoing.setState({ items: this.outbox.all() });
    window.addEventListener("online", this.wake);
    window.addEventListener("offline", this.drop);
    document.addEventListener("visibilitychange", this.wake);
    window.addEventListener("storage", this.reread);
  }

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    clearInterval(this.heartbeat);
    this.receipts.stop();
    window.removeEventListener("online", this.wake);
    window.removeEventListener("offline", this.drop);
    document.removeEventListener("visibilitychange", this.wake);
    window.removeEventListener("storage", this.reread);
    this.carrier?.close();
    useLive.setState(EMPTY, true);
  }

  /** See every frame that is not state: answers of calls, mostly. */
  onFrame(hook: Hook): () => void {
    this.hooks.add(hook);
    return () => this.hooks.delete(hook);
  }

  /** See each message that is new to this desk. */
  onArrival(hook: (message: MessageView) => void): () => void {
    this.arrivals.add(hook);
    return () => this.arrivals.delete(hook);
  }

  private readonly wake = () => {
    if (document.visibilityState === "hidden" || this.carrier || this.stopped) return;
    this.attempt = 0;
    this.connect();
  };

  private readonly drop = () => this.carrier?.close();

  private readonly reread = () => useOutgoing.setState({ items: this.outbox.all() });

  private connect(): void {
    if (this.carrier || this.stopped) return;
    clearTimeout(this.retry);
    this.ready = false;
    this.helloAtMs = Date.now();
    this.lastFrameAtMs = Date.now();
    if (useLive.getState().link === "connecting" || this.attempt > 0) {
      useLive.setState({ link: this.attempt > 0 ? "lost" : "connecting" });
    }
    const stream = this.failedSockets >= SOCKETS_BEFORE_STREAM && this.failedSockets % 2 === 1;
    const listener: Listener = { frame: this.receive, closed: this.closed };
    this.carrier = (stream ? openStream : openSocket)(this.hello, listener);
    clearInterval(this.heartbeat);
    this.heartbeat = setInterval(this.beat, LOOK_MS);
  }

  private readonly hello = (): AgentHello => {
    const { threads } = useLive.getState();
    const resume = Object.entries(threads)
      .filter(([, thread]) => thread.atTail && thread.items.length > 0)
      .slice(-200)
      .map(([id, thread]) => ({ conversation_id: id, after_seq: thread.items.at(-1)?.seq ?? 0 }));
    return { type: "hello", v: VERSION, resume };
  };

  /** A network may swallow everything without a word: then only the missing answer tells. */
  private readonly beat = () => {
    const now = Date.now();
    const isAsking = this.pingAtMs > this.lastFrameAtMs;
    const limit = this.ready ? PONG_MS : HELLO_MS;
    if ((isAsking || !this.ready) && now - Math.max(this.pingAtMs, this.helloAtMs) > limit)
      return this.carrier?.close();
    if (!this.ready || isAsking) return;
    const oldest = Math.min(...[...this.pending.values()].map((each) => each.askedAtMs));
    const isDoubtful = now - Math.max(oldest, this.lastFrameAtMs) > DOUBT_MS;
    if (isDoubtful || now - this.pingAtMs >= this.heartbeatMs) {
      this.pingAtMs = now;
      this.carrier?.send({ type: "ping" });
    }
  };

  private heartbeatMs = 20_000;

  private readonly closed = () => {
    this.carrier = null;
    clearInterval(this.heartbeat);
    if (!this.ready) {
      this.failedSockets += 1;
      // A refused socket does not say why: a login that ended shows in this answer.
      void get("/me").catch(() => undefined);
    }
    this.ready = false;
    this.sending.clear();
    for (const [ref, pending] of this.pending) {
      clearTimeout(pending.timer);
      pending.reject(new ApiError(0, "disconnected", ""));
      this.pending.delete(ref);
    }
    if (this.stopped || useLive.getState().link === "refused") return;
    const wait = backoffMs(this.attempt);
    this.attempt += 1;
    useLive.setState({ link: "lost", retryAtMs: Date.now() + wait });
    this.retry = setTimeout(() => this.connect(), wait);
  };

  /** Try at once instead of waiting out the back-off. */
  retryNow(): void {
    this.attempt = 0;
    this.connect();
  }

  private readonly receive = (frame: ServerFrame) => {
    this.lastFrameAtMs = Date.now();
    if (frame.type === "ack") return this.settle(frame.ref, null, frame);
    if (frame.type === "error") return this.failed(frame);
    if (frame.type === "pong") return learnOffset(frame.at_ms, this.pingAtMs, Date.now());
    if (frame.type === "goodbye") return this.goodbye(frame.again, frame.after_ms);
    if (frame.type === "agent.signed_out")
      useFarewell.setState({ byName: frame.by_name, why: frame.why });
    if (frame.type === "welcome") this.welcomed(frame.server_at_ms, frame.heartbeat_ms);
    this.inbox.push(frame);
    if (frame.type === "welcome" || document.visibilityState === "hidden") {
      this.flushTimer ??= setTimeout(this.flush, frame.type === "welcome" ? 0 : HIDDEN_FLUSH_MS);
    } else if (this.inbox.length === 1) {
      requestAnimationFrame(this.flush);
      this.flushTimer ??= setTimeout(this.flush, HIDDEN_FLUSH_MS);
    }
  };

  private readonly flush = () => {
    clearTimeout(this.flushTimer);
    this.flushTimer = undefined;
    const frames = this.inbox;
    this.inbox = [];
    if (frames.length === 0) return;
    const effects = applyFrames(frames);
    if (frames.some((frame) => frame.type === "welcome")) this.receipts.again();
    else this.receipts.soon();
    for (const frame of frames) {
      if (frame.type === "message.new") this.settled(frame.message.id);
      if (frame.type === "history.page") for (const item of frame.page.items) this.settled(item.id);
      for (const hook of this.hooks) hook(frame);
    }
    for (const effect of effects) {
      if (effect.kind === "fill") this.history(effect.conversationId, effect.beforeSeq, 200);
      else for (const hook of this.arrivals) hook(effect.message);
    }
  };

  private welcomed(serverAtMs: number, heartbeatMs: number): void {
    learnOffset(serverAtMs, this.helloAtMs, Date.now());
    this.ready = true;
    this.attempt = 0;
    this.failedSockets = 0;
    this.heartbeatMs = heartbeatMs;
    this.pingAtMs = this.lastFrameAtMs;
    useLive.setState({ link: "open" });
    for (const id of this.watched.keys())
      this.carrier?.send({ type: "conversation.watch", conversation_id: id, on: true });
    this.sendOutbox();
  }

  private goodbye(again: boolean, afterMs: number): void {
    if (!again) {
      useLive.setState({ link: "refused" });
      void get("/me").catch(() => undefined); // shows whether the login ended
    }
    this.carrier?.close();
    if (again && afterMs > 0) {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.connect(), afterMs);
    }
  }

  private settle(ref: string, error: ApiError | null, ack: Ack | null): void {
    const pending = this.pending.get(ref);
    if (!pending) return;
    this.pending.delete(ref);
    clearTimeout(pending.timer);
    if (ack) pending.resolve(ack);
    else if (error) pending.reject(error);
  }

  private failed(frame: Extract<ServerFrame, { type: "error" }>): void {
    const error = new ApiError(0, frame.code, frame.message, null, frame.retry_after_s);
    if (frame.ref) this.settle(frame.ref, error, null);
    else if (frame.code === "unauthenticated") useLive.setState({ link: "refused" });
  }

  /** Send one frame and wait until the server says that it is done. */
  ask(frame: ClientFrame): Promise<Ack> {
    const ref = frame.ref ?? freshId();
    if (!this.ready || !this.carrier) return Promise.reject(new ApiError(0, "disconnected", ""));
    const carrier = this.carrier;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.settle(ref, new ApiError(0, "timeout", ""), null),
        ACK_MS,
      );
      this.pending.set(ref, { resolve, reject, timer, askedAtMs: Date.now() });
      carrier.send({ ...frame, ref });
    });
  }

  /** Send a frame that nobody waits for; lost when there is no connection. */
  tell(frame: ClientFrame): void {
    if (this.ready) this.carrier?.send(frame);
  }

  /** Something was looked at: say so to the server, a moment later. */
  looked(): void {
    this.receipts.soon();
  }

  history(conversationId: string, beforeSeq: number | null, limit = 50): void {
    this.tell({
      type: "history.get",
      ref: freshId(),
      conversation_id: conversationId,
      before_seq: beforeSeq,
      limit,
    });
  }

  /** Follow a conversation that is not mine; returns a function that stops it. */
  watch(conversationId: string): () => void {
    const count = this.watched.get(conversationId) ?? 0;
    this.watched.set(conversationId, count + 1);
    if (count === 0)
      this.tell({ type: "conversation.watch", conversation_id: conversationId, on: true });
    return () => {
      const left = (this.watched.get(conversationId) ?? 1) - 1;
      if (left > 0) this.watched.set(conversationId, left);
      else {
        this.watched.delete(conversationId);
        this.tell({ type: "conversation.watch", conversation_id: conversationId, on: false });
      }
    };
  }

  /** Write a message: on this machine at once, on the server as soon as it can be reached. */
  post(
    conversationId: string,
    body: { text?: string; attachmentId?: string; note?: boolean },
  ): void {
    const item: Outgoing = {
      id: freshId(),
      conversationId,
      text: body.text ?? "",
      attachmentId: body.attachmentId ?? null,
      note: body.note ?? false,
      createdAtMs: Date.now(),
      refused: "",
      refusedWords: "",
    };
    this.outbox.put(item);
    this.reread();
    this.sendOne(item);
  }

  retryMessage(id: string): void {
    const item = this.outbox.all().find((each) => each.id === id);
    if (!item) return;
    const again = { ...item, refused: "", refusedWords: "" };
    this.outbox.put(again);
    this.reread();
    this.sendOne(again);
  }

  discardMessage(id: string): void {
    this.settled(id);
  }

  private settled(id: string): void {
    if (!useOutgoing.getState().items.some((item) => item.id === id)) return;
    this.outbox.drop(id);
    this.reread();
  }

  private sendOutbox(): void {
    for (const item of this.outbox.all()) if (!item.refused) this.sendOne(item);
  }

  private sendOne(item: Outgoing): void {
    if (!this.ready || this.sending.has(item.id)) return;
    this.sending.add(item.id);
    const body = item.attachmentId ? { attachment_id: item.attachmentId } : { text: item.text };
    this.ask({
      type: "message.post",
      id: item.id,
      conversation_id: item.conversationId,
      note: item.note,
      ...body,
    })
      .then(() => this.acknowledged(item))
      .catch((error: unknown) => this.refused(item, error as ApiError));
  }

  private acknowledged(item: Outgoing): void {
    this.sending.delete(item.id);
    this.outbox.drop(item.id);
    const thread = useLive.getState().threads[item.conversationId];
    const there = !thread || thread.items.some((each) => each.id === item.id);
    // On disk, but its own frame is still to come: keep showing it until then.
    setTimeout(this.reread, there ? 0 : 3_000);
  }

  private refused(item: Outgoing, error: ApiError): void {
    this.sending.delete(item.id);
    if (error.code === "disconnected") return;
    if (mayRetry(error.code)) {
      setTimeout(() => this.sendOne(item), (error.retryAfterS ?? 3) * 1_000);
      return;
    }
    this.outbox.put({ ...item, refused: error.code, refusedWords: errorWords(error) });
    this.reread();
  }
}
