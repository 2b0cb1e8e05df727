/** Which tab of this browser has a call's audio: the one that holds the call's lock. */

const lockOf = (callId: string) => `wecc-call-${callId}`;
const MARK = "wecc.call";

export type LetGo = () => void;

/**
 * Take a call's audio to this tab. Null when another tab has it and ``force`` is not set;
 * ``taken`` is called when another tab takes it from here.
 */
export function holdCall(callId: string, force: boolean, taken: () => void): Promise<LetGo | null> {
  if (!("locks" in navigator)) return Promise.resolve(() => undefined);
  const options: LockOptions = force ? { steal: true } : { ifAvailable: true };
  return new Promise((resolve) => {
    const hold = (lock: Lock | null): Promise<void> => {
      if (!lock) {
        resolve(null);
        return Promise.resolve();
      }
      localStorage.setItem(MARK, callId);
      return new Promise<void>((done) => resolve(done));
    };
    navigator.locks.request(lockOf(callId), options, hold).catch(taken);
  });
}

/** Whether this browser had the call's audio: then a reloaded tab goes on with it by itself. */
export const wasHere = (callId: string) => localStorage.getItem(MARK) === callId;

export const forgetCall = () => localStorage.removeItem(MARK);
