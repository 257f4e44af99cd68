"""What is known of one edge node of Sparkplug B: born or dead, in sequence or not. Pure.

Rules of the specification 3.0, chapters 5 and 6: a birth names every metric and restarts the
sequence; each further message of the node and of its devices carries the next number of 0..255; a
death counts only when its bdSeq is that of the present birth. After a gap nothing of the node is
believed until it is born again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from connectors.mqtt.sparkplug_payload import Metric, Payload

SEQUENCE_LENGTH = 256
BD_SEQ = "bdSeq"
NODE_DEAD, DEVICE_DEAD = "node_dead", "device_dead"
NOT_BORN, SEQUENCE_GAP = "node_not_born", "sequence_gap"
NO_METRIC = "metric_not_in_birth"

Key = tuple[str | None, str]
"""Device (None is the node itself) and name of a metric."""


class Kind(StrEnum):
    """The messages of a node that we listen to."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one message changes.

    Attributes:
        values: metrics with the type that holds for them, in the order of the message.
        lost: devices (None is the node itself) of which nothing is known any more.
        reason: why they are lost.
        wants_rebirth: whether the node has to describe itself again.
    """

    values: Sequence[tuple[Key, Metric, int | None]] = ()
    lost: Sequence[str | None] = ()
    reason: str | None = None
    wants_rebirth: bool = False


@dataclass(slots=True, kw_only=True)
class _Born:
    """The metrics that a birth has named."""

    types: dict[str, int | None] = field(default_factory=dict)


class SparkplugNode:
    """The state of one edge node."""

    def __init__(self) -> None:
        self._born: dict[str | None, _Born] = {}
        self._aliases: dict[int, Key] = {}
        self._awaited: set[str | None] = set()
        self._bd_seq: object = None
        self._seq: int | None = None

    @property
    def is_born(self) -> bool:
        """Whether a birth was seen and nothing was missed since."""
        return None in self._born

    def metrics(self) -> Mapping[Key, int | None]:
        """Every metric that is alive, with its type."""
        return {
            (device, name): data_type
            for device, born in self._born.items()
            for name, data_type in born.types.items()
        }

    def accept(self, kind: Kind, device: str | None, payload: Payload) -> News:
        """Take one message of the node."""
        if kind is Kind.NDEATH:
            return self._death(payload)
        if kind is Kind.NBIRTH:
            self._begin(payload)
            return self._birth(None, payload)
        if not self.is_born:
            return News(wants_rebirth=True)
        if payload.seq != self._next_seq():
            return self._forget(SEQUENCE_GAP, wants_rebirth=True)
        self._seq = payload.seq
        if kind is Kind.DBIRTH:
            return self._birth(device, payload)
        if kind is Kind.DDEATH:
            self._drop(device)
            return News(lost=[device], reason=DEVICE_DEAD)
        return self._data(device, payload)

    def missed(self) -> News:
        """A message of the node that could not be read: nothing is believed until it is born."""
        return self._forget(SEQUENCE_GAP, wants_rebirth=True)

    def give_up(self) -> News:
        """The devices that were born before the last birth of the node and not again since."""
        lost = sorted(str(device) for device in self._awaited)
        self._awaited.clear()
        return News(lost=lost, reason=DEVICE_DEAD)

    def _begin(self, payload: Payload) -> None:
        self._awaited = set(self._born) - {None}
        self._born.clear()
        self._aliases.clear()
        self._seq = payload.seq
        self._bd_seq = _bd_seq(payload)

    def _birth(self, device: str | None, payload: Payload) -> News:
        self._drop(device)
        self._awaited.discard(device)
        born = self._born[device] = _Born()
        values = []
        for metric in payload.metrics:
            if metric.name is None:
                continue
            key = (device, metric.name)
            born.types[metric.name] = metric.data_type
            if metric.alias is not None:
                self._aliases[metric.alias] = key
            values.append((key, metric, metric.data_type))
        return News(values=values)

    def _data(self, device: str | None, payload: Payload) -> News:
        born = self._born.get(device)
        if born is None:
            return News(wants_rebirth=True)
        values = []
        is_unknown = False
        for metric in payload.metrics:
            key = self._key(device, metric)
            if key is None or key[0] != device or key[1] not in born.types:
                is_unknown = True
                continue
            known = born.types[key[1]]
            values.append((key, metric, known if metric.data_type is None else metric.data_type))
        return News(values=values, wants_rebirth=is_unknown)

    def _death(self, payload: Payload) -> News:
        if self.is_born and _bd_seq(payload) != self._bd_seq:
            return News()
        return self._forget(NODE_DEAD)

    def _forget(self, reason: str, *, wants_rebirth: bool = False) -> News:
        lost = [*self._born, *sorted(str(device) for device in self._awaited)]
        self._awaited.clear()
        self._born.clear()
        self._aliases.clear()
        return News(lost=lost, reason=reason, wants_rebirth=wants_rebirth)

    def _drop(self, device: str | None) -> None:
        self._born.pop(device, None)
        self._aliases = {a: key for a, key in self._aliases.items() if key[0] != device}

    def _key(self, device: str | None, metric: Metric) -> Key | None:
        if metric.name is not None:
            return (device, metric.name)
        return self._aliases.get(metric.alias) if metric.alias is not None else None

    def _next_seq(self) -> int | None:
        return None if self._seq is None else (self._seq + 1) % SEQUENCE_LENGTH


def _bd_seq(payload: Payload) -> object:
    return next((metric.raw for metric in payload.metrics if metric.name == BD_SEQ), None)
