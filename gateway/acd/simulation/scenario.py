"""A scenario file: queues, agents with shifts, and work that comes, in TOML.

Times of a scenario begin at 0; ``*_h`` are hours, ``*_s`` seconds. Everything that is wrong is
said with its place in the file, before anything runs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from random import Random
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from gateway.acd.model.configuration import KINDS, Profile, QueueRule
from gateway.acd.model.interaction import Kind
from gateway.acd.simulation.driver import Arrival, Floor, Shift, merged
from gateway.acd.simulation.laws import AT_ONCE, NEVER, Law, draw_ms, fault_of
from gateway.kernel.errors import WeccError

FILE_BYTES = 4_000_000
_AGENTS = 20_000
_ARRIVALS = 2_000_000
_HOUR_MS = 3_600_000
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]
Hours = Annotated[float, Meta(ge=0, le=10_000)]
_Shape = TypeVar("_Shape")
Count = Annotated[int, Meta(ge=0, le=_AGENTS)]


class AgentsPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many agents who can do the same; ``shifts_h`` are pairs of begin and end."""

    name: Name
    count: Count
    queues: list[Name] | None = None
    skills: dict[str, Annotated[int, Meta(ge=0, le=100)]] = {}
    capacity: dict[str, Annotated[int, Meta(ge=0, le=25)]] = {}
    shifts_h: Annotated[list[tuple[Hours, Hours]], Meta(max_length=200)] = []


class WorkPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stream of contacts: rates per interval (Poisson), or the times they came."""

    queue: Name
    kind: Kind = "call"
    per_hour: Annotated[
        list[Annotated[float, Meta(ge=0, le=1_000_000)]], Meta(max_length=10_000)
    ] = []
    interval_min: Annotated[float, Meta(gt=0, le=10_080)] = 60
    at_s: Annotated[list[Annotated[float, Meta(ge=0)]], Meta(max_length=_ARRIVALS)] = []
    handling: Law
    patience: Law = NEVER
    answer: Law = AT_ONCE
    wrap_up: Law = AT_ONCE
    skills: dict[str, Annotated[int, Meta(ge=0, le=100)]] = {}
    priority: Annotated[int, Meta(ge=-1_000, le=1_000)] = 0


class QueuePart(msgspec.Struct, frozen=True, kw_only=True):
    """A queue's rule, and within how many seconds its contacts should be answered."""

    rule: QueueRule
    target_s: float


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a run needs beside a seed."""

    hours: float
    queues: tuple[QueuePart, ...]
    agents: tuple[AgentsPart, ...]
    work: tuple[WorkPart, ...]

    @property
    def until_ms(self) -> int:
        """When contacts stop coming."""
        return round(self.hours * _HOUR_MS)

    def targets(self) -> dict[str, float]:
        """Return each queue's target in seconds."""
        return {part.rule.queue_id: part.target_s for part in self.queues}

    def floor(self) -> Floor:
        """Return queues, profiles and shifts."""
        profiles: dict[str, Profile] = {}
        shifts: list[Shift] = []
        for part in self.agents:
            queues = tuple(part.queues) if part.queues is not None else None
            profile = Profile(queue_ids=queues, skills=part.skills, capacity=part.capacity)
            for number in range(part.count):
                agent_id = f"{part.name}-{number + 1}"
                profiles[agent_id] = profile
                shifts.extend(
                    Shift(agent_id=agent_id, from_ms=round(a * _HOUR_MS), to_ms=round(b * _HOUR_MS))
                    for a, b in part.shifts_h or [(0, self.hours)]
                )
        rules = tuple(part.rule for part in self.queues)
        return Floor(queues=rules, profiles=profiles, shifts=tuple(shifts))

    def arrivals(self, seed: str) -> Iterator[Arrival]:
        """Return the contacts in order. Each stream has numbers of its own from the seed."""
        streams = enumerate(self.work)
        return merged(_stream(part, f"{seed}/{number}", self) for number, part in streams)


def _stream(part: WorkPart, seed: str, scenario: Scenario) -> Iterator[Arrival]:
    times, people = Random(f"{seed}/times"), Random(f"{seed}/people")
    coming = iter(part.at_s) if part.at_s else _poisson(part, times)
    for at_s in coming:
        at_ms = round(1000 * at_s)
        if at_ms > scenario.until_ms:
            return
        yield Arrival(
            at_ms=at_ms,
            kind=part.kind,
            queue_id=part.queue,
            handling_ms=draw_ms(part.handling, people),
            patience_ms=draw_ms(part.patience, people),
            answer_ms=draw_ms(part.answer, people),
            wrap_up_ms=draw_ms(part.wrap_up, people),
            skills=part.skills,
            priority=part.priority,
        )


def _poisson(part: WorkPart, rng: Random) -> Iterator[float]:
    """Return the times of a Poisson process whose rate changes by interval."""
    begin_s, wanted = 0.0, rng.expovariate(1.0)
    length_s = 60.0 * part.interval_min
    for rate in part.per_hour:
        expected, done = rate * length_s / 3600.0, 0.0
        while done + wanted <= expected:
            done += wanted
            wanted = rng.expovariate(1.0)
            yield begin_s + length_s * done / expected
        wanted -= expected - done
        begin_s += length_s


