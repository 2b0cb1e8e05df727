/** What a call looks like: a bar above the chat, or the whole panel. */
import type { JSX } from "preact";
import type { Chat } from "../chat/context";
import { Icon, Shape } from "../chat/icons";
import { Timer } from "../chat/timer";
import { placeKey } from "../state/model";
import { fill } from "../words/speak";
import { waitText } from "../words/wait";
import type { CallState, Controller } from "./controller";
import { CALL_SHAPES, type CallShape } from "./icons";
import type { CallKey, CallWords } from "./words";

interface Props {
  chat: Chat;
  call: Controller;
  words: CallWords;
}

/** The state in words. */
export function describe(chat: Chat, state: CallState): [CallKey, Record<string, string | number>] {
  const { phase, view, isReconnecting } = state;
  if (phase.name === "problem") return [phase.word, {}];
  if (phase.name === "ended") {
    return [phase.reason === "nobody_there" ? "missed" : "ended", {}];
  }
  if (phase.name !== "live") return [phase.name === "idle" ? "ended" : phase.name, {}];
  if (isReconnecting) return ["reconnecting", {}];
  if (!view) return ["calling", {}];
  const model = chat.engine.model();
  if (view.state === "queued") {
    const place = model.places[placeKey({ conversation_id: view.conversation_id, kind: "call" })];
    return place?.position ? ["number", { n: place.position }] : ["queued", {}];
  }
  if (view.held_by) return [view.held_by === "visitor" ? "held" : "heldByThem", {}];
  const name =
    model.places[placeKey({ conversation_id: view.conversation_id, kind: "call" })]?.agent_name ||
    model.conversations[view.conversation_id]?.agent_name;
  if (view.state === "connected") return name ? ["connectedTo", { name }] : ["connected", {}];
  return [view.state, {}];
}

function Control(props: {
  icon: CallShape;
  label: string;
  act(): void;
  on?: boolean;
  kind?: string;
}): JSX.Element {
  return (
    <button
      type="button"
      class={`cb ${props.kind ?? ""}${props.on ? " on" : ""}`}
      aria-pressed={props.on}
      aria-label={props.label}
      title={props.label}
      onClick={props.act}
    >
      <Shape name={props.icon} d={CALL_SHAPES[props.icon]} />
      <span aria-hidden="true">{props.label}</span>
    </button>
  );
}

function Actions({ call, words }: Props): JSX.Element {
  const { phase, view, isMuted, isSilent } = call.state();
  const button = (word: CallKey, act: () => void, kind = ""): JSX.Element => (
    <button type="button" class={`ca ${kind}`} onClick={act}>
      {words[word]}
    </button>
  );
  if (phase.name === "problem" || phase.name === "ended") {
    return (
      <div class="acts">
        {phase.name === "problem" &&
          phase.word !== "insecure" &&
          button("again", () => call.begin(call.state().conversationId), "first")}
        {(phase.name === "problem" || phase.reason === "nobody_there") &&
          button("write", call.write)}
        {button("close", call.hangUp)}
      </div>
    );
  }
  if (phase.name === "lost" || phase.name === "elsewhere") {
    return (
      <div class="acts">
        {phase.name === "lost" && button("rejoin", call.rejoin, "first")}
        {button("hangUp", call.hangUp)}
      </div>
    );
  }
  const isTalking = view?.state === "connected" || view?.state === "held";
  const isHeld = view?.held_by === "visitor";
  return (
    <div class="acts">
      {isSilent && button("hear", call.hear, "first")}
      {phase.name === "live" && (
        <Control
          icon={isMuted ? "mute" : "mic"}
          label={words[isMuted ? "unmute" : "mute"]}
          on={isMuted}
          act={call.mute}
        />
      )}
      {isTalking && (
        <Control
          icon={isHeld ? "play" : "hold"}
          label={words[isHeld ? "resume" : "hold"]}
          on={isHeld}
          act={call.hold}
        />
      )}
      <Control icon="hangUp" label={words.hangUp} kind="bad" act={call.hangUp} />
    </div>
  );
}

export function CallPanel(props: Props): JSX.Element | null {
  const { chat, call, words } = props;
  const state = call.state();
  const { phase, view, isBig, muted } = state;
  if (phase.name === "idle") return null;
  const [key, params] = describe(chat, state);
  const since =
    phase.name !== "live" || !view ? null : (view.connected_at_ms ?? view.started_at_ms);
  const canResize = phase.name === "live" || phase.name === "calling";
  const isWaiting = phase.name === "live" && view?.state === "queued";
  const place = isWaiting
    ? chat.engine.model().places[placeKey({ conversation_id: view.conversation_id, kind: "call" })]
    : undefined;
  return (
    <div class={`call ${isBig ? "big" : ""} ${phase.name}`}>
      <div class="said">
        <p role="status" dir="auto">
          {fill(words[key], params)}
        </p>
        {since !== null && <Timer key={`${view?.state}`} since={since} now={chat.engine.nowMs} />}
        {place?.position && <p class="hint">{waitText(chat.t, place)}</p>}
        {isWaiting && isBig && <p class="hint">{words.music}</p>}
        {muted.includes("agent") && <p class="hint">{words.theyMuted}</p>}
      </div>
      {canResize && (
        <button
          type="button"
          class="ib size"
          aria-label={words[isBig ? "smaller" : "bigger"]}
          title={words[isBig ? "smaller" : "bigger"]}
          onClick={call.resize}
        >
          {isBig ? <Icon name="down" /> : <Shape name="expand" d={CALL_SHAPES.expand} />}
        </button>
      )}
      <Actions {...props} />
    </div>
  );
}
