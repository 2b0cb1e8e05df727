/**
 * The call of this tab. The sound runs between browser and media engine, so it survives a socket
 * that drops; what was said meanwhile by the server comes with the next welcome.
 */
import type { Chat } from "../chat/context";
import { formValues } from "../form/fields";
import { newId } from "../link/keep";
import { liveCall } from "../state/select";
import type { CallStart, CallView, ServerFrame } from "../wire";
import { type Leg, openLeg } from "./leg";
import { NoMicrophone, openMicrophone } from "./microphone";
import type { CallKey } from "./words";

export type Phase =
  | { name: "idle" | "asking" | "calling" | "live" | "lost" | "elsewhere" }
  | { name: "problem"; word: CallKey }
  | { name: "ended"; reason: string };

export interface CallState {
  phase: Phase;
  id: string;
  conversationId: string;
  view: CallView | null;
  muted: readonly string[];
  isMuted: boolean;
  isReconnecting: boolean;
  /** The browser wants a touch before it plays. */
  isSilent: boolean;
  isBig: boolean;
}

export interface Controller {
  state(): CallState;
  begin(conversationId: string | null): void;
  rejoin(): void;
  mute(): void;
  hold(): void;
  hangUp(): void;
  hear(): void;
  write(): void;
  resize(): void;
  sync(): void;
}

const ANSWER_MS = 10_000;
const CLAIM_MS = 500;
const EMPTY: CallState = {
  phase: { name: "idle" },
  id: "",
  conversationId: "",
  view: null,
  muted: [],
  isMuted: false,
  isReconnecting: false,
  isSilent: false,
  isBig: true,
};
const REFUSALS = new Set<string>(["media_unavailable", "nobody_there", "rate_limited"]);