# ---- reading -----------------------------------------------------------------------------


def read(data: bytes) -> Scenario:
    """Read a scenario file, or say what is wrong with it and where."""
    if len(data) > FILE_BYTES:
        raise _wrong(f"the file is larger than {FILE_BYTES} bytes")
    try:
        tree = tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise _wrong(f"byte {error.start} is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _wrong(f"not TOML: {error}") from None
    unknown = sorted(set(tree) - {"hours", "queue", "agents", "work"})
    if unknown:
        raise _wrong(f"{unknown[0]!r} is not known; there are hours, queue, agents and work")
    scenario = Scenario(
        hours=_hours(tree.get("hours")),
        queues=tuple(_queue(place, part) for place, part in _parts(tree, "queue")),
        agents=tuple(_part(place, part, AgentsPart) for place, part in _parts(tree, "agents")),
        work=tuple(_part(place, part, WorkPart) for place, part in _parts(tree, "work")),
    )
    _check(scenario)
    return scenario


def _wrong(message: str) -> WeccError:
    return WeccError("bad_value", f"The scenario cannot be used: {message}.")


def _hours(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 10_000:
        raise _wrong("hours must be a number above 0 and at most 10,000")
    return float(value)


def _parts(tree: dict[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
    found = tree.get(name)
    if not isinstance(found, list) or not found or len(found) > 1_000:
        raise _wrong(f"it needs between 1 and 1,000 [[{name}]] parts")
    if not all(isinstance(part, dict) for part in found):
        raise _wrong(f"every [[{name}]] must be a table")
    return [(f"{name} {number + 1}", part) for number, part in enumerate(found)]


def _part(place: str, part: dict[str, Any], shape: type[_Shape]) -> _Shape:
    try:
        return msgspec.convert(part, shape)
    except msgspec.ValidationError as error:
        raise _wrong(f"{place}: {error}") from None


def _queue(place: str, part: dict[str, Any]) -> QueuePart:
    known = set(QueueRule.__struct_fields__) - {"queue_id"}
    unknown = sorted(set(part) - known - {"id", "target_s"})
    if unknown:
        raise _wrong(f"{place}: {unknown[0]!r} is not known")
    target = part.get("target_s", 30)
    if isinstance(target, bool) or not isinstance(target, int | float) or target < 0:
        raise _wrong(f"{place}: target_s must be a number of seconds")
    rule = {key: value for key, value in part.items() if key in known}
    name = _part(place, {"id": part.get("id")}, _Id).id
    return QueuePart(rule=_part(place, {"queue_id": name, **rule}, QueueRule), target_s=target)


class _Id(msgspec.Struct, frozen=True):
    id: Name


def _check(scenario: Scenario) -> None:
    ids = [part.rule.queue_id for part in scenario.queues]
    if len(set(ids)) < len(ids):
        raise _wrong("two queues have the same id")
    names = [part.name for part in scenario.agents]
    if len(set(names)) < len(names):
        raise _wrong("two agents parts have the same name")
    if sum(part.count for part in scenario.agents) > _AGENTS:
        raise _wrong(f"there are more than {_AGENTS} agents")
    for number, agents in enumerate(scenario.agents, 1):
        _check_agents(f"agents {number}", agents, ids)
    for number, work in enumerate(scenario.work, 1):
        _check_work(f"work {number}", work, ids)
    expected = sum(
        len(part.at_s) or sum(part.per_hour) * part.interval_min / 60 for part in scenario.work
    )
    if expected > _ARRIVALS:
        raise _wrong(f"about {expected:.0f} contacts would come; at most {_ARRIVALS} can be run")


def _check_agents(place: str, part: AgentsPart, ids: list[str]) -> None:
    for queue in part.queues or []:
        if queue not in ids:
            raise _wrong(f"{place}: there is no queue {queue!r}")
    strange = sorted(set(part.capacity) - set(KINDS))
    if strange:
        raise _wrong(f"{place}: capacity: there is no kind {strange[0]!r}")
    last = 0.0
    for begin, end in part.shifts_h:
        if begin < last or end <= begin:
            raise _wrong(f"{place}: shifts_h must be pairs that rise and do not overlap")
        last = end


def _check_work(place: str, part: WorkPart, ids: list[str]) -> None:
    if part.queue not in ids:
        raise _wrong(f"{place}: there is no queue {part.queue!r}")
    if bool(part.per_hour) == bool(part.at_s):
        raise _wrong(f"{place}: give either per_hour or at_s")
    if part.at_s != sorted(part.at_s):
        raise _wrong(f"{place}: at_s must rise")
    for name in ("handling", "patience", "answer", "wrap_up"):
        fault = fault_of(getattr(part, name))
        if fault is not None:
            raise _wrong(f"{place}: {name}: {fault}")
    if type(part.handling) is type(NEVER):
        raise _wrong(f"{place}: handling must end")
