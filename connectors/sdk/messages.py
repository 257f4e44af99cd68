"""What a connector says: samples and link states.

Standard library only, so that anybody may import it.

Instants are UTC microseconds of the plant clock (`connectors.clock`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from itertools import repeat
from typing import NamedTuple

from connectors.sdk.round_trips import RoundTrips

Value = bool | int | float | str | None


class Quality(IntEnum):
    """How far a value may be trusted; the numbers are those of the wire."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Stream(StrEnum):
    """Events carry a meaning for a work unit and are never thinned; samples are all else."""

    EVENT = "event"
    SAMPLE = "sample"


class LinkState(StrEnum):
    """What the edge's own supervisor knows about the link to a source."""

    CONNECTING = "connecting"
    UP = "up"
    DEGRADED = "degraded"
    BACKING_OFF = "backing_off"
    REFUSED = "refused"
    STOPPED = "stopped"


class ErrorClass(StrEnum):
    """What an error says about where to look.

    TRANSPORT: the network or the device as a whole. BUSY: the device has no time. SILENT_UNIT: one
    unit behind a link that stands. REFUSED: the other side says no: rights, certificate, address.
    CONFIGURATION: only a person can change it.
    """

    TRANSPORT = "transport"
    BUSY = "busy"
    SILENT_UNIT = "silent_unit"
    REFUSED = "refused"
    CONFIGURATION = "configuration"


class Sample(NamedTuple):
    """One reading of one tag; a tuple, as a busy edge makes thousands of them a second.

    Attributes:
        tag: name of the tag inside its source.
        value: the converted value; None when the quality is bad (a bad value is never a number).
        quality: good, uncertain or bad.
        received_time: instant at which the edge had the reply in hand.
        reason: why the quality is not good; None when it is good.
        unit: engineering unit of the value; None when it has none.
        source_time: instant given by the device; None when the protocol carries none.
        historical: the source kept the value and tells it late; it never replaces a newer one.
    """

    tag: str
    value: Value
    quality: Quality
    received_time: int
    reason: str | None = None
    unit: str | None = None
    source_time: int | None = None
    historical: bool = False


SampleRow = tuple[str, Value, Quality, int, str | None, str | None, int | None, bool]


def samples_of(rows: Iterable[SampleRow]) -> list[Sample]:
    """Samples from tuples of their fields in order, at half the cost of one call each."""
    return list(map(tuple.__new__, repeat(Sample), rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The outcome of one scan.

    Attributes:
        samples: new samples; a polling connector may leave out tags whose raw reply is unchanged.
        read_at: plant time up to which every tag of the scan is known.
        failed: number of tags that could not be read in this scan.
        reason: code of the first failure; None when nothing failed.
    """

    samples: list[Sample]
    read_at: int
    failed: int = 0
    reason: str | None = None


@dataclass(slots=True)
class Counters:
    """What happened on a source since the edge started; shown to people, never reset.

    Attributes:
        dropped: values that were lost here or on the way: full queues, full spool.
        skipped: replies on the source's connection that were not believed: late, or of another
            unit or request; messages whose topic is no text.
        backfilled: values that the source had kept and that fill a hole.
        backfills_limited: holes of which the source had kept more than could be read in time.
        errors_by_class: the same errors as in `errors`.
        round_trips: from request to reply.
    """

    requests: int = 0
    errors: int = 0
    reconnects: int = 0
    values: int = 0
    bytes: int = 0
    dropped: int = 0
    late_scans: int = 0
    skipped: int = 0
    backfilled: int = 0
    backfills_limited: int = 0
    errors_by_class: dict[ErrorClass, int] = field(
        default_factory=lambda: dict.fromkeys(ErrorClass, 0)
    )
    round_trips: RoundTrips = field(default_factory=RoundTrips)

    def count_error(self, error_class: ErrorClass) -> None:
        """Count one error."""
        self.errors += 1
        self.errors_by_class[error_class] += 1

    def as_dict(self) -> dict[str, int | float]:
        """The counters by name; round trips in milliseconds, when there were any."""
        counters = {
            name: value for name in self.__slots__ if isinstance(value := getattr(self, name), int)
        }
        by_class = {f"errors_{kind}": count for kind, count in self.errors_by_class.items()}
        return {**counters, **by_class, **self.round_trips.as_dict()}


@dataclass(slots=True)
class LinkStatus:
    """The link state of one source as the edge reports it.

    Attributes:
        since: plant time at which the state began.
        reason: stable code; None when there is nothing to say.
        detail: a sentence for people; None when there is nothing to say.
    """

    source: str
    state: LinkState = LinkState.CONNECTING
    since: int = 0
    reason: str | None = None
    detail: str | None = None
    counters: Counters = field(default_factory=Counters)
