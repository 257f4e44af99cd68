"""What goes wrong with a plant that runs, and when: faults of devices and kills of processes. Pure.

Devices fail by the simulators, as the command line of the simulators says it; processes are killed
from outside. Times are real seconds after the plant began, as devices and processes live in these.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mes.features.verify.mishaps import EVERY, MODULUS, Mishap, MishapKind
from mes.features.verify.processes import EDGE, WEB, WORKER
from mes.features.verify.truth import UnitTruth

FIRST_STROKES = MODULUS - 30
"""What the stroke counters show first: they roll over after their first minutes."""
SKEW_REAL_MS = 5_000
"""How far ahead a clock is, in real time: more than the way of a reading may take."""
FIRST_S = 5.0
"""Nothing goes wrong before: the presses roll over undisturbed."""
SLOT_S = 5.5
"""From the beginning of one fault of the devices to that of the next."""
KILL_SLOT_S = 11.0
"""From the kill of a web process to the next: it has to come back meanwhile."""
JITTER_S = 1.0
LAST_S = 12.0
"""Nothing goes wrong so shortly before the end: it has to be over then."""
MODBUS_SOURCES = {1: "press_plc", 2: "remote_io"}
MODBUS = "the Modbus port"
CELL = "cnc_cell"
PRESSES = "press_plc"
REMOTE_IO = "remote_io"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFault:
    """Something that goes wrong at `at_s` for `for_s` real seconds.

    Attributes:
        target: a source, `MODBUS`, or the process that is killed: at `at_s`, and while `for_s`
            lasts each time it comes back.
    """

    kind: MishapKind
    target: str
    at_s: float
    for_s: float

    @property
    def is_kill(self) -> bool:
        """Whether a process is killed."""
        return self.target in {EDGE, WEB, WORKER}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    kind: MishapKind
    target: str
    shortest_s: float
    longest_s: float


_DEVICES = (
    _Choice(kind=MishapKind.COLLECTOR_LOSS, target=MODBUS, shortest_s=1.8, longest_s=2.5),
    _Choice(kind=MishapKind.COLLECTOR_LOSS, target=CELL, shortest_s=1.8, longest_s=2.5),
    _Choice(kind=MishapKind.COLLECTOR_LOSS, target=REMOTE_IO, shortest_s=1.8, longest_s=2.5),
    _Choice(kind=MishapKind.REBOOT, target=PRESSES, shortest_s=1.8, longest_s=2.5),
    _Choice(kind=MishapKind.FROZEN, target=PRESSES, shortest_s=1.0, longest_s=3.0),
    _Choice(kind=MishapKind.FROZEN, target=REMOTE_IO, shortest_s=1.0, longest_s=3.0),
    _Choice(kind=MishapKind.FROZEN, target=CELL, shortest_s=1.0, longest_s=3.0),
    _Choice(kind=MishapKind.CLOCK_SKEW, target=CELL, shortest_s=2.0, longest_s=4.0),
    _Choice(kind=MishapKind.KILL_EDGE, target=EDGE, shortest_s=0.0, longest_s=0.0),
    _Choice(kind=MishapKind.KILL_EDGE, target=EDGE, shortest_s=1.0, longest_s=2.0),
)
_SERVERS = (
    _Choice(kind=MishapKind.KILL_WEB, target=WEB, shortest_s=0.0, longest_s=0.0),
    _Choice(kind=MishapKind.KILL_WEB, target=WORKER, shortest_s=0.0, longest_s=0.0),
    _Choice(kind=MishapKind.LATE, target=WEB, shortest_s=3.0, longest_s=4.0),
)
LIVE_KINDS = frozenset(one.kind for one in (*_DEVICES, *_SERVERS))


def plan(seed: int, real_s: float, kinds: Iterable[MishapKind] | None = None) -> list[LiveFault]:
    """Faults of every kind, one after the other and each again and again, in order of time.

    A device fails or the edge is killed every `SLOT_S`, beside it the web process is killed every
    `KILL_SLOT_S`.

    Args:
        real_s: how long the plant works, in real seconds.
        kinds: only these; None: all.
    """
    chance = random.Random(seed)  # noqa: S311 - a test plan, not a secret
    wanted = LIVE_KINDS if kinds is None else frozenset(kinds)
    found: list[LiveFault] = []
    for choices, slot_s in ((_DEVICES, SLOT_S), (_SERVERS, KILL_SLOT_S)):
        possible = [one for one in choices if one.kind in wanted]
        begins = FIRST_S
        for choice in _again_and_again(chance, possible):
            at = begins + chance.uniform(0.0, JITTER_S)
            length = chance.uniform(choice.shortest_s, choice.longest_s)
            if at + length > real_s - LAST_S:
                break
            found.append(LiveFault(kind=choice.kind, target=choice.target, at_s=at, for_s=length))
            begins += slot_s
    return sorted(found, key=lambda one: one.at_s)


def _again_and_again(chance: random.Random, choices: Sequence[_Choice]) -> Iterator[_Choice]:
    while choices:
        yield from chance.sample(choices, len(choices))


def device_options(faults: Iterable[LiveFault], ready_s: float, speed: int) -> list[str]:
    """The faults of devices as the simulators read them.

    Args:
        ready_s: real seconds from when the simulators are ready to when the plant begins.
        speed: of the plant clock; source times are plant time.
    """
    return [_device_option(one, ready_s, speed) for one in faults if not one.is_kill]


def _device_option(fault: LiveFault, ready_s: float, speed: int) -> str:
    unit = {source: number for number, source in MODBUS_SOURCES.items()}.get(fault.target)
    place = "on=opcua" if fault.target == CELL else f"unit={unit}"
    when = f"@{ready_s + fault.at_s:.3f}:{fault.for_s:.3f}"
    match fault.kind:
        case MishapKind.COLLECTOR_LOSS if fault.target == MODBUS:
            return f"link-drop{when}"
        case MishapKind.COLLECTOR_LOSS if fault.target == CELL:
            return f"link-drop{when}:on=opcua"
        case MishapKind.COLLECTOR_LOSS:
            return f"silence{when}:{place}"
        case MishapKind.REBOOT:
            return f"reboot{when}:{place}"
        case MishapKind.FROZEN:
            return f"freeze{when}:{place}"
        case MishapKind.CLOCK_SKEW:
            return f"skew{when}:ms={SKEW_REAL_MS * speed}"
        case _:
            raise AssertionError(f"{fault.kind} is no fault of a device")


_KINDS = {
    "link-drop": MishapKind.COLLECTOR_LOSS,
    "silence": MishapKind.COLLECTOR_LOSS,
    "reboot": MishapKind.REBOOT,
    "freeze": MishapKind.FROZEN,
    "skew": MishapKind.CLOCK_SKEW,
}


def device_mishaps(journal: Sequence[Mapping[str, Any]]) -> list[Mishap]:
    """The faults of devices as the journal tells them, for each source that they hit."""
    found = []
    begun: dict[tuple[object, ...], int] = {}
    for line in journal:
        if line["kind"] != "fault":
            continue
        key = line["fault"], line["target"], line["on_opcua"]
        if line["action"] == "begin":
            begun[key] = line["t"]
            continue
        for source in _sources(*key):
            kind = _KINDS[line["fault"]]
            found.append(Mishap(kind=kind, source=source, start=begun[key], end=line["t"]))
    return found


def _sources(fault: str, unit: int, on_opcua: bool) -> Sequence[str]:
    if on_opcua or fault == "skew":
        return (CELL,)
    return (PRESSES, REMOTE_IO) if fault == "link-drop" else (MODBUS_SOURCES[unit],)


def rollovers(truth: UnitTruth, restarts: Sequence[int]) -> list[Mishap]:
    """Where the stroke counter of a press turned past its modulus.

    Args:
        restarts: instants (us) at which its controller began again at 0.
    """
    found = []
    shown, waiting = FIRST_STROKES, sorted(restarts)
    for one in truth.made:
        while waiting and waiting[0] <= one.at:
            shown, _ = 0, waiting.pop(0)
        shown += one.good + one.scrap
        if shown >= MODULUS:
            shown -= MODULUS
            turn = Mishap(kind=MishapKind.ROLLOVER, source=PRESSES, start=one.at, end=one.at)
            found.append(turn)
    return found


def everywhere(kind: MishapKind, start: int, end: int) -> Mishap:
    """A mishap that hits every source, such as the kill of a process."""
    return Mishap(kind=kind, source=EVERY, start=start, end=end)
