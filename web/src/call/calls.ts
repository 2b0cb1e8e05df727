/** Calls of this desk. Lives outside of React and of the socket: both may go, audio stays. */
import { create } from "zustand";
import { acceptOffer, desk } from "../live/commands";
import { useLive } from "../live/store";
import type { OfferView, ServerFrame } from "../wire";
import { Leg, MicrophoneError, openMicrophone } from "./leg";

const RETRY_MS = [300, 1_000, 2_000, 4_000, 8_000];

interface Held {
  callId: string;
  leg: Leg;
  failures: number;
}

export interface CallState {
  callId: string;
  muted: boolean;
  path: RTCPeerConnectionState;
  /** Set when the page was reloaded in the middle of a call and has no audio yet. */
  silent: boolean;
}

export const useCall = create<{ current: CallState | null }>(() => ({ current: null }));

let held: Held | null = null;

function set(change: Partial<CallState>): void {
  const { current } = useCall.getState();
  if (current) useCall.setState({ current: { ...current, ...change } });
}

function begin(callId: string, microphone: MediaStream): Leg {
  held?.leg.close();
  const leg = new Leg(microphone, {
    lost: () => void reconnect(callId),
    state: (path) => {
      if (path === "connected" && held) held.failures = 0;
      set({ path });
    },
  });
  held = { callId, leg, failures: 0 };
  useCall.setState({ current: { callId, muted: false, path: "connecting", silent: false } });
  return leg;
}

function finish(): void {
  held?.leg.close();
  held = null;
  useCall.setState({ current: null });
}

/** Open the microphone, then accept; without a microphone the offer stays as it is. */
export async function acceptCall(offer: OfferView): Promise<void> {
  const callId = offer.interaction.call_id ?? "";
  const microphone = await openMicrophone();
  const leg = begin(callId, microphone);
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

/** After a reload: the call goes on at the server, give it a microphone again. */
export async function rejoin(callId: string): Promise<void> {
  const leg = begin(callId, await openMicrophone());
  await desk().ask({ type: "call.reconnect", call_id: callId, sdp_offer: await leg.offer() });
}

function compare(): void {
  const { calls, link } = useLive.getState();
  if (link !== "open") return;
  if (held && !calls[held.callId] && useCall.getState().current?.path === "connected") finish();
  const orphan = Object.values(calls).find(
    ({ call }) => call.state === "connected" || call.state === "held",
  );
  if (!held && orphan && useCall.getState().current?.callId !== orphan.call.id) {
    const current: CallState = { callId: orphan.call.id, muted: false, path: "new", silent: true };
    useCall.setState({ current });
    rejoin(orphan.call.id).catch(() => {
      held?.leg.close();
      held = null;
      useCall.setState({ current });
    });
  }
}

function seen(frame: ServerFrame): void {
  if (frame.type === "call.answer" && held?.callId === frame.call_id) {
    void held.leg.answer(frame.sdp_answer).catch(() => held && reconnect(held.callId));
  }
  if (frame.type === "call.leg_lost" && held?.callId === frame.call_id)
    void reconnect(frame.call_id);
  if (frame.type === "call.changed" && frame.call.state === "ended") {
    if (useCall.getState().current?.callId === frame.call.id) finish();
  }
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
