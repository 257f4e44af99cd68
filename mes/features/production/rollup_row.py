"""A kernel tally as the whole-number columns of a roll-up row, and back. Pure.

The sums of rows are the rows of sums, so that SQL may add them. What whole numbers cannot hold
(seven decimals of a cycle, eleven cavities) stays in the column `exact` as the tally itself; such
rows are added here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from mes.core.classes import TimeClass
from mes.core.exact import Number, simplified
from mes.core.flags import Flag
from mes.core.pieces import Bucket, PieceKey, Pieces
from mes.core.tally import EMPTY, Failures, Tally, reasons_from_json, reasons_to_json

IDEAL_PARTS: Final = 5_040_000_000
"""Parts of a second that ideal times are counted in: six decimals of a cycle, shared by any number
of cavities up to ten (and 12, 14, 15, 16, 18, 20, 24, 32), are whole; a year stays below 2**63."""
MILLION: Final = 1_000_000
LARGEST: Final = 2**62

TIME_COLUMNS: Final[Mapping[TimeClass, str]] = {kind: f"{kind.value}_us" for kind in TimeClass}
OUTSIDE_COLUMNS: Final[Mapping[TimeClass, str]] = {
    kind: f"outside_{kind.value}_us"
    for kind in (TimeClass.NOT_SCHEDULED, TimeClass.BREAK, TimeClass.PLANNED_STOP)
}
FAILURE_COLUMNS: Final = {
    "us": "failure_us",
    "count": "failure_count",
    "restored": "failure_restored",
}
PREFIXES: Final[Mapping[Bucket, str]] = {
    Bucket.NORMAL: "",
    Bucket.UNKNOWN: "unknown_",
    Bucket.OUTSIDE_PLAN: "outside_",
}
PIECES: Final = ("good", "scrap", "rework", "startup_scrap")
IDEALS: Final = ("ideal_total", "ideal_good")
PIECE_COLUMNS: Final[Mapping[Bucket, tuple[str, ...]]] = {
    bucket: tuple(f"{prefix}{name}" for name in (*PIECES, *IDEALS))
    for bucket, prefix in PREFIXES.items()
}
SUM_COLUMNS: Final[tuple[str, ...]] = (
    "window_us",
    *TIME_COLUMNS.values(),
    *OUTSIDE_COLUMNS.values(),
    "loaded_us",
    *FAILURE_COLUMNS.values(),
    *(column for columns in PIECE_COLUMNS.values() for column in columns),
)
"""Every column that SQL may add."""

FLAG_BITS: Final[Mapping[Flag, int]] = {flag: 1 << place for place, flag in enumerate(Flag)}
RATE_MISSING_BITS: Final[Mapping[Bucket, int]] = {
    bucket: 1 << (8 + place) for place, bucket in enumerate(Bucket)
}
HELD_BITS: Final[Mapping[Bucket, int]] = {
    bucket: 1 << (12 + place) for place, bucket in enumerate(Bucket)
}
"""Pieces are booked in the bucket although their sums may be zero."""
NEGATIVE_BIT: Final = 1 << 16
"""Good or scrap of some bucket lies below zero."""
EXACT_BIT: Final = 1 << 17
"""The tally stands in `exact`."""
LOADED_UNKNOWN_BIT: Final = 1 << 18
FAILURES_UNKNOWN_BIT: Final = 1 << 19
APART_BITS: Final = NEGATIVE_BIT | EXACT_BIT
"""Rows that must be added as tallies, not as columns."""


def row_of(sums: Tally) -> dict[str, Any]:
    """The columns of a tally whose pieces are all of one item."""
    pieces = _by_bucket(sums)
    row: dict[str, Any] = dict.fromkeys(SUM_COLUMNS, 0)
    row["window_us"] = sums.window_us
    for kind, us in sums.times_us.items():
        row[TIME_COLUMNS[kind]] = us
    for kind, us in sums.outside_plan_us.items():
        row[OUTSIDE_COLUMNS[kind]] = us
    marks = sum(FLAG_BITS[flag] for flag in sums.flags)
    row["loaded_us"] = sums.loaded_us or 0
    if sums.loaded_us is None:
        marks |= LOADED_UNKNOWN_BIT
    if sums.failures is None:
        marks |= FAILURES_UNKNOWN_BIT
    else:
        row |= {column: getattr(sums.failures, key) for key, column in FAILURE_COLUMNS.items()}
    whole = True
    for bucket, one in pieces.items():
        values = _whole(one)
        whole = whole and values is not None
        row |= zip(PIECE_COLUMNS[bucket], values or (0,) * 6, strict=True)
        marks |= HELD_BITS[bucket] | (RATE_MISSING_BITS[bucket] if one.rate_missing else 0)
        if one.good < 0 or one.scrap < 0:
            marks |= NEGATIVE_BIT
    row["marks"] = marks | (0 if whole else EXACT_BIT)
    row["reasons"] = reasons_to_json(sums.reasons)
    row["exact"] = None if whole else sums.to_json()
    return row


def tally_of_row(row: Mapping[str, Any], material: str | None) -> Tally:
    """The tally that `row_of` wrote, its pieces under one name of their item."""
    if row["exact"] is not None:
        return _renamed(Tally.from_json(row["exact"]), material)
    sums = tally_of_sums([int(row[name]) for name in SUM_COLUMNS], row["marks"], material)
    return replace(sums, reasons=reasons_from_json(row.get("reasons")))


def tally_of_sums(values: Sequence[int], marks: int, material: str | None) -> Tally:
    """The tally of summed columns.

    Args:
        values: in the order of `SUM_COLUMNS`.
        marks: bits of all the rows together.
    """
    times = dict(zip(TimeClass, values[1:], strict=False))
    after = 1 + len(TIME_COLUMNS)
    outside = dict(zip(OUTSIDE_COLUMNS, values[after:], strict=False))
    after += len(OUTSIDE_COLUMNS)
    loaded_us, *failures = values[after : after + 4]
    after += 4
    pieces: dict[PieceKey, Pieces] = {}
    for place, bucket in enumerate(PIECE_COLUMNS):
        if marks & HELD_BITS[bucket]:
            six = values[after + 6 * place : after + 6 * place + 6]
            pieces[bucket, material] = _pieces(six, bool(marks & RATE_MISSING_BITS[bucket]))
    return Tally(
        window_us=values[0],
        times_us={kind: us for kind, us in times.items() if us},
        outside_plan_us={kind: us for kind, us in outside.items() if us},
        pieces=pieces,
        flags=frozenset(flag for flag, bit in FLAG_BITS.items() if marks & bit),
        loaded_us=None if marks & LOADED_UNKNOWN_BIT else loaded_us,
        failures=None
        if marks & FAILURES_UNKNOWN_BIT
        else Failures(**dict(zip(FAILURE_COLUMNS, failures, strict=True))),
    )


def added_rows(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One row for all of them; they are of one job and item."""
    total = EMPTY
    for row in rows:
        total += tally_of_row(row, None)
    return row_of(total)


