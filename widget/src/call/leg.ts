/**
 * One leg: our RTCPeerConnection to the gateway's media engine (W3C webrtc-pc, JSEP RFC 8829).
 * Host candidates gather in milliseconds, so the sdp_offer mostly carries all of them; what
 * comes later trickles (RFC 8838).
 */
const GATHER_MS = 800;
const SHAKY_MS = 4_000;

export interface LegPorts {
  candidate(candidate: RTCIceCandidate | null): void;
  heard(stream: MediaStream): void;
  connected(): void;
  /** The path is gone: a fresh leg is needed. */
  broken(): void;
}

export interface Leg {
  sdpOffer(): Promise<string>;
  answer(sdpAnswer: string): Promise<void>;
  close(): void;
}

export function openLeg(stream: MediaStream, ports: LegPorts): Leg {
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  let isSent = false;
  let shaky = 0;
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  connection.ontrack = ({ streams, track }) => ports.heard(streams[0] ?? new MediaStream([track]));
  connection.onicecandidate = ({ candidate }) => isSent && ports.candidate(candidate);
  connection.onconnectionstatechange = () => {
    clearTimeout(shaky);
    const state = connection.connectionState;
    if (state === "connected") ports.connected();
    if (state === "failed") ports.broken();
    if (state === "disconnected") shaky = window.setTimeout(ports.broken, SHAKY_MS);
  };
  const gathered = (): Promise<void> =>
    new Promise((done) => {
      if (connection.iceGatheringState === "complete") return done();
      setTimeout(done, GATHER_MS);
      connection.addEventListener("icegatheringstatechange", () => {
        if (connection.iceGatheringState === "complete") done();
      });
    });
  return {
    async sdpOffer() {
      await connection.setLocalDescription(await connection.createOffer());
      await gathered();
      isSent = true;
      return connection.localDescription?.sdp ?? "";
    },
    answer: (sdp) => connection.setRemoteDescription({ type: "answer", sdp }),
    close() {
      clearTimeout(shaky);
      connection.onconnectionstatechange = connection.onicecandidate = connection.ontrack = null;
      connection.close();
    },
  };
}
