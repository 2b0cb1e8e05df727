/** Whole wire objects for tests, with only what a test is about spelled out. */
import type {
  AgentView,
  AgentWelcome,
  ConversationView,
  InteractionView,
  MessageView,
  OfferView,
} from "../src/wire";

export const CONVERSATION_ID = "cv_00000001";

export function conversation(part: Partial<ConversationView> = {}): ConversationView {
  return {
    id: CONVERSATION_ID,
    channel: "web",
    contact: {
      id: "co_00000001",
      name: "Lena",
      email: "",
      phone: "",
      verified: false,
      language: "en",
      fields: {},
      created_at_ms: 0,
      is_robot: false,
      vip: 0,
    },
    site_id: "si_00000001",
    site_name: "Harbour Shop",
    state: "open",
    language: "en",
    department: "",
    page: { url: "", title: "", referrer: "" },
    user_agent: "",
    context: {},
    created_at_ms: 0,
    closed_at_ms: null,
    last_seq: 0,
    last_message: null,
    visitor_online: true,
    receipts: [],
    rating: null,
    rating_comment: "",
    ...part,
  };
}

export function message(seq: number, part: Partial<MessageView> = {}): MessageView {
  return {
    id: `ms_${String(seq).padStart(8, "0")}`,
    conversation_id: CONVERSATION_ID,
    seq,
    at_ms: seq * 1_000,
    kind: "text",
    author: { kind: "visitor", id: "vi_00000001", name: "Lena" },
    text: `message ${seq}`,
    attachment: null,
    code: "",
    params: {},
    redacted: false,
    ...part,
  };
}

export const messages = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));

export function interaction(part: Partial<InteractionView> = {}): InteractionView {
  return {
    id: "in_00000001",
    kind: "chat",
    conversation_id: CONVERSATION_ID,
    call_id: null,
    queue_id: "qu_00000001",
    queue_name: "Sales",
    state: "active",
    priority: 0,
    required_skills: {},
    agent_id: "us_00000001",
    agent_name: "Amara",
    created_at_ms: 0,
    enqueued_at_ms: 0,
    accepted_at_ms: 0,
    ended_at_ms: null,
    wrap_up_until_ms: null,
    disposition_id: null,
    transfer_note: "",
    is_robot: false,
    wrap_up: "none",
    can_extend: false,
    ...part,
  };
}

export function offer(part: Partial<OfferView> = {}): OfferView {
  return {
    id: "of_00000001",
    interaction: interaction({ state: "offered", agent_id: null }),
    conversation: conversation(),
    offered_at_ms: 0,
    expires_at_ms: 30_000,
    ...part,
  };
}

export function agent(part: Partial<AgentView> = {}): AgentView {
  return {
    user_id: "us_00000001",
    name: "Amara",
    state: "ready",
    reason: "",
    since_ms: 0,
    until_ms: null,
    overdue: false,
    set_by_name: "",
    next_state: null,
    next_reason: "",
    load: {},
    capacity: {},
    ...part,
  };
}

export function welcome(part: Partial<AgentWelcome> = {}): AgentWelcome {
  return {
    type: "welcome",
    v: 1,
    user: {
      id: "us_00000001",
      email: "amara@example.com",
      name: "Amara",
      role: "agent",
      active: true,
      created_at_ms: 0,
      last_sign_in_at_ms: null,
    },
    agent: agent(),
    offers: [],
    assignments: [],
    calls: [],
    queues: [],
    heartbeat_ms: 20_000,
    server_at_ms: 0,
    ...part,
  };
}