def _by_bucket(sums: Tally) -> dict[Bucket, Pieces]:
    found: dict[Bucket, Pieces] = {}
    for (bucket, _), one in sums.pieces.items():
        found[bucket] = found[bucket] + one if bucket in found else one
    return found


def _whole(one: Pieces) -> tuple[int, ...] | None:
    """The six columns of a bucket; None: they are no whole numbers of a bigint."""
    values = [_scaled(getattr(one, name), MILLION) for name in PIECES]
    values += [_scaled(one.ideal_total_s, IDEAL_PARTS), _scaled(one.ideal_good_s, IDEAL_PARTS)]
    found = tuple(value for value in values if value is not None)
    return found if len(found) == len(values) else None


def _scaled(value: Number, parts: int) -> int | None:
    scaled = value * parts
    if isinstance(scaled, Fraction):
        if scaled.denominator != 1:
            return None
        scaled = scaled.numerator
    return scaled if -LARGEST < scaled < LARGEST else None


def _pieces(six: Sequence[int], rate_missing: bool) -> Pieces:
    good, scrap, rework, startup_scrap = (simplified(Fraction(value, MILLION)) for value in six[:4])
    total, of_good = (simplified(Fraction(value, IDEAL_PARTS)) for value in six[4:])
    return Pieces(
        good=good,
        scrap=scrap,
        rework=rework,
        startup_scrap=startup_scrap,
        ideal_total_s=total,
        ideal_good_s=of_good,
        rate_missing=rate_missing,
    )


def _renamed(sums: Tally, material: str | None) -> Tally:
    pieces = {(bucket, material): one for bucket, one in _by_bucket(sums).items()}
    return replace(sums, pieces=pieces)
