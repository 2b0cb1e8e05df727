/** The agent's side of one call: microphone, peer connection, loudspeaker, level meters. */

const GATHER_MS = 1_200;
const CONSTRAINTS: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

export type MicrophoneFault = "denied" | "missing" | "busy" | "insecure" | "failed";

/** Why there is no microphone, in a form the screen can explain. */
export class MicrophoneError extends Error {
  constructor(readonly fault: MicrophoneFault) {
    super(fault);
  }
}

export async function openMicrophone(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new MicrophoneError("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: CONSTRAINTS });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError" || name === "SecurityError") throw new MicrophoneError("denied");
    if (name === "NotFoundError" || name === "OverconstrainedError")
      throw new MicrophoneError("missing");
    if (name === "NotReadableError" || name === "AbortError") throw new MicrophoneError("busy");
    throw new MicrophoneError("failed");
  }
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

interface Meter {
  analyser: AnalyserNode;
  samples: Uint8Array<ArrayBuffer>;
}

function meter(context: AudioContext, stream: MediaStream): Meter {
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  return { analyser, samples: new Uint8Array(new ArrayBuffer(analyser.fftSize)) };
}

/** Loudness from 0 to 1 of what a meter hears now. */
function loudness(of: Meter | null): number {
  if (!of) return 0;
  of.analyser.getByteTimeDomainData(of.samples);
  let sum = 0;
  for (const sample of of.samples) sum += ((sample - 128) / 128) ** 2;
  const db = 10 * Math.log10(sum / of.samples.length + 1e-7);
  return Math.min(1, Math.max(0, (db + 55) / 50));
}

export interface LegEvents {
  /** The path to the server broke and needs a fresh ``sdp_offer``. */
  lost: () => void;
  state: (state: RTCPeerConnectionState) => void;
}

export class Leg {
  private peer: RTCPeerConnection | null = null;
  private readonly audio = new Audio();
  private context: AudioContext | null = null;
  private mine: Meter | null = null;
  private theirs: Meter | null = null;
  private over = false;

  constructor(
    private readonly microphone: MediaStream,
    private readonly events: LegEvents,
  ) {
    this.audio.autoplay = true;
    try {
      this.context = new AudioContext();
      this.mine = meter(this.context, microphone);
    } catch {
      this.context = null;
    }
  }

  /** Make a fresh connection and return its ``sdp_offer``; the old one ends. */
  async offer(): Promise<string> {
    this.peer?.close();
    const peer = new RTCPeerConnection();
    this.peer = peer;
    for (const track of this.microphone.getAudioTracks()) peer.addTrack(track, this.microphone);
    peer.ontrack = (event) => this.heard(event.streams[0] ?? new MediaStream([event.track]));
    peer.onconnectionstatechange = () => {
      if (this.over || this.peer !== peer) return;
      this.events.state(peer.connectionState);
      if (peer.connectionState === "failed") this.events.lost();
    };
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    return peer.localDescription?.sdp ?? "";
  }

  async answer(sdp: string): Promise<void> {
    if (this.over || this.peer?.signalingState !== "have-local-offer") return;
    await this.peer.setRemoteDescription({ type: "answer", sdp });
  }

  private heard(stream: MediaStream): void {
    this.audio.srcObject = stream;
    void this.audio.play().catch(() => undefined);
    if (this.context) this.theirs = meter(this.context, stream);
  }

  mute(on: boolean): void {
    for (const track of this.microphone.getAudioTracks()) track.enabled = !on;
  }

  levels(): { mine: number; theirs: number } {
    return { mine: loudness(this.mine), theirs: loudness(this.theirs) };
  }

  close(): void {
    this.over = true;
    this.peer?.close();
    for (const track of this.microphone.getTracks()) track.stop();
    this.audio.srcObject = null;
    void this.context?.close().catch(() => undefined);
  }
}
