/** Who serves the queue: kept in the agents' profiles, changed from the queue's page. */
import { get, put } from "../../data/http";
import { queryClient } from "../../data/query";
import type { AgentProfileView, QueueView } from "../../wire";
import { useAgents, useList } from "../admin/data";
import { NEW } from "./draft";

/** Who serves it now; a new queue is for those who serve every queue there is. */
export function useMembers(id: string): string[] | null {
  const { data: agents } = useAgents();
  const { data: queues } = useList<QueueView>("/queues");
  if (!agents || !queues) return null;
  const needed = id === NEW ? queues.map((queue) => queue.id) : [id];
  const serving = agents.filter((agent) => needed.every((each) => agent.queue_ids.includes(each)));
  return serving.map((agent) => agent.user_id);
}

export const sameMembers = (a: string[], b: string[]) =>
  a.length === b.length && a.every((each) => b.includes(each));

/** Write the profiles of those who join or leave, as they are at this moment. */
export async function settleMembers(queueId: string, members: string[]): Promise<void> {
  const wanted = new Set(members);
  for (const agent of await get<AgentProfileView[]>("/agents")) {
    if (agent.queue_ids.includes(queueId) === wanted.has(agent.user_id)) continue;
    const others = agent.queue_ids.filter((each) => each !== queueId);
    const queue_ids = wanted.has(agent.user_id) ? [...others, queueId] : others;
    const { skills, weight, capacity, interrupted_by } = agent;
    const profile = { skills, weight, capacity, interrupted_by, queue_ids };
    await put(`/agents/${agent.user_id}`, profile);
  }
  await queryClient.invalidateQueries({ queryKey: ["agents"] });
}
