"""Stops as people see them: found in records, locked while they are edited, in need of a reason."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mes.core.derive.records import FOREVER, StateRecord, StopFamily, family_of
from mes.core.derive.statements import (
    StatementKind,
    StopStatement,
    attachments,
    statements_in_force,
)

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop of the present derivation; its handle is (work unit, start) (S2).

    Attributes:
        start: UTC microseconds.
        end: None: still open.
        records: its records, bridged unknown ones included.
    """

    start: int
    end: int | None
    family: StopFamily
    records: tuple[StateRecord, ...]


def stops_in(records: Iterable[StateRecord], start: int, end: int) -> list[Stop]:
    """The stops that overlap [start, end), whole as far as the records given hold them.

    Args:
        records: a piece of the partition, in order.
    """
    groups: dict[int, list[StateRecord]] = {}
    for record in records:
        if record.stop_start is not None:
            groups.setdefault(record.stop_start, []).append(record)
    stops = [_stop(stop_start, held) for stop_start, held in groups.items()]
    return [stop for stop in stops if stop.start < end and start < _end(stop.end)]


def stop_at(records: Sequence[StateRecord], at: int) -> Stop | None:
    """The stop that holds the instant; None: none does."""
    index = bisect_right(records, at, key=lambda record: record.start) - 1
    if index < 0 or records[index].stop_start is None or at >= _end(records[index].end):
        return None
    stop_start = records[index].stop_start
    first = last = index
    while first > 0 and records[first - 1].stop_start == stop_start:
        first -= 1
    while last + 1 < len(records) and records[last + 1].stop_start == stop_start:
        last += 1
    return _stop(records[first].start, records[first : last + 1])


def stop_overlapping(records: Sequence[StateRecord], start: int, end: int) -> Stop | None:
    """The stop that a request means by what it saw: of those overlapping, the longest so far.

    Args:
        start: seen_start.
        end: seen_end, or now where the stop was seen open.
    """
    window_end = max(end, start + 1)
    return max(
        stops_in(records, start, window_end),
        key=lambda stop: (min(_end(stop.end), window_end) - max(stop.start, start), -stop.start),
        default=None,
    )


def head_statement(stop: Stop, statements: Iterable[StopStatement]) -> str | None:
    """The latest statement in force that the stop meets, declarations included.

    Args:
        statements: at least those that meet the stop and those that replace one of them.

    Returns:
        Its command_id; None: nobody has said anything that holds.
    """
    in_force = statements_in_force(statements)
    start, end = stop.start, _end(stop.end)
    met = attachments([(start, end)], in_force)[0]
    met += [
        s
        for s in in_force
        if s.kind is StatementKind.DECLARE and s.window_start < end and start < s.window_end
    ]
    head = max(met, key=lambda s: s.rank, default=None)
    return None if head is None else head.command_id


def lock_differs(
    present: Stop | None,
    *,
    seen_start: int,
    seen_end: int | None,
    seen_statement: str | None,
    head: str | None,
    limit_us: int,
    as_of: int,
) -> bool:
    """Whether the stop is no longer what the person saw, so that the request is refused (S8).

    Args:
        present: the stop that the request means; None: there is none any more.
        seen_start: start of the stop as it was shown.
        seen_end: its end as it was shown; None: it was open.
        seen_statement: head statement as it was shown; None: there was none.
        head: the present head statement, see `head_statement`.
        limit_us: how far start and end may have moved: the minor-stop limit.
        as_of: when the statement is made; stands for an open end.
    """
    if present is None or head != seen_statement:
        return True
    end = as_of if present.end is None else present.end
    seen = as_of if seen_end is None else seen_end
    return abs(present.start - seen_start) > limit_us or abs(end - seen) > limit_us


def unexplained(
    stop: Stop, minor_limit_us: int, as_of: int, within: Sequence[Interval] | None = None
) -> list[Interval]:
    """The parts of a stop that still need a reason from a person.

    A reason is asked for once the unplanned time of the stop, explained or not, adds up to more
    than the minor-stop limit: a planned break with seconds around it asks for nothing. Then every
    unplanned part without a statement's reason needs one; the machine's own does not count.

    Args:
        as_of: an open stop ends here.
        within: intervals, in order, of the whole stop in which standing is unplanned (such as
            scheduled time with an order loaded); None: always.
    """
    if stop.family is not StopFamily.STOP:
        return []
    unplanned = [
        (record, span)
        for record in stop.records
        if family_of(record.state) is StopFamily.STOP
        for span in _inside((record.start, _clipped(record.end, as_of)), within)
    ]
    if sum(end - start for _, (start, end) in unplanned) <= minor_limit_us:
        return []
    return [span for record, span in unplanned if not _explained(record)]


def unexplained_us(
    stop: Stop, minor_limit_us: int, as_of: int, within: Sequence[Interval] | None = None
) -> int:
    """Microseconds of a stop that still need a reason; arguments as for `unexplained`."""
    return sum(end - start for start, end in unexplained(stop, minor_limit_us, as_of, within))


def needs_reason(
    stop: Stop, minor_limit_us: int, as_of: int, within: Sequence[Interval] | None = None
) -> bool:
    """Whether a person is asked for a reason; arguments as for `unexplained`."""
    return bool(unexplained(stop, minor_limit_us, as_of, within))


def same_reason_offers(
    stop: Stop, statements: Iterable[StopStatement]
) -> list[tuple[int, int | None, str, str]]:
    """Growth that no statement covers beside time that a whole statement explains (S4).

    Args:
        statements: at least those whose command_id the records of the stop carry.

    Returns:
        (start, end, reason, command_id) that may be offered as "same reason?"; an end of None is
        open. Between two explained stretches the earlier reason is offered.
    """
    wholes = {s.command_id for s in statements if s.kind is StatementKind.WHOLE}
    offers: list[tuple[int, int | None, str, str]] = []
    records = [r for r in stop.records if family_of(r.state) is not None]
    for index, record in enumerate(records):
        if _explained(record):
            continue
        beside = _explaining(reversed(records[:index])) or _explaining(records[index + 1 :])
        if beside is None or beside.command_id not in wholes or beside.reason is None:
            continue
        offer = (record.start, record.end, beside.reason, beside.command_id)
        if offers and offers[-1][1] == record.start and offers[-1][2:] == offer[2:]:
            offer = (offers.pop()[0], *offer[1:])
        offers.append(offer)
    return offers


def _inside(span: Interval, within: Sequence[Interval] | None) -> list[Interval]:
    """The parts of a span that lie in intervals; None: all of it."""
    start, end = span
    return [
        (max(start, low), min(end, high))
        for low, high in ([span] if within is None else within)
        if max(start, low) < min(end, high)
    ]


def _explaining(records: Iterable[StateRecord]) -> StateRecord | None:
    return next((record for record in records if _explained(record)), None)


def _explained(record: StateRecord) -> bool:
    return record.reason is not None and record.said_by_person


def _stop(start: int, records: Sequence[StateRecord]) -> Stop:
    family = next(found for record in records if (found := family_of(record.state)) is not None)
    return Stop(start=start, end=records[-1].end, family=family, records=tuple(records))


def _end(end: int | None) -> int:
    return FOREVER if end is None else end


def _clipped(end: int | None, as_of: int) -> int:
    return as_of if end is None else min(end, as_of)
