/** The microphone, or the reason why there is none, in words a person can act on. */
export type MicrophoneProblem = "denied" | "missing" | "busy" | "insecure" | "failed";

export class NoMicrophone extends Error {
  constructor(readonly problem: MicrophoneProblem) {
    super(problem);
  }
}

const BY_NAME: Record<string, MicrophoneProblem> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

export async function openMicrophone(devices: MediaDevices | undefined): Promise<MediaStream> {
  if (!devices?.getUserMedia) throw new NoMicrophone("insecure");
  try {
    return await devices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      video: false,
    });
  } catch (problem) {
    throw new NoMicrophone(BY_NAME[(problem as Error).name] ?? "failed");
  }
}
