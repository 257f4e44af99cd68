"""How a companion specification is written down here: names and meanings, no protocol library."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connectors.opcua.node_ids import NodeName


class State(StrEnum):
    """The states of a work unit, in the words of the plant file."""

    RUNNING = "running"
    STOPPED = "stopped"
    DOWN = "down"
    SETUP = "setup"
    WAITING = "waiting"
    OFF = "off"
    UNKNOWN = "unknown"


class Signal(StrEnum):
    """What a variable may be for a work unit, in the words of the plant file."""

    STATE = "state"
    TOTAL = "total"
    GOOD = "good"
    SCRAP = "scrap"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionVariable:
    """One variable of a companion specification.

    Attributes:
        name: end of the tag's name.
        path: browse names from the instance on.
        otherwise: other paths from the instance on, whose value counts while the first has none.
        words: word by number of an enumeration; empty when the variable is none.
        states: our state by word or text; empty when the variable is no state.
        signal: what it is proposed for; None: to look at only.
        index: place in a list; None for a single value.
        field: name in a structure; None for a plain value.
    """

    name: str
    path: tuple[NodeName, ...]
    otherwise: tuple[tuple[NodeName, ...], ...] = ()
    words: Mapping[int, str] = dataclasses.field(default_factory=dict)
    states: Mapping[str, State] = dataclasses.field(default_factory=dict)
    signal: Signal | None = None
    index: int | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionModel:
    """One companion specification.

    Attributes:
        key: short name.
        title: number and name of the specification.
        marker: browse names whose presence below an object makes it an instance.
    """

    key: str
    title: str
    marker: tuple[NodeName, ...]
    variables: Sequence[CompanionVariable]


def tag_document(
    variable: CompanionVariable, instance: Sequence[NodeName], prefix: str
) -> dict[str, object]:
    """The tag of a variable as a plant file writes it.

    Args:
        instance: browse names from the Objects folder to the instance.
        prefix: beginning of the tag's name.
    """
    tag: dict[str, object] = {
        "name": f"{prefix}.{variable.name}",
        "path": [str(name) for name in (*instance, *variable.path)],
    }
    if variable.otherwise:
        tag["otherwise"] = [[str(n) for n in (*instance, *path)] for path in variable.otherwise]
    if variable.words:
        tag["enum"] = dict(variable.words)
    if variable.index is not None:
        tag["index"] = variable.index
    if variable.field is not None:
        tag["field"] = variable.field
    return tag


def signal_document(variable: CompanionVariable, source: str, prefix: str) -> dict[str, object]:
    """The signal that a variable is proposed for, as a plant file writes it; empty without one."""
    if variable.signal is None:
        return {}
    signal: dict[str, object] = {"tag": f"{source}/{prefix}.{variable.name}"}
    if variable.signal is Signal.STATE:
        signal["map"] = {word: state.value for word, state in variable.states.items()}
    else:
        signal["counter"] = {"mode": "resettable"}
    return {variable.signal.value: signal}
