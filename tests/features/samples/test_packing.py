"""Packing: every sample is in one place, wherever a crash or a late one falls; old ones end."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select

from mes.core.case_model import Span
from mes.core.sample_cells import cells_of, joined
from mes.core.sample_minutes import MINUTE_US
from mes.core.sample_values import HOUR_US, UnreadableChunk, Value
from mes.features.reports.samples import known_tags
from mes.features.samples import packing
from mes.features.samples.expiry import DAY_US, Kept, expire_some
from mes.features.samples.packing import pack_some, sum_again
from mes.features.samples.reading import History
from mes.features.samples.worker import Packer
from mes.models import Sample, SampleChunk, SampleHour, SampleMinutes
from tests.features.commands.floor import Floor

S = 1_000_000
HOUR = 480_000 * HOUR_US
TABLES = (Sample, SampleChunk, SampleMinutes, SampleHour)


def arrive(floor: Floor, tag_id: int, values: list[Value]) -> None:
    """Samples of a tag in order of arrival."""
    rows = [{**value._asdict(), "tag_id": tag_id} for value in values]
    with floor.database.transaction() as session:
        session.execute(insert(Sample), rows)


def forget(floor: Floor) -> None:
    with floor.database.transaction() as session:
        for table in TABLES:
            session.execute(delete(table))


def counts(floor: Floor) -> list[int]:
    return floor.ask(
        lambda session: [session.scalar(select(func.count(t.id))) or 0 for t in TABLES]
    )


def tag_ids(floor: Floor) -> list[int]:
    return [tag.id for tag in floor.ask(known_tags)]


def read(floor: Floor, tag_id: int, span: Span) -> list[Value]:
    return floor.ask(lambda session: History(session, [tag_id], span).values(tag_id, span))


def test_samples_of_several_tags_and_hours_are_packed_and_read_as_they_came(floor: Floor) -> None:
    first, second = tag_ids(floor)[:2]
    values = [
        Value(HOUR - S, 1.5, None, 0),
        Value(HOUR, None, "설정", 0),
        Value(HOUR + S, 2.5, None, 1),
        Value(HOUR + S, None, None, 2),
        Value(HOUR + HOUR_US, 4.5, None, 0),
    ]
    arrive(floor, first, values)
    arrive(floor, second, values[:1])
    assert pack_some(floor.database, 0) == 6
    assert counts(floor) == [0, 4, 4, 4]
    assert read(floor, first, Span(HOUR - HOUR_US, HOUR + 2 * HOUR_US)) == values
    assert read(floor, second, Span(0, HOUR)) == values[:1]
    assert pack_some(floor.database, 0) == 0


arrivals = st.lists(
    st.tuples(st.integers(0, 2 * 3600), st.none() | st.integers(0, 9), st.booleans()),
    min_size=1,
    max_size=30,
    unique_by=lambda one: one[0],
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(arrivals)
def test_cells_are_the_same_whenever_what_arrived_was_packed(
    floor: Floor, drawn: list[tuple[int, int | None, bool]]
) -> None:
    forget(floor)
    tag_id = tag_ids(floor)[0]
    values = []
    for at, number, packs in drawn:
        given_number = None if number is None else float(number)
        values.append(Value(HOUR + at * S, given_number, None, 2 if number is None else 0))
        arrive(floor, tag_id, values[-1:])
        if packs:
            pack_some(floor.database, 0, rows_max=2)
    span = Span(HOUR, HOUR + 3 * HOUR_US)
    ordered = sorted(values, key=lambda value: value.at)
    minutes = cells_of(ordered, MINUTE_US)
    assert read(floor, tag_id, span) == ordered
    for width in (10 * S, MINUTE_US, 15 * MINUTE_US, HOUR_US, 3 * HOUR_US):
        wanted = joined(minutes, width) if width >= MINUTE_US else cells_of(ordered, width)
        cells = floor.ask(
            lambda session, w=width: History(session, [tag_id], span).cells(tag_id, span, w)  # type: ignore[misc]  # bound at once
        )
        assert [cell._replace(area=round(cell.area)) for cell in cells] == [
            cell._replace(area=round(cell.area)) for cell in wanted
        ]


def test_a_crash_before_the_commit_leaves_every_sample_once(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag_id = tag_ids(floor)[0]
    values = [Value(HOUR + n * S, float(n), None, 0) for n in range(10)]
    arrive(floor, tag_id, values)

    def crash(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(packing, "_replace", crash)
        with pytest.raises(KeyboardInterrupt):
            pack_some(floor.database, 0)
    assert counts(floor)[:2] == [10, 0]
    pack_some(floor.database, 0)
    assert read(floor, tag_id, Span(HOUR, HOUR + HOUR_US)) == values


def test_a_sample_that_appears_among_those_read_is_not_lost(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag_id = tag_ids(floor)[0]
    arrive(floor, tag_id, [Value(HOUR + n * S, float(n), None, 0) for n in range(3)])
    with floor.database.transaction() as session:
        hidden = session.scalar(select(Sample.id).order_by(Sample.id).offset(1).limit(1))
        session.execute(delete(Sample).where(Sample.id == hidden))
    known = packing._known_tags

    def appears(*given: object) -> set[int]:
        late = {"id": hidden, "at": HOUR + S, "tag_id": tag_id, "number": 1.0, "quality": 0}
        with floor.database.transaction() as other:
            other.execute(insert(Sample), [late])
        return known(*given)  # type: ignore[arg-type]  # as they came

    with monkeypatch.context() as patched:
        patched.setattr(packing, "_known_tags", appears)
        with pytest.raises(packing.Unsettled):
            pack_some(floor.database, 0)
    assert counts(floor) == [3, 0, 0, 0]
    assert pack_some(floor.database, 0) == 3


def test_samples_older_than_they_are_kept_and_of_no_tag_are_dropped_and_counted(
    floor: Floor,
) -> None:
    tag_id = tag_ids(floor)[0]
    arrive(floor, tag_id, [Value(HOUR - 2 * HOUR_US, 1.0, None, 0), Value(HOUR, 2.0, None, 0)])
    arrive(floor, 10**6, [Value(HOUR, 3.0, None, 0)])
    before = packing.DROPPED._value.get()
    assert pack_some(floor.database, HOUR) == 3
    assert packing.DROPPED._value.get() - before == 2
    assert [v.number for v in read(floor, tag_id, Span(0, HOUR + HOUR_US))] == [2.0]


def test_values_minutes_and_hours_end_each_at_its_time(floor: Floor) -> None:
    tag_id = tag_ids(floor)[0]
    arrive(floor, tag_id, [Value(HOUR - n * DAY_US, 1.0, None, 0) for n in range(8)])
    pack_some(floor.database, 0)
    kept = Kept(values=2, minutes=4, hours=6)
    assert expire_some(floor.database, kept, HOUR + HOUR_US) == 5 + 3 + 1
    assert counts(floor) == [0, 3, 5, 7]
    assert expire_some(floor.database, kept, HOUR + HOUR_US) == 0
    span = Span(HOUR - 8 * DAY_US, HOUR + HOUR_US)
    assert floor.ask(lambda s: History(s, [tag_id], span).finest(tag_id)) == HOUR_US
    span = Span(HOUR - 4 * DAY_US, HOUR + HOUR_US)
    assert floor.ask(lambda s: History(s, [tag_id], span).finest(tag_id)) == MINUTE_US
    span = Span(HOUR - 2 * DAY_US, HOUR + HOUR_US)
    assert floor.ask(lambda s: History(s, [tag_id], span).finest(tag_id)) == 0


def test_packed_hours_without_minutes_get_them_again(floor: Floor) -> None:
    tag_id = tag_ids(floor)[0]
    arrive(floor, tag_id, [Value(HOUR + n * HOUR_US, 1.0, None, 0) for n in range(3)])
    pack_some(floor.database, 0)
    with floor.database.transaction() as session:
        session.execute(delete(SampleMinutes))
        session.execute(delete(SampleHour))
    assert [sum_again(floor.database, most=2) for _ in range(3)] == [2, 1, 0]
    assert counts(floor) == [0, 3, 3, 3]


def test_a_packed_hour_that_cannot_be_read_loses_nothing(floor: Floor) -> None:
    tag_id = tag_ids(floor)[0]
    with floor.database.transaction() as session:
        session.add(SampleChunk(tag_id=tag_id, hour=HOUR, count=1, data=b"\x09"))
    arrive(floor, tag_id, [Value(HOUR, 1.0, None, 0)])
    with pytest.raises(UnreadableChunk):
        pack_some(floor.database, 0)
    assert counts(floor)[:2] == [1, 1]


def test_a_round_packs_all_that_waits_and_expires(floor: Floor) -> None:
    tag_id = tag_ids(floor)[0]
    now_us = floor.context(0).now
    arrive(floor, tag_id, [Value(now_us - n * DAY_US, 1.0, None, 0) for n in range(4)])
    Packer(floor.database, Kept(values=20_000, minutes=20_000, hours=20_000)).round()
    assert counts(floor) == [0, 4, 4, 4]
    Packer(floor.database, Kept(values=1, minutes=1, hours=20_000)).round()
    assert counts(floor) == [0, 0, 0, 4]
