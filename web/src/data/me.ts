import { useQuery } from "@tanstack/react-query";
import { create } from "zustand";
import type { MeView } from "../wire";
import { ApiError, get, post, put, setCsrf } from "./http";
import { queryClient } from "./query";

export const ME = ["me"] as const;

function keep(me: MeView): MeView {
  setCsrf(me.csrf);
  return me;
}

/** Who is signed in; null when nobody is. */
export function useMe() {
  return useQuery({
    queryKey: ME,
    queryFn: async () => {
      try {
        return keep(await get<MeView>("/me"));
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: (count, error) => !(error instanceof ApiError && error.status === 401) && count < 3,
  });
}

export function signedIn(me: MeView): void {
  // Not clear(): whoever watches ``me`` now has to hear of it.
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== ME[0] });
  queryClient.setQueryData(ME, keep(me));
}

/** A new password ends every login; this browser goes on with the fresh one. */
export function renewed(me: MeView): void {
  queryClient.setQueryData(ME, keep(me));
}

/** By whom and why this person was signed out, for whoever looks at the sign-in page next. */
export const useFarewell = create<{ byName: string; why: string }>(() => ({
  byName: "",
  why: "",
}));

export function signedOut(): void {
  setCsrf("");
  queryClient.setQueryData(ME, null);
}

export async function signIn(email: string, password: string): Promise<void> {
  useFarewell.setState({ byName: "", why: "" });
  signedIn(await post<MeView>("/sign-in", { email, password }));
}

export async function signOut(): Promise<void> {
  await post("/sign-out");
  signedOut();
}

/** Store one preference for this person; the screen shows it at once. */
export async function savePreferences(changes: Record<string, string>): Promise<void> {
  const me = queryClient.getQueryData<MeView | null>(ME);
  if (!me) return;
  const preferences = { ...me.preferences, ...changes };
  queryClient.setQueryData(ME, { ...me, preferences });
  await put("/me/preferences", { preferences });
}
