/** Administration's reads and writes, one name per list. */
import { useQuery } from "@tanstack/react-query";
import { get, post, put, remove } from "../../data/http";
import { queryClient } from "../../data/query";
import type { AgentProfileView, CapacityPolicyView } from "../../wire";

export function useList<T>(path: string, enabled = true) {
  return useQuery({ queryKey: [path.slice(1)], queryFn: () => get<T[]>(path), enabled });
}

/** Everybody who can be an agent; asked anew by each page, as people join by themselves. */
export function useAgents() {
  return useQuery({
    queryKey: ["agents"],
    queryFn: () => get<AgentProfileView[]>("/agents"),
    refetchOnMount: "always",
  });
}

/** What holds for every agent's capacity. */
export function usePolicy() {
  return useQuery({
    queryKey: ["capacity-policy"],
    queryFn: () => get<CapacityPolicyView>("/capacity-policy"),
  });
}

export async function saveItem<Body>(path: string, id: string | null, body: Body): Promise<void> {
  await (id ? put(`${path}/${id}`, body) : post(path, body));
  await queryClient.invalidateQueries({ queryKey: [path.slice(1)] });
}

export async function removeItem(path: string, id: string): Promise<void> {
  await remove(`${path}/${id}`);
  await queryClient.invalidateQueries({ queryKey: [path.slice(1)] });
}

/** The form field an error of the API is about: ``windows[2].to_minute`` belongs to ``windows``. */
export const rootField = (field: string | null) => field?.split(/[.[]/)[0] ?? "";
