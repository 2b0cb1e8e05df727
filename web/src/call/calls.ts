/** Calls of this desk. Lives outside of React and of the socket: both may go, audio stays. */
import { create } from "zustand";
import { acceptOffer, desk } from "../live/commands";
import type { LiveCall } from "../live/state";
import { useLive } from "../live/store";
import type { OfferView, ServerFrame } from "../wire";
import { Leg, MicrophoneError, openMicrophone } from "./leg";
import { forgetCall, holdCall, type LetGo, wasHere } from "./place";

const RETRY_MS = [300, 1_000, 2_000, 4_000, 8_000];

interface Held {
  callId: string;
  leg: Leg;
  failures: number;
  letGo: LetGo;
}

/** Another tab or machine of this person has the call. */
export class ElsewhereError extends Error {}

export interface CallState {
  callId: string;
  muted: boolean;
  path: RTCPeerConnectionState;
  /** Set when the page was reloaded in the middle of a call and has no audio yet. */
  silent: boolean;
  /** Set while another tab or machine of this person has the audio. */
  elsewhere: boolean;
}

export const useCall = create<{ current: CallState | null }>(() => ({ current: null }));

let held: Held | null = null;
/** The call that ended here last: its last frames may still be on their way. */
let left = "";

function set(change: Partial<CallState>): void {
  const { current } = useCall.getState();
  if (current) useCall.setState({ current: { ...current, ...change } });
}

const quiet = (callId: string): CallState => ({
  callId,
  muted: false,
  path: "new",
  silent: false,
  elsewhere: false,
});

function drop(): void {
  held?.leg.close();
  held?.letGo();
  held = null;
}

/** Another tab took the call: no audio here any more, but the bar says where it is. */
function taken(callId: string): void {
  if (held?.callId !== callId) return;
  drop();
  useCall.setState({ current: { ...quiet(callId), elsewhere: true } });
}

/** Hold the call for this tab, open the microphone, and make a leg. */
async function begin(callId: string, force: boolean): Promise<Leg> {
  const letGo = await holdCall(callId, force, () => taken(callId));
  if (!letGo) throw new ElsewhereError();
  try {
    return build(callId, await openMicrophone(), letGo);
  } catch (error) {
    letGo();
    throw error;
  }
}

function build(callId: string, microphone: MediaStream, letGo: LetGo): Leg {
  drop();
  const leg = new Leg(microphone, {
    lost: () => void reconnect(callId),
    state: (path) => {
      if (path === "connected" && held) held.failures = 0;
      set({ path });
    },
  });
  held = { callId, leg, failures: 0, letGo };
  useCall.setState({ current: { ...quiet(callId), path: "connecting" } });
  return leg;
}

function finish(): void {
  left = useCall.getState().current?.callId ?? left;
  drop();
  forgetCall();
  useCall.setState({ current: null });
}

/** Open the microphone, then accept; without one, or in a second tab, the offer stays as it is. */
export async function acceptCall(offer: OfferView): Promise<void> {
  const callId = offer.interaction.call_id ?? "";
  const leg = await begin(callId, false);
  try {
    await acceptOffer(offer.id, await leg.offer());
  } catch (error) {
    finish();
    throw error;
  }
}

async function reconnect(callId: string): Promise<void> {
  const mine = held;
  if (!mine || mine.callId !== callId) return;
  const wait = RETRY_MS[Math.min(mine.failures, RETRY_MS.length - 1)] ?? 8_000;
  mine.failures += 1;
  set({ path: "connecting" });
  await new Promise((resolve) => setTimeout(resolve, mine.failures > 1 ? wait : 0));
  if (held !== mine) return;
  try {
    await desk().ask({
      type: "call.reconnect",
      call_id: callId,
      sdp_offer: await mine.leg.offer(),
    });
  } catch {
    if (held === mine && useLive.getState().calls[callId]) void reconnect(callId);
  }
}

/** The call goes on at the server: give it a microphone again, here. */
export async function rejoin(callId: string, force = true): Promise<void> {
  const leg = await begin(callId, force);
  await desk().ask({ type: "call.reconnect", call_id: callId, sdp_offer: await leg.offer() });
}

/** After a reload the tab goes on with its call; a further tab or machine says where it is. */
function goOn(callId: string): void {
  const elsewhere = { ...quiet(callId), elsewhere: true };
  if (!wasHere(callId)) {
    useCall.setState({ current: elsewhere });
    return;
  }
  useCall.setState({ current: { ...quiet(callId), silent: true } });
  rejoin(callId, false).catch((error: unknown) => {
    drop();
    const away = error instanceof ElsewhereError;
    useCall.setState({ current: away ? elsewhere : { ...quiet(callId), silent: true } });
  });
}

const isTalking = ({ call }: LiveCall) => call.state === "connected" || call.state === "held";

function compare(): void {
  const { calls, link } = useLive.getState();
  if (link !== "open") return;
  const { current } = useCall.getState();
  if (held && !calls[held.callId] && current?.path === "connected") finish();
  if (current?.elsewhere && !calls[current.callId]) useCall.setState({ current: null });
  const orphan = Object.values(calls).find(isTalking);
  if (!held && orphan && useCall.getState().current?.callId !== orphan.call.id) {
    goOn(orphan.call.id);
  }
}

/** A call of mine was answered, and not in this tab. */
function lookElsewhere(): void {
  const { calls, interactions } = useLive.getState();
  const away = Object.values(calls).find(
    (each) => isTalking(each) && each.call.interaction_id in interactions,
  );
  if (held || useCall.getState().current || !away || away.call.id === left) return;
  useCall.setState({ current: { ...quiet(away.call.id), elsewhere: true } });
}

function seen(frame: ServerFrame): void {
  if (frame.type === "call.answer" && held?.callId === frame.call_id) {
    void held.leg.answer(frame.sdp_answer).catch(() => held && reconnect(held.callId));
  }
  if (frame.type === "call.leg_lost" && held?.callId === frame.call_id)
    void reconnect(frame.call_id);
  if (frame.type === "call.changed" && frame.call.state === "ended") {
    if (useCall.getState().current?.callId === frame.call.id) finish();
  } else if (frame.type === "call.changed" || frame.type === "assignment.changed") lookElsewhere();
  if (frame.type === "welcome") compare();
}

/** Connect the calls to the desk's frames; returns a function that undoes it. */
export function followCalls(): () => void {
  const end = desk().onFrame(seen);
  return () => {
    end();
    finish();
  };
}

export function toggleMute(): void {
  const { current } = useCall.getState();
  if (!current || !held) return;
  const on = !current.muted;
  held.leg.mute(on);
  set({ muted: on });
  desk().tell({ type: "call.mute", call_id: current.callId, on });
}

export async function toggleHold(): Promise<void> {
  const { current } = useCall.getState();
  const state = current && useLive.getState().calls[current.callId]?.call.state;
  if (current)
    await desk().ask({ type: "call.hold", call_id: current.callId, on: state !== "held" });
}

export async function hangUp(): Promise<void> {
  const { current } = useCall.getState();
  if (!current) return;
  try {
    await desk().ask({ type: "call.hang_up", call_id: current.callId });
  } finally {
    finish();
  }
}

export const callLevels = () => held?.leg.levels() ?? { mine: 0, theirs: 0 };

export { MicrophoneError };
