"""What must hold after the day of faults: values, gaps, scans of the healthy, and what is held."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import median
from typing import Any

from connectors.sdk.messages import Quality
from tests.faults.connections import SCAN_S, Connection, Span, name_of
from tests.faults.day import Rig
from tests.faults.ticking_device import TAGS, TICK_S, TICKS, parts_of, tick_at
from tests.faults.watched_edge import Holdings

OLDEST_S = 1.5
"""A value without a time of its own may be as old as this when the edge has it in hand: time-out,
asking again, load. Of several that it took in hand at once, the last one holds."""
TAKEN_AT_ONCE_S = 0.1
CLOCKS_AGREE_S = 0.1
"""Two ticks: the clock is read twice for a value with a time of its own."""
BACK_S = 5.0
"""Data flow again so long after a fault at most."""
RECOVERED_S = 8.0
"""A connection is healthy so long after a fault."""
SHARE_OF_SCANS = 0.95
WARM_UP = 3
"""One part in so many of the run is warm-up."""
SPARE_HANDLES = 3
SPARE_MEMORY = 1.04


def all_are_well(subject: Rig, since_s: float) -> bool:
    """Every tag has a good value that was read after `since_s`."""
    return all(
        _is_well(subject, device, since_s)
        for connection in subject.connections
        for device in connection.devices
    )


def _is_well(subject: Rig, device: int, since_s: float) -> bool:
    latest: dict[str, Any] = {}
    for stream in ("event", "sample"):
        for key, records in list(subject.mes.records.items()):
            if key[:2] == (name_of(device), stream):
                tail = list(records.values())[-8:]
                latest |= {record[2]: record for record in tail if record[1] == "v"}
    if len(latest) < TAGS or any(record[4] for record in latest.values()):
        return False
    return all(subject.moment_s(record[7]) >= since_s for record in latest.values())


def no_value_is_wrong(subject: Rig, device: int) -> int:
    """Every good value is that of its register and its moment; how many there are."""
    good, at_once_us = 0, TAKEN_AT_ONCE_S * float(subject.clock.speed) * 1_000_000
    for stream in ("event", "sample"):
        waiting: dict[str, Sequence[Any]] = {}
        for record in subject.mes.kinds(name_of(device), stream):
            if record[1] != "v":
                continue
            before = waiting.get(record[2])
            if before is not None and record[7] - before[7] > at_once_us:
                _is_fresh(subject, before)
            waiting[record[2]] = record
            if record[4] == Quality.BAD:
                assert record[3] is None, record
            if record[4] != Quality.GOOD:
                assert record[5], record
                continue
            good += 1
            of_device, of_tag, tick = parts_of(record[3])
            assert (of_device, f"t{of_tag}") == (device, record[2]), record
            if record[6] is not None:
                assert abs(_age(subject, record[6], tick)) <= CLOCKS_AGREE_S, record
    return good


def _is_fresh(subject: Rig, record: Sequence[Any]) -> None:
    """A good value without a time of its own, which held for a while, was not old."""
    if record[4] == Quality.GOOD and record[6] is None:
        age_s = _age(subject, record[7], parts_of(record[3])[2])
        assert 0 <= age_s <= OLDEST_S, (record, age_s)


def _age(subject: Rig, plant_us: int, tick: int) -> float:
    """Real seconds from a tick to a plant time."""
    ticks = tick_at(subject.moment_s(plant_us)) - tick
    return ((ticks + TICKS // 2) % TICKS - TICKS // 2) * TICK_S


def blind_times_are_unknown(subject: Rig, connection: Connection, device: int) -> None:
    """All time in which nobody could look is on record as a gap, or its values as bad."""
    records = subject.mes.kinds(name_of(device))
    gaps = [(record[2], record[3]) for record in records if record[1] == "g"]
    assert all(begin < end for begin, end in gaps)
    unknown = sorted([*gaps, *_bad_times(records)])
    seam_us = TAKEN_AT_ONCE_S * float(subject.clock.speed) * 1_000_000
    for began, ended in (*connection.blind[device], *subject.paused):
        if ended - began < 2 * OLDEST_S:
            continue
        first, last = subject.plant_us(began + OLDEST_S), subject.plant_us(ended)
        for begin, end in unknown:
            if begin <= first + seam_us:
                first = max(first, end)
        assert first >= last, f"device {device} was blind from {began} to {ended}: {unknown}"


def _bad_times(records: Sequence[Sequence[Any]]) -> list[tuple[int, int]]:
    """The plant times from a bad value of the first tag to the next good one."""
    times: list[tuple[int, int]] = []
    since: int | None = None
    for record in records:
        if record[1] != "v" or record[2] != "t0":
            continue
        if record[4] == Quality.BAD:
            since = record[7] if since is None else since
        elif since is not None:
            times.append((since, record[7]))
            since = None
    return times


def share_of_scans(subject: Rig, connection: Connection, device: int, day: Span) -> float:
    """The part of its scans that a healthy device kept while another one was sick."""
    seen = _good_moments(subject, device)
    done = possible = 0
    for begin, end in _healthy(subject, connection, day):
        possible += int((end - begin) / SCAN_S)
        done += bisect_right(seen, end) - bisect_left(seen, begin)
    assert possible > 0
    return done / possible


def back_after_s(subject: Rig) -> dict[str, list[float]]:
    """By kind of fault the seconds from its end until every device had a good value again.

    One that was followed by another fault counts up to that; it is left out when that came so soon
    that nothing is said about `BACK_S`.
    """
    found: dict[str, list[float]] = {}
    for broken in subject.broken:
        ended = broken.span[1]
        later = [*(span[0] for span in broken.connection.sick), *(p[0] for p in subject.paused)]
        next_one = min((at for at in later if at >= ended), default=float("inf"))
        back = max(_first_after(subject, device, ended) for device in broken.connection.devices)
        if back < next_one or next_one - ended >= BACK_S:
            found.setdefault(broken.what, []).append(round(min(back, next_one) - ended, 2))
    return found


def nothing_has_grown(found: Sequence[Holdings]) -> None:
    """The second half after the warm-up holds no more than the first."""
    begin, end = found[0].at_s, found[-1].at_s
    settled = [each for each in found if each.at_s - begin > (end - begin) / WARM_UP]
    half = len(settled) // 2
    first, second = settled[:half], settled[half:]
    assert half >= 5
    for name in ("tasks", "threads", "sockets", "files"):
        before = median(getattr(each, name) for each in first)
        after = median(getattr(each, name) for each in second)
        assert after <= before + SPARE_HANDLES, (name, before, after)
    before = median(each.memory_kb for each in first)
    after = median(each.memory_kb for each in second)
    assert after <= SPARE_MEMORY * before, (before, after)


def _first_after(subject: Rig, device: int, at_s: float) -> float:
    seen = _good_moments(subject, device)
    place = bisect_left(seen, at_s)
    return seen[place] if place < len(seen) else float("inf")


def _good_moments(subject: Rig, device: int) -> list[float]:
    """When good values of the first tag, which is an event, were read."""
    return sorted(
        subject.moment_s(record[7])
        for record in subject.mes.kinds(name_of(device))
        if record[1] == "v" and record[2] == "t0" and record[4] == Quality.GOOD
    )


def _healthy(subject: Rig, connection: Connection, day: Span) -> list[Span]:
    """The times in which another connection was sick and this one had been well for a while."""
    others = [span for each in subject.connections if each is not connection for span in each.sick]
    own = [(begin, end + RECOVERED_S) for begin, end in (*connection.sick, *subject.paused)]
    return _without(_merged([(max(begin, day[0]), min(end, day[1])) for begin, end in others]), own)


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    left = list(spans)
    for begin, end in taken:
        left = [
            piece
            for span in left
            for piece in ((span[0], min(span[1], begin)), (max(span[0], end), span[1]))
            if piece[1] > piece[0]
        ]
    return left
