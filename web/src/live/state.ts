/** What the desk knows right now. Only ``reducer.ts`` makes a new state out of an old one. */
import type {
  AgentView,
  AlarmView,
  CallView,
  ConversationView,
  InteractionView,
  MessageView,
  OfferView,
  QueueLive,
  UserView,
} from "../wire";

export type LinkState = "connecting" | "open" | "lost" | "refused";

/** The part of a conversation's messages held in memory, oldest first. */
export interface Thread {
  items: MessageView[];
  hasMore: boolean;
  /** False when the newest messages were let go while reading far back. */
  atTail: boolean;
}

export interface LiveCall {
  call: CallView;
  muted: string[];
}

export interface Typing {
  name: string;
  untilMs: number;
}

export interface MissedOffer {
  offerId: string;
  contactName: string;
  kind: InteractionView["kind"];
}

export interface Live {
  link: LinkState;
  /** Local time of the next attempt while ``lost``. */
  retryAtMs: number;
  user: UserView | null;
  agent: AgentView | null;
  offers: Record<string, OfferView>;
  missed: MissedOffer | null;
  interactions: Record<string, InteractionView>;
  conversations: Record<string, ConversationView>;
  threads: Record<string, Thread>;
  typing: Record<string, Typing>;
  queues: Record<string, QueueLive>;
  agents: Record<string, AgentView>;
  calls: Record<string, LiveCall>;
  /** Until when my first reply must be there, by interaction, once I was reminded. */
  replyDue: Record<string, number>;
  /** Alarms that are on, for leads. */
  alarms: Record<string, AlarmView>;
  /** How far I have read, by conversation; runs ahead of the server's receipt. */
  read: Record<string, number>;
}

export const EMPTY: Live = {
  link: "connecting",
  retryAtMs: 0,
  user: null,
  agent: null,
  offers: {},
  missed: null,
  interactions: {},
  conversations: {},
  threads: {},
  typing: {},
  queues: {},
  agents: {},
  calls: {},
  replyDue: {},
  alarms: {},
  read: {},
};
