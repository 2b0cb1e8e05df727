import { useState } from "react";
import { type ApiError, asApiError } from "../../data/http";

/** The state of one submit: busy, and what the server refused. */
export function useEntry(work: () => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (failure) {
      setError(asApiError(failure));
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, submit };
}