export function makeController(
  chat: Chat,
  audio: HTMLAudioElement,
  changed: () => void,
): Controller {
  const { engine, host } = chat;
  let state = EMPTY;
  let stream: MediaStream | undefined;
  let leg: Leg | undefined;
  let waiting: CallStart | undefined;
  let awaited = "";
  let timer = 0;
  let tries = 0;

  const set = (change: Partial<CallState>): void => {
    state = { ...state, ...change };
    changed();
  };
  let mine = "";
  const others = new Set<string>();
  engine.peers.add(({ k, call }) => {
    if (k === "mine") others.add(call);
    else if (call === mine) engine.tell({ k: "mine", call });
  });
  const own = (call: string): void => {
    mine = call;
    if (call) engine.tell({ k: "mine", call });
  };
  /** Ask the other tabs; true when none of them holds this call. */
  const claim = async (call: string): Promise<boolean> => {
    others.delete(call);
    engine.tell({ k: "whose", call });
    await new Promise((done) => setTimeout(done, CLAIM_MS));
    return !others.has(call);
  };

  const release = (): void => {
    clearTimeout(timer);
    leg?.close();
    leg = undefined;
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    waiting = undefined;
    awaited = "";
    audio.srcObject = null;
    own("");
  };
  const fail = (word: CallKey): void => {
    release();
    set({ phase: { name: "problem", word }, isBig: true });
  };

  const play = (): void => {
    audio.play().then(
      () => set({ isSilent: false }),
      () => set({ isSilent: true }),
    );
  };
  const newLeg = (): Promise<string> => {
    leg?.close();
    const fresh = openLeg(stream as MediaStream, {
      candidate: (candidate) =>
        engine.send({
          type: "call.candidate",
          call_id: state.id,
          candidate: candidate?.candidate ?? null,
          sdp_mid: candidate?.sdpMid ?? null,
        }),
      heard(remote) {
        audio.srcObject = remote;
        play();
      },
      connected() {
        tries = 0;
        set({ isReconnecting: false });
      },
      broken: () => fresh === leg && reconnect(),
    });
    leg = fresh;
    return fresh.sdpOffer();
  };

  /** Ask for a fresh leg; again and again, slower, while the call is on. */
  const reconnect = (): void => {
    if (!stream || waiting) return;
    set({ isReconnecting: true });
    clearTimeout(timer);
    timer = window.setTimeout(
      async () => {
        timer = window.setTimeout(reconnect, ANSWER_MS);
        if (engine.model().status !== "online") return;
        const sdpOffer = await newLeg();
        awaited = newId("rf");
        engine.send({
          type: "call.reconnect",
          ref: awaited,
          call_id: state.id,
          sdp_offer: sdpOffer,
        });
      },
      Math.min(8_000, 300 * tries++),
    );
  };

  const ask = async (): Promise<boolean> => {
    set({ phase: { name: "asking" } });
    try {
      stream = await openMicrophone(navigator.mediaDevices);
    } catch (problem) {
      fail(problem instanceof NoMicrophone ? problem.problem : "failed");
      return false;
    }
    stream.getTracks()[0]?.addEventListener("ended", () => {
      if (stream) fail("missing");
    });
    if (state.phase.name === "asking") return true;
    release(); // the visitor changed their mind meanwhile
    return false;
  };

  const sendStart = (): void => {
    if (!waiting) return;
    awaited = waiting.ref ?? "";
    engine.send(waiting);
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (waiting && engine.model().status === "online") fail("failed");
    }, ANSWER_MS);
  };

  async function begin(conversationId: string | null): Promise<void> {
    if (!["idle", "problem", "ended"].includes(state.phase.name)) return set({ isBig: true });
    const open = conversationId && engine.model().conversations[conversationId]?.state !== "closed";
    state = {
      ...EMPTY,
      id: newId("ca"),
      conversationId: open ? conversationId : newId("cv"),
    };
    if (!(await ask())) return;
    set({ phase: { name: "calling" } });
    own(state.id);
    const sdpOffer = await newLeg();
    waiting = {
      type: "call.start",
      ref: newId("rf"),
      call_id: state.id,
      conversation_id: state.conversationId,
      sdp_offer: sdpOffer,
      form: open ? {} : formValues(host.config.form, chat.screen().form),
    };
    if (engine.model().status === "online") sendStart();
  }

  async function rejoin(): Promise<void> {
    if (!(await ask())) return;
    set({ phase: { name: "live" } });
    own(state.id);
    reconnect();
  }

  const over = (reason: string): void => {
    if (state.phase.name === "ended" || state.phase.name === "idle") return;
    release();
    set({ phase: { name: "ended", reason }, isReconnecting: false });
    host.emit("call", { id: state.id, state: "ended" });
  };

  const follow = (view: CallView, muted: readonly string[]): void => {
    if (view.state === "ended") return over(view.end_reason);
    const isNews = state.view?.state !== view.state;
    const phase: Phase = stream || state.phase.name !== "calling" ? { name: "live" } : state.phase;
    const isMine = !!stream;
    set({ view, muted, phase: isMine ? phase : state.phase });
    if (isNews) host.emit("call", { id: view.id, state: view.state });
  };

  /** A call this tab does not hold: in another tab, or left behind by a reload. */
  const adopt = async (view: CallView): Promise<void> => {
    state = { ...EMPTY, id: view.id, conversationId: view.conversation_id, view, isBig: false };
    const isFree = await claim(view.id);
    if (stream || state.id !== view.id || state.phase.name === "ended") return;
    set({ phase: { name: isFree ? "lost" : "elsewhere" } });
  };

  const sync = (): void => {
    const model = engine.model();
    const ours = model.live[state.id];
    if (ours) return follow(ours.call, ours.muted);
    if (state.phase.name === "live" || state.phase.name === "lost") {
      if (model.status === "online" && !waiting) over("");
      return;
    }
    const other = liveCall(model);
    if (other && (state.phase.name === "idle" || state.phase.name === "ended")) {
      void adopt(other.call);
    }
  };

  const heard = (frame: ServerFrame): void => {
    switch (frame.type) {
      case "welcome":
        sync();
        return sendStart();
      case "call.changed":
        return sync();
      case "call.answer":
        if (frame.call_id !== state.id || !leg || (frame.ref && frame.ref !== awaited)) return;
        waiting = undefined;
        clearTimeout(timer);
        leg.answer(frame.sdp_answer).catch(() => reconnect());
        return;
      case "call.leg_lost":
        if (frame.call_id === state.id) reconnect();
        return;
      case "error":
        if (!frame.ref || frame.ref !== awaited) return;
        if (waiting) fail(REFUSALS.has(frame.code) ? (frame.code as CallKey) : "failed");
        else if (["closed", "not_found", "gone"].includes(frame.code)) over("");
    }
  };
  engine.listen(heard);

  return {
    state: () => state,
    begin: (id) => void begin(id),
    rejoin: () => void rejoin(),
    sync,
    hear: play,
    mute() {
      const isMuted = !state.isMuted;
      for (const track of stream?.getTracks() ?? []) track.enabled = !isMuted;
      engine.send({ type: "call.mute", call_id: state.id, on: isMuted });
      set({ isMuted });
    },
    hold() {
      const on = state.view?.held_by !== "visitor";
      engine.send({ type: "call.hold", call_id: state.id, on });
    },
    hangUp() {
      if (state.id) engine.send({ type: "call.hang_up", call_id: state.id });
      release();
      const isOver = state.phase.name === "problem" || state.phase.name === "ended";
      set({ phase: isOver ? { name: "idle" } : { name: "ended", reason: "visitor_hung_up" } });
    },
    write() {
      const known = engine.model().conversations[state.conversationId];
      set({ phase: { name: "idle" } });
      chat.set({ view: known ? { name: "thread", id: known.id } : { name: "home" } });
    },
    resize: () => set({ isBig: !state.isBig }),
  };
}
