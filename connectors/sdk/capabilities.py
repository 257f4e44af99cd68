"""What a connector can do beside reading: browse, write, call, tell the past, show what is below.

Each is one small mix-in.

A capability is declared in the manifest and stands in the class; the two are compared at load.
Like every method of a connector, these are called under a deadline and make one attempt.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from connectors.sdk.call_rules import ArgumentType, MethodAddress
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.frames import FrameLog
from connectors.sdk.messages import Sample, Value
from connectors.sdk.registers import Candidate


class Capability(StrEnum):
    """What a connector can do; declared in its manifest."""

    POLL = "poll"
    PUSH = "push"
    BROWSE = "browse"
    WRITE = "write"
    HISTORY = "history"
    FRAMES = "frames"
    REGISTERS = "registers"
    CALL = "call"


class NodeKind(StrEnum):
    """What a node of a browsed source is."""

    FOLDER = "folder"
    VARIABLE = "variable"
    METHOD = "method"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowsedNode:
    """One node that a source offers.

    Attributes:
        path: the names from the root on, joined by `/`.
        address: the keys of a tag's configuration that lead to the node; empty for a folder.
        data_type: type in the words of the protocol; None when the source does not say.
        unit: engineering unit; None when the source does not say.
        writable: whether we may write it; None when the source does not say.
        sample: its present value; None when it was not read.
    """

    path: str
    kind: NodeKind
    address: Mapping[str, Value] = field(default_factory=dict)
    data_type: str | None = None
    unit: str | None = None
    writable: bool | None = None
    sample: Sample | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Browsed:
    """The answer to one browse.

    Attributes:
        nodes: at most as many as were asked for, ordered by path.
        is_complete: whether there is nothing more that matches.
    """

    nodes: Sequence[BrowsedNode]
    is_complete: bool


class Browsing(ABC):
    """A connector whose source can say what it offers.

    Attributes:
        browse_timeout_s: real seconds after which a whole `browse` counts as failed.
    """

    browse_timeout_s: float = 30.0

    @abstractmethod
    async def browse(self, pattern: str, limit: int) -> Browsed:
        """The nodes whose path matches; an open connector is needed, configured tags are not.

        Args:
            pattern: a path with `*` for anything inside one name and `**` for any number of
                names, as `connectors.sdk.patterns` reads it.
            limit: most nodes that are returned; the source is asked for no more than it takes.

        Raises:
            Unavailable: the source does not answer.
            Refused: the source does not let us browse.
        """


class WriteOutcome(StrEnum):
    """What is known after one attempt to write.

    ACCEPTED: the device confirmed it. REFUSED: the device said no and nothing changed. UNKNOWN: no
    answer came, the value may or may not have arrived.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The outcome of one attempt to write.

    Attributes:
        reason: stable code; None when it was accepted.
        detail: a sentence for people; None when there is nothing to say.
    """

    tag: str
    outcome: WriteOutcome
    reason: str | None = None
    detail: str | None = None


class Writing(ABC):
    """A connector that can write; whether it may is decided by the host's allow-list."""

    @abstractmethod
    async def write(self, tag: str, value: Value) -> Written:
        """Send one value once. It is never sent again, neither by us nor by a library.

        Args:
            value: the value as it is read: after scale, offset and table, in the tag's unit.

        Raises:
            ConfigurationError: the value does not fit the tag (`value_not_possible`), or there is
                no such tag; nothing was sent.
            Unavailable: there is no connection; nothing was sent.
        """

    @abstractmethod
    async def read_back(self, tag: str) -> Sample:
        """Ask the device for the tag now, so that the host can confirm a write.

        Raises:
            Unavailable: the device does not answer.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of a call, checked by the host."""

    name: str
    type: ArgumentType
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """The outcome of one attempt to call.

    Attributes:
        reason: stable code; None when it was accepted.
        detail: a sentence for people; None when there is nothing to say.
        results: what the method answered, plain values and lists of them.
        state: what the device says of what the call began; None: nothing.
    """

    outcome: WriteOutcome
    reason: str | None = None
    detail: str | None = None
    results: Sequence[object] = ()
    state: Mapping[str, object] | None = None


