/** What an agent can do, one function each. Screens call these and never build a frame. */
import { Connection } from "./connection";
import { useLive } from "./store";

let connection: Connection | null = null;

export function startDesk(userId: string): Connection {
  connection?.stop();
  connection = new Connection(userId);
  connection.start();
  return connection;
}

export function stopDesk(): void {
  connection?.stop();
  connection = null;
}

export function desk(): Connection {
  if (!connection) throw new Error("the desk is not connected to anything yet");
  return connection;
}

/** Which agents are on a lead's screen: only they are told of. */
export const showAgents = (ids: string[]) =>
  desk().ask({ type: "live.watch", agent_ids: ids.slice(0, 500) });
export const goReady = () => desk().ask({ type: "agent.state.set", state: "ready" });
export const goNotReady = (reason: string) =>
  desk().ask({ type: "agent.state.set", state: "not_ready", reason });
/** What begins when my last work ends; null takes it back. */
export const setNext = (state: "ready" | "not_ready" | null, reason: string | null) =>
  desk().ask({ type: "agent.next.set", state, reason });
export const extendWrapUp = (id: string) =>
  desk().ask({ type: "interaction.wrap_up.extend", interaction_id: id });
export const acceptOffer = (offerId: string, sdpOffer?: string) =>
  desk().ask({ type: "offer.accept", offer_id: offerId, sdp_offer: sdpOffer ?? null });
export const rejectOffer = (offerId: string) =>
  desk().ask({ type: "offer.reject", offer_id: offerId });
export const takeInteraction = (id: string) =>
  desk().ask({ type: "interaction.take", interaction_id: id });
export const endInteraction = (id: string) =>
  desk().ask({ type: "interaction.end", interaction_id: id });

export function wrapUp(id: string, dispositionId: string | null, note: string) {
  return desk().ask({
    type: "interaction.wrap_up",
    interaction_id: id,
    disposition_id: dispositionId,
    note,
  });
}

export function transfer(id: string, to: { queueId?: string; agentId?: string }, note: string) {
  return desk().ask({
    type: "interaction.transfer",
    interaction_id: id,
    to_queue_id: to.queueId ?? null,
    to_agent_id: to.agentId ?? null,
    note,
  });
}

/** Remember how far this agent has read; the server is told where the conversation is mine. */
export function markRead(conversationId: string, seq: number): void {
  const { read } = useLive.getState();
  if (seq <= (read[conversationId] ?? 0)) return;
  useLive.setState({ read: { ...read, [conversationId]: seq } });
  desk().looked();
}

export function tellTyping(conversationId: string, on: boolean): void {
  desk().tell({ type: "typing.set", conversation_id: conversationId, on });
}

/** Let the newest page replace a thread that was read far back. */
export function toNewest(conversationId: string): void {
  const { threads } = useLive.getState();
  const { [conversationId]: _old, ...rest } = threads;
  useLive.setState({ threads: rest });
  desk().history(conversationId, null);
}
