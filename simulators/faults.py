"""Things that go wrong on purpose, at a stated real second after the simulator is ready.

Written as `KIND@AT[:FOR][:KEY=VALUE]...`, times in real seconds, for example::

    reboot@120                    the press controller loses its counters, silent for FOR (2 s)
    link-drop@60:10               the Modbus port closes for 10 s, connections are cut
    link-drop@60:10:on=opcua      the OPC UA server goes away for 10 s
    freeze@30:20:unit=1           unit 1 answers, its values stand still
    freeze@30:20:on=opcua         the OPC UA values stand still
    silence@30:20:unit=2          unit 2 gives no answer
    delay@30:20:unit=1:ms=800     unit 1 answers late
    exception@30:20:unit=1:code=4 unit 1 answers every request with exception 4
    skew@30:60:ms=90000           OPC UA source times are 90 s ahead
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

DEFAULT_FOR_S = 10.0
REBOOT_FOR_S = 2.0
_KEYS = frozenset({"unit", "on", "ms", "code"})


class FaultKind(StrEnum):
    """What goes wrong."""

    REBOOT = "reboot"
    LINK_DROP = "link-drop"
    FREEZE = "freeze"
    SILENCE = "silence"
    DELAY = "delay"
    EXCEPTION = "exception"
    SKEW = "skew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault that begins `at_s` and lasts `for_s` real seconds."""

    kind: FaultKind
    at_s: float
    for_s: float = DEFAULT_FOR_S
    unit: int = 1
    opcua: bool = False
    ms: int = 500
    code: int = 4


@dataclass(slots=True)
class FaultSchedule:
    """Says which faults begin and end as time passes."""

    faults: list[Fault]
    _begun: list[Fault] = field(default_factory=list)
    _ended: list[Fault] = field(default_factory=list)

    def due(self, elapsed_s: float) -> tuple[list[Fault], list[Fault]]:
        """Faults that begin and faults that end by `elapsed_s`, each told once."""
        begin = [f for f in self.faults if f not in self._begun and f.at_s <= elapsed_s]
        self._begun += begin
        end = [f for f in self._begun if f not in self._ended and f.at_s + f.for_s <= elapsed_s]
        self._ended += end
        return begin, end


def parse(text: str) -> Fault:
    """Read a fault as it is written on the command line.

    Raises:
        ValueError: with a sentence that says what is wrong.
    """
    name, at, rest = text.partition("@")[0], text.partition("@")[2], ""
    if name not in set(FaultKind):
        raise ValueError(f"no fault {name!r}; there are {', '.join(FaultKind)}")
    at, _, rest = at.partition(":")
    pieces = [piece for piece in rest.split(":") if piece]
    keys = dict(piece.split("=", 1) for piece in pieces if "=" in piece)
    plain = [piece for piece in pieces if "=" not in piece]
    unknown = set(keys) - _KEYS
    if unknown or len(plain) > 1:
        raise ValueError(f"cannot read {text!r}: write KIND@AT[:FOR][:unit=N][:on=opcua][:ms=N]")
    kind = FaultKind(name)
    usual = REBOOT_FOR_S if kind is FaultKind.REBOOT else DEFAULT_FOR_S
    try:
        return Fault(
            kind=kind,
            at_s=float(at),
            for_s=float(plain[0]) if plain else usual,
            unit=int(keys.get("unit", "1")),
            opcua=keys.get("on") == "opcua",
            ms=int(keys.get("ms", "500")),
            code=int(keys.get("code", "4")),
        )
    except ValueError as error:
        raise ValueError(f"cannot read {text!r}: {error}") from error
