"""Random event orders against the queue's invariants (I1 to I9, I11, I12)."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, precondition, rule
from msgspec.structs import replace

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.configuration import KINDS, Overflow, Profile, QueueRule, Step, WrapUpRule
from gateway.acd.model.engine import Engine
from gateway.acd.model.expression import ANYBODY
from gateway.kernel.errors import WeccError
from tests.acd import oracle
from tests.acd.agent_rules import AGENTS, QUEUES, AgentRules
from tests.acd.elsewhere import Elsewhere, Told, digest
from tests.acd.witness import Witness

ELSEWHERE = Elsewhere()

SKILLS = ["sk_a", "sk_b"]
WRAP_UPS = st.sampled_from(
    [
        WrapUpRule(seconds=10),
        WrapUpRule(mode="forced", seconds=0),
        WrapUpRule(mode="optional", seconds=10, extension_s=10),
        WrapUpRule(seconds=10, extension_s=30),
        WrapUpRule(mode="none"),
    ]
)
SKIPS: list[Any] = ["none", "nobody_ready", "nobody_on_duty"]
ORDERS: list[Any] = [
    *["longest_idle"] * 4, "least_loaded", "best_skill", "round_robin", "weighted", "manual",
]  # fmt: skip
TEN_SECONDS = {kind: WrapUpRule(seconds=10, extension_s=9) for kind in KINDS}
TWO_STEPS = (
    Step(needs=((("sk_a", 50, 100),),), after_s=5, skip_if="nobody_ready"),
    Step(),
)
NEEDS = st.one_of(
    st.just(ANYBODY),
    st.tuples(
        st.tuples(
            st.tuples(
                st.sampled_from(SKILLS), st.sampled_from([-1, 0, 50]), st.sampled_from([50, 100])
            )
        )
    ),
)
STEP = st.builds(Step, needs=NEEDS, drops_own=st.booleans(), preferred=st.none() | NEEDS)
STEPS = st.lists(
    st.tuples(
        STEP, st.sampled_from([1, 5, 30]), st.sampled_from([0, 0, -1, 4]), st.sampled_from(SKIPS)
    ),
    max_size=2,
).flatmap(
    lambda timed: STEP.map(
        lambda last: (
            *(
                replace(step, after_s=after_s, skip_if=skip_if, priority=more if number else 0)
                for number, (step, after_s, more, skip_if) in enumerate(timed)
            ),
            last,
        )
    )
)
OVERFLOWS = st.lists(
    st.builds(
        lambda when, limit, to: Overflow(
            when=when, limit=limit if when in ("wait", "size") else 0, to_queue_id=to
        ),
        st.sampled_from(["wait", "size", "nobody_on_duty", "closed"]),
        st.sampled_from([1, 2, 8]),
        st.sampled_from([None, *QUEUES]),
    ),
    max_size=2,
).map(tuple)
QUEUE_RULES = st.builds(
    QueueRule,
    queue_id=st.sampled_from(QUEUES),
    steps=STEPS,
    order=st.sampled_from(ORDERS),
    fairness_window_s=st.sampled_from([0, 0, 10]),
    overflow=OVERFLOWS,
    priority=st.sampled_from([0, 0, 5]),
    offer_timeout_s=st.sampled_from([{}, {"chat": 5}]),
    wrap_up=st.one_of(st.just({}), st.dictionaries(st.sampled_from(KINDS), WRAP_UPS, max_size=3)),
    no_answer_strikes=st.sampled_from([1, 1, 2]),
    reply_timeout_s=st.sampled_from([0, 9]),
    sticky_s=st.sampled_from([0, 5]),
    pull_oldest=st.sampled_from([100, 100, 1, 0]),
)
PROFILES = st.builds(
    Profile,
    queue_ids=st.one_of(st.none(), st.lists(st.sampled_from(QUEUES), unique=True).map(tuple)),
    skills=st.dictionaries(st.sampled_from(SKILLS), st.sampled_from([0, 40, 100])),
    capacity=st.sampled_from([{}, {"chat": 1}, {"chat": 2, "call": 2}, {"message": 0}]),
    interrupted_by=st.sampled_from([{}, {}, {"call": ("chat",)}, {"chat": ()}]),
)
pick = st.integers(min_value=0, max_value=1_000)


class Floor(AgentRules):
    """One tenant's floor under whatever happens in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine()
        self.now_ms = 1_000_000
        self.told: list[Told] = []
        self.journal: list[bytes] = []
        self.made = 0
        self.over: set[str] = set()
        self.scores: dict[str, int] = {}
        self.left: dict[str, set[str]] = {}
        self.epochs: dict[str, int] = {}
        self.passed: dict[tuple[str, str], int] = {}
        for queue_id, wrap_up in zip(QUEUES[:2], ({}, TEN_SECONDS), strict=True):
            rule_of = QueueRule(
                queue_id=queue_id, wrap_up=wrap_up, reply_timeout_s=9, sticky_s=5, steps=TWO_STEPS
            )
            self.do(c.SetQueue(queue=rule_of))
        few = Profile(capacity={"chat": 1, "call": 1, "message": 1})
        for agent, profile in zip(AGENTS[:2], (few, None), strict=True):
            self.do(c.SetProfile(agent_id=agent, profile=profile))
            self.do(c.Connect(agent_id=agent))
            self.do(c.SetState(agent_id=agent, ready=True))

    def do(self, command: c.Command) -> list[e.Entry]:
        before, is_stale = states.dump(self.engine.state), self.is_stale(command)
        self.told.append((command, self.now_ms))
        try:
            out = self.engine.handle(command, self.now_ms)
        except WeccError:
            assert states.dump(self.engine.state) == before, "a refused command changed something"
            return []
        assert not (is_stale and out), "I6: an offer whose time is over changes nothing"
        for entry in out:
            self.observe(entry)
            self.journal.append(e.encode(entry))
        if isinstance(command, c.Tick):
            oracle.check_due(self.engine.state, max(self.now_ms, self.engine.state.at_ms))
        return out

    def is_stale(self, command: c.Command) -> bool:
        """Tell whether a command is about an offer that should have ended by now."""
        if not isinstance(command, c.Accept | c.Reject | c.Answer):
            return False
        offer = self.engine.state.offers.get(command.offer_id)
        now_ms = max(self.now_ms, self.engine.state.at_ms)
        return offer is not None and offer.expires_at_ms <= now_ms

    def observe(self, entry: e.Entry) -> None:
        interaction_id = getattr(entry, "interaction_id", None)
        if interaction_id is not None:
            assert interaction_id not in self.over, "I8: what is over stays over"
        if isinstance(entry, e.Offered):
            key = (entry.interaction_id, entry.agent_id)
            until_ms = 0 if entry.found_by == "hand" else self.passed.get(key, 0)
            assert entry.at_ms >= until_ms, "who declined or missed it is passed over for a round"
        if isinstance(entry, e.OfferEnded | e.Transferred):
            is_withdrawn = isinstance(entry, e.OfferEnded) and entry.outcome == "withdrawn"
            if not is_withdrawn:
                self.passed[entry.interaction_id, entry.agent_id] = entry.at_ms + 10_000
        if isinstance(entry, e.Released) and entry.cause == "no_reply":
            self.passed[entry.interaction_id, entry.agent_id] = entry.at_ms + 10_000
        if isinstance(entry, e.Accepted | e.Taken):
            mine = [key for key in self.passed if key[0] == entry.interaction_id]
            for key in mine:
                del self.passed[key]
        if isinstance(entry, e.Transferred) and entry.to_agent_id is not None:
            self.passed.pop((entry.interaction_id, entry.to_agent_id), None)
        if isinstance(entry, e.Enqueued | e.Prioritized | e.Relaxed):
            self.scores[entry.interaction_id] = entry.score
        if isinstance(entry, e.Overflowed):
            left = self.left.setdefault(entry.interaction_id, set())
            assert entry.to_queue_id not in left, "nothing goes back by itself"
            left.add(entry.queue_id)
        if isinstance(entry, e.Transferred):
            self.left.pop(entry.interaction_id, None)
        if (
            isinstance(entry, e.Abandoned | e.Wrapped)
            or (isinstance(entry, e.Ended) and entry.is_over)
            or (isinstance(entry, e.Overflowed) and entry.to_queue_id is None)
        ):
            self.over.add(entry.interaction_id)

    def some(self, state: str, number: int) -> str | None:
        ids = [key for key, item in self.engine.state.interactions.items() if item.state == state]
        return ids[number % len(ids)] if ids else None

    def any(self, state: str) -> bool:
        return any(item.state == state for item in self.engine.state.interactions.values())

    # ---- the floor

    @rule(
        queue=QUEUE_RULES,
        agent=st.sampled_from(AGENTS),
        profile=st.one_of(st.none(), PROFILES),
        what=st.sampled_from(["queue", "queue", "profile", "remove", "restart", "open", "none"]),
        closed=st.sampled_from(["", "hours", "emergency"]),
    )
    def configuration_changes(
        self, queue: QueueRule, agent: str, profile: Profile | None, what: str, closed: Any
    ) -> None:
        commands: dict[str, c.Command] = {
            "queue": c.SetQueue(queue=queue),
            "profile": c.SetProfile(agent_id=agent, profile=profile),
            "remove": c.RemoveQueue(queue_id=queue.queue_id),
            "none": c.Tick(),
            "open": c.SetOpen(queue_id=queue.queue_id, closed=closed),
            "restart": c.Start(epoch=self.engine.state.epoch + 1),
        }
        self.do(commands[what])

    @rule(agent=st.sampled_from(AGENTS), comes=st.sampled_from([True, True, False]))
    def comes_or_goes(self, agent: str, comes: bool) -> None:
        self.do(c.Connect(agent_id=agent) if comes else c.Drop(agent_id=agent))

    @rule(agent=st.sampled_from(AGENTS), ready=st.sampled_from([True, True, False]))
    def changes_state(self, agent: str, ready: bool) -> None:
        self.do(c.Connect(agent_id=agent))
        self.do(c.SetState(agent_id=agent, ready=ready, reason="break"))

    # ---- work

    @rule(
        kind=st.sampled_from(["chat", "call", "message"]),
        queue_id=st.sampled_from(QUEUES),
        skills=st.dictionaries(st.sampled_from([*SKILLS, "sk_nobody"]), st.just(40), max_size=1),
        priority=st.integers(min_value=-2, max_value=5),
        repeat=st.booleans(),
    )
    def arrives(
        self, kind: str, queue_id: str, skills: dict[str, int], priority: int, repeat: bool
    ) -> None:
        for _ in range(1 + priority % 3):
            command = c.Enqueue(
                interaction_id=f"in_{self.made:06d}",
                kind=kind,  # type: ignore[arg-type]
                conversation_id=f"cv_{self.made // 2:06d}",
                queue_id=queue_id,
                created_at_ms=self.now_ms,
                skills=skills,
                priority=priority,
                for_agent_id=AGENTS[self.made % 4] if self.made % 3 else None,
                is_sticky=priority > 2,
            )
            self.made += 1
            self.do(command)
            if repeat and self.engine.state.knows(command.interaction_id):
                assert self.do(command) == [], "a repeated enqueue does nothing"

    @precondition(lambda self: self.engine.state.offers)
    @rule(number=pick, accept=st.sampled_from([True] * 4 + [False]), twice=st.booleans())
    def answers(self, number: int, accept: bool, twice: bool) -> None:
        offers = list(self.engine.state.offers.values())
        offer = offers[number % len(offers)]
        kind = c.Accept if accept else c.Reject
        command = kind(offer_id=offer.id, agent_id=offer.agent_id)
        self.do(command)
        if twice:
            before = states.dump(self.engine.state)
            self.do(command)
            assert states.dump(self.engine.state) == before, "I6: a stale token changes nothing"

    @precondition(lambda self: self.engine.state.offers)
    @rule(number=pick, agent=st.sampled_from(AGENTS), what=st.integers(min_value=0, max_value=2))
    def odd_command(self, number: int, agent: str, what: int) -> None:
        offers = list(self.engine.state.offers.values())
        if what == 0:
            self.late_repeat(number)
        elif offers:
            offer = offers[number % len(offers)]
            if what == 1 and offer.agent_id != agent:
                assert self.do(c.Accept(offer_id=offer.id, agent_id=agent)) == []
            else:
                self.do(c.Answer(offer_id=offer.id, agent_id=offer.agent_id))

    def late_repeat(self, number: int) -> None:
        if self.made:
            command = c.Enqueue(
                interaction_id=f"in_{number % self.made:06d}",
                kind="chat",
                conversation_id="cv_000000",
                queue_id=QUEUES[0],
                created_at_ms=self.now_ms,
            )
            if command.interaction_id in self.scores:
                assert self.do(command) == []

    @precondition(lambda self: self.any("waiting"))
    @rule(number=pick, agent=st.sampled_from(AGENTS))
    def takes_by_hand(self, number: int, agent: str) -> None:
        item = self.some("waiting", number)
        if item:
            self.do(c.Take(interaction_id=item, agent_id=agent))

    @precondition(lambda self: self.any("active"))
    @rule(number=pick, to_agent=st.one_of(st.none(), st.sampled_from(AGENTS)))
    def transfers(self, number: int, to_agent: str | None) -> None:
        item = self.some("active", number)
        if not item:
            return
        to_queue = None if to_agent else QUEUES[number % 3]
        clock = self.engine.state.interactions[item].enqueued_at_ms
        self.do(c.Transfer(interaction_id=item, to_queue_id=to_queue, to_agent_id=to_agent))
        assert self.engine.state.interactions[item].enqueued_at_ms == clock, "I9"

    @precondition(lambda self: self.any("active"))
    @rule(number=pick, by_contact=st.booleans())
    def ends(self, number: int, by_contact: bool) -> None:
        item = self.some("active", number)
        if item:
            self.do(c.Abandon(interaction_id=item) if by_contact else c.End(interaction_id=item))

    @precondition(lambda self: self.any("wrap_up"))
    @rule(number=pick)
    def wraps_up(self, number: int) -> None:
        item = self.some("wrap_up", number)
        if item:
            self.do(c.WrapUp(interaction_id=item, disposition_id="di_done0"))

    @precondition(lambda self: self.any("waiting") or self.any("offered"))
    @rule(number=pick, state=st.sampled_from(["waiting", "offered"]))
    def abandons(self, number: int, state: str) -> None:
        item = self.some(state, number)
        if item:
            self.do(c.Abandon(interaction_id=item))

    # ---- time

    @rule(
        by_ms=st.sampled_from([-3_600_000, -1, 1, 900, 5_000, 10_000, 21_000]),
        is_noticed=st.sampled_from([True, True, False]),
    )
    def time_passes(self, by_ms: int, is_noticed: bool = True) -> None:
        real_ms = self.now_ms
        self.now_ms += by_ms
        if is_noticed:
            self.do(c.Tick())
        self.now_ms = max(real_ms, self.now_ms)

    @precondition(lambda self: self.engine.next_due_ms() is not None)
    @rule()
    def next_timer_fires(self) -> None:
        due_ms = self.engine.next_due_ms()
        assert due_ms is not None
        self.now_ms = max(self.now_ms, due_ms)
        self.do(c.Tick())
        later_ms = self.engine.next_due_ms()
        assert later_ms is None or later_ms > self.now_ms, "I7: nothing due is left over"

    # ---- what always holds

    @invariant()
    def holds(self) -> None:
        oracle.check(self.engine)
        for item in self.engine.state.interactions.values():
            assert item.score == self.scores[item.id], "only a lead or a step changes the place"
            assert item.epoch >= self.epochs.get(item.id, 0), "I6: epochs rise"
            self.epochs[item.id] = item.epoch

    def teardown(self) -> None:
        replayed, witness = Engine(), Witness()
        for body in self.journal:
            entry = e.decode(body)
            oracle.check_choice(replayed.state, entry)
            witness.before(replayed.state, entry)
            replayed.apply(entry)
            witness.after(replayed.state, entry)
        witness.finish()
        assert states.dump(replayed.state) == states.dump(self.engine.state), "I12"
        oracle.check_rebuilt(self.engine)
        mine = digest(self.journal, self.engine)
        assert ELSEWHERE.decided(self.told) == mine, "I12: another process decides alike"


TestFloor = Floor.TestCase
# The same examples every time; `make soak` begins somewhere else on every run. Depth comes from the
# long shifts of test_shift; this shrinks what it finds.
TestFloor.settings = settings(
    max_examples=500,
    derandomize=True,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