class Calling(ABC):
    """A connector that can call methods; which ones is decided by the host's allow-list.

    Since SDK 2.3. The address is one that the method model of the manifest has checked.
    """

    @abstractmethod
    async def call(
        self, address: MethodAddress, arguments: Sequence[Argument], timeout_s: float
    ) -> Called:
        """Call a method once. It is never called again, neither by us nor by a library.

        Args:
            arguments: in the order of the method.
            timeout_s: real seconds in which the method must have ended; then the outcome is
                unknown.

        Raises:
            ConfigurationError: the device has no such method, or it takes other arguments; nothing
                was sent.
            Unavailable: there is no connection; nothing was sent.
        """

    async def call_state(
        self, address: MethodAddress, arguments: Sequence[Argument]
    ) -> Mapping[str, object] | None:
        """What the device says now of what such a call began; None: it says nothing. Only reads.

        Raises:
            Unavailable: the device does not answer.
        """
        del address, arguments
        return None


class HistoryReading(ABC):
    """A connector whose source keeps values that we missed.

    Attributes:
        history_timeout_s: most real seconds that filling one hole may keep the present waiting.
        history_values_max: most values that are taken for one hole.
    """

    history_timeout_s: float = 2.0
    history_values_max: int = 50_000

    @abstractmethod
    def history(
        self, tags: Sequence[str], since_us: int, until_us: int
    ) -> AsyncIterator[Sequence[Sample]]:
        """What the source kept in `[since_us, until_us)`, in portions.

        Samples are marked historical, carry a source time, and ascend per tag.

        Args:
            since_us: plant time, UTC microseconds.
            until_us: plant time, UTC microseconds.

        Raises:
            Unavailable: the source does not answer.
            Refused: the source keeps no history (`history_not_available`).
        """


class FrameLogging(ABC):
    """A connector that can show what goes over its connection."""

    @property
    @abstractmethod
    def frame_log(self) -> FrameLog | None:
        """The log of its connection; None while it has none."""


class RegisterViewing(ABC):
    """A connector whose device keeps numbered words, which people look at as they are.

    Nothing here speaks to the device: the host reads the source that `register_source` makes. The
    areas that people choose from stand in the manifest.

    Attributes:
        register_widths: numbers of words that one value takes.
    """

    register_widths: ClassVar[Sequence[int]]

    @classmethod
    @abstractmethod
    def register_source(
        cls, source: Mapping[str, object], table: str, first: int, count: int
    ) -> Mapping[str, object]:
        """The source with these words as its only tags, each named by its address in decimal.

        Args:
            source: configuration as somebody is about to save it; it may have no tags yet.
            table: area of the device, in the words of the protocol.
            first: address on the wire, from 0.
            count: number of words; those behind the end of the table are left out.

        Raises:
            ConfigurationError: `request_malformed`: there is no such table.
        """

    @classmethod
    @abstractmethod
    def candidates(cls, words: Sequence[int], display: float | None) -> Sequence[Candidate]:
        """Every way of reading one, or a few, words; empty for another number of them.

        Args:
            words: as they arrive, 0 to 65535.
            display: what the device itself shows; None when nobody looked.
        """

    @classmethod
    def register_place(cls, address: str, table: str | None) -> tuple[str, int]:
        """Table and address on the wire of what a person wrote; since SDK 2.2.

        Args:
            table: None where the address says it.

        Raises:
            ConfigurationError: `address_malformed` or a code of the protocol: it means no place.
        """
        try:
            if table is not None:
                return table, int(address, 0)
        except ValueError:
            pass
        detail = f"{address!r} names no register; give a table, and a number like 16 or 0x10"
        raise ConfigurationError("address_malformed", detail)

    @classmethod
    def register_label(cls, table: str, address: int) -> str:
        """The address as manuals write it; since SDK 2.2."""
        return f"{table} {address}"

    @classmethod
    def register_tag(
        cls, source: Mapping[str, object], table: str, address: int, candidate: Candidate
    ) -> Mapping[str, Value]:
        """The tag of the source that reads these words this way; since SDK 2.2.

        Args:
            source: as somebody is about to save it.
            address: on the wire, of the first word.
        """
        tag: dict[str, Value] = {
            "name": f"{table}_{address}",
            "table": table,
            "address": address,
            "type": candidate.type,
            "order": candidate.order,
        }
        return tag if candidate.scale is None else {**tag, "scale": candidate.scale}
