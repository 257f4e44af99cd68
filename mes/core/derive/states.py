"""Signals, gaps and statements to the gapless state records of a work unit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mes.core.derive.records import (
    FOREVER,
    Piece,
    ReasonSource,
    StateRecord,
    StopPieces,
    family_of,
    find_stops,
    fold,
    merged,
    overlay,
)
from mes.core.derive.signals import Gap, State, StateSignal
from mes.core.derive.statements import (
    Spans,
    StatementKind,
    StopStatement,
    attachments,
    declarations,
    statements_in_force,
    stop_extents,
    unattached,
)

UNKNOWN_BRIDGE_US = 60_000_000
"""Default of S1: unknown time of at most 60 s between two pieces of one family ends no stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRules:
    """Settings of a derivation.

    Attributes:
        minor_limit_us: minor-stop limit of the work unit before the first dated one, microseconds.
        unknown_bridge_us: longest unknown time that does not end a stop, microseconds.
        dated_limits: (valid from, minor-stop limit), in order. A whole statement grows by the limit
            in force at the start of the stop that it saw, so that a new limit leaves the past.
    """

    minor_limit_us: int
    unknown_bridge_us: int = UNKNOWN_BRIDGE_US
    dated_limits: tuple[tuple[int, int], ...] = ()

    def limit_at(self, at: int) -> int:
        """The minor-stop limit in force at an instant, microseconds."""
        index = bisect_right(self.dated_limits, at, key=lambda dated: dated[0])
        return self.dated_limits[index - 1][1] if index else self.minor_limit_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What follows from a set of facts.

    Attributes:
        records: partition from the first known instant on, the last record open; unknown before.
        orphans: whole and part statements in force that meet no stop (S7).
    """

    records: list[StateRecord]
    orphans: list[StopStatement]


def derive_states(
    signals: Iterable[StateSignal],
    gaps: Iterable[Gap],
    statements: Iterable[StopStatement],
    rules: StateRules,
) -> Derivation:
    """All state records of a work unit from all its facts, in any order."""
    signals, gaps, statements = list(signals), list(gaps), list(statements)
    in_force = statements_in_force(statements)
    starts = [signal.event_time for signal in signals]
    starts += [s.window_start for s in in_force if s.kind is StatementKind.DECLARE]
    records = [] if not starts else _derive(min(starts), None, signals, gaps, in_force, rules)
    records = without_unknown_head(records)
    return Derivation(records=records, orphans=unattached(stop_extents(records), in_force))


def derive_from(
    at: int,
    before: StateSignal | None,
    signals: Iterable[StateSignal],
    gaps: Iterable[Gap],
    statements: Iterable[StopStatement],
    rules: StateRules,
) -> list[StateRecord]:
    """The records from a restart point on: those of the full derivation, cut there.

    Args:
        at: a point given by `restart.restart_point`.
        before: the last signal with an event time before it; None: there is none.
        signals: all with an event time at or after it.
        gaps: all that end after it.
        statements: at least all whose `window_end` lies after it and, transitively, those that
            replace one of them.
    """
    return _derive(at, before, signals, gaps, statements_in_force(statements), rules)


def without_unknown_head(records: Sequence[StateRecord]) -> list[StateRecord]:
    """The records without leading ones that only say unknown, which needs no saying there."""
    first = 0
    while first < len(records) and _says_nothing(records[first]):
        first += 1
    return list(records[first:])


def _says_nothing(record: StateRecord) -> bool:
    return record.state is State.UNKNOWN and record.command_id is None


def _derive(
    at: int,
    before: StateSignal | None,
    signals: Iterable[StateSignal],
    gaps: Iterable[Gap],
    in_force: Sequence[StopStatement],
    rules: StateRules,
) -> list[StateRecord]:
    pieces = fold(at, before, signals, gaps)
    declared = declarations(in_force)
    if declared:
        pieces = merged(overlay(pieces, declared, _declare))
    stops = find_stops(pieces, rules.unknown_bridge_us)
    extents = [(pieces[stop.first].start, pieces[stop.last].end) for stop in stops]
    records = _Records()
    index = 0
    for stop, attached in zip(stops, attachments(extents, in_force), strict=True):
        for piece in pieces[index : stop.first]:
            records.add(_plain_record(piece))
        _add_stop(records, pieces, stop, attached, rules)
        index = stop.last + 1
    for piece in pieces[index:]:
        records.add(_plain_record(piece))
    return records.found


def _declare(piece: Piece, statement: StopStatement) -> Piece:
    state = statement.state or State.UNKNOWN
    return Piece(
        piece.start,
        piece.end,
        state,
        piece.machine_reason if family_of(state) else None,
        statement.command_id,
        statement.reason if family_of(state) else None,
    )


class _Records:
    """Records in the making: a new one that says the same as the last prolongs it."""

    def __init__(self) -> None:
        self.found: list[StateRecord] = []

    def add(self, record: StateRecord) -> None:
        if self.found and self.found[-1].says_the_same_as(record):
            self.found[-1] = replace(self.found[-1], end=record.end)
        else:
            self.found.append(record)


def _plain_record(piece: Piece, stop_start: int | None = None) -> StateRecord:
    """A record of running or unknown time, which takes no reason."""
    return StateRecord(
        start=piece.start,
        end=_open(piece.end),
        state=piece.state,
        stop_start=stop_start,
        reason_source=None if piece.declared_by is None else ReasonSource.DECLARATION,
        command_id=piece.declared_by,
    )


def _add_stop(
    records: _Records,
    pieces: Sequence[Piece],
    stop: StopPieces,
    attached: Sequence[StopStatement],
    rules: StateRules,
) -> None:
    start = pieces[stop.first].start
    spans = Spans(start, pieces[stop.last].end, attached, rules.limit_at) if attached else None
    cuts = [] if spans is None else spans.cuts()
    for piece in pieces[stop.first : stop.last + 1]:
        if piece.state is State.UNKNOWN:
            records.add(_plain_record(piece, start))
            continue
        edges = [piece.start, *(at for at in cuts if piece.start < at < piece.end), piece.end]
        for begin, end in pairwise(edges):
            winner = spans.winner(begin) if spans is not None else None
            records.add(_stop_record(piece._replace(start=begin, end=end), start, winner))


def _stop_record(piece: Piece, stop_start: int, winner: StopStatement | None) -> StateRecord:
    """Reason by declaration, then statement, then machine (S6)."""
    source: ReasonSource | None = ReasonSource.DECLARATION
    reason, command_id = piece.declared_reason, piece.declared_by
    if command_id is None:
        source = ReasonSource.STATEMENT
    if reason is None and winner is not None:
        reason, command_id = winner.reason, winner.command_id
    elif reason is None and piece.machine_reason is not None:
        reason, source, command_id = piece.machine_reason, ReasonSource.MACHINE, None
    elif reason is None and command_id is None:
        source = None
    return StateRecord(
        start=piece.start,
        end=_open(piece.end),
        state=piece.state,
        stop_start=stop_start,
        reason=reason,
        reason_source=source,
        command_id=command_id,
    )


def _open(end: int) -> int | None:
    return None if end >= FOREVER else end
