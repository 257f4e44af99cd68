"""Trends: values as they came or their envelope, gaps, limits, and what an address may ask for."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from mes.core.case_model import Span
from mes.core.refusal import Refusal
from mes.core.sample_minutes import MINUTE_US
from mes.core.sample_values import HOUR_US
from mes.features.reports import trend_files
from mes.features.reports.samples import (
    RAW_MAX,
    SLOTS_MAX,
    Series,
    TagInfo,
    Trends,
    known_tags,
    width_for,
)
from mes.features.reports.trend import (
    Line,
    hours_words,
    lines_of,
    near_spans,
    shown_series,
    span_of,
    span_words,
)
from mes.features.reports.trend_files import file_grid
from mes.features.samples.expiry import Kept, expire_some
from mes.features.samples.packing import pack_some
from mes.models import GapFact, Sample
from tests.features.commands.floor import Floor

S = 1_000_000
SPAN = Span(1000 * S, 4600 * S)


def stored(floor: Floor, values: list[tuple[int, float | None, int]]) -> TagInfo:
    """Samples (at, number, quality) of the first tag."""
    with floor.database.transaction() as session:
        tag = known_tags(session)[0]
        rows = [
            {"at": at, "tag_id": tag.id, "number": number, "text": None, "quality": quality}
            for at, number, quality in values
        ]
        session.execute(insert(Sample), rows)
    return tag


def read(floor: Floor, tag: TagInfo, known_until: int = SPAN.end) -> Series:
    return floor.ask(lambda session: Trends(session, [tag], SPAN).series(tag, known_until))


def pack(floor: Floor, kept: Kept | None = None) -> None:
    """Pack all samples, and take out what is over by the end of the span."""
    assert pack_some(floor.database, -(10**15))
    if kept is not None:
        expire_some(floor.database, kept, SPAN.end)


def test_few_values_are_drawn_as_they_came_and_a_bad_one_is_a_gap(floor: Floor) -> None:
    held, bad = (SPAN.start - 60 * S, 5.0, 0), (SPAN.start + 120 * S, 999.0, 2)
    tag = stored(floor, [held, (SPAN.start + 60 * S, 7.5, 0), bad, (SPAN.end, 9.0, 0)])
    series = read(floor, tag)
    assert [(p.at - SPAN.start, p.mean) for p in series.points] == [
        (0, 5.0),
        (60 * S, 7.5),
        (120 * S, None),
    ]
    assert series.width is None
    assert (series.count, series.bad, series.last) == (2, 1, None)
    assert series.coverage(SPAN) == 120 / 3600


@pytest.mark.parametrize("packed", [False, True])
def test_many_values_keep_their_extremes_and_what_is_bad_is_told(
    floor: Floor, packed: bool
) -> None:
    count = RAW_MAX * 4
    step = (SPAN.end - SPAN.start) // count
    values: list[tuple[int, float | None, int]] = [
        (SPAN.start + n * step, float(n % 7), 0) for n in range(count)
    ]
    values[count // 2] = (values[count // 2][0], 1000.0, 0)
    lost = range(200, 230)
    values[200:230] = [(values[n][0], 5000.0, 2) for n in lost]
    tag = stored(floor, values)
    if packed:
        pack(floor)
    series = read(floor, tag)
    assert series.width == 5 * S
    assert len(series.points) == 720
    assert series.range == (0.0, 1000.0)
    assert (series.count, series.bad) == (count, 30)
    gaps = [point.at - SPAN.start for point in series.points if point.mean is None]
    assert gaps == [n * S for n in range(300, 345, 5)]
    assert series.coverage(SPAN) == pytest.approx(1 - 45 / 3600)


def test_a_bad_value_beside_good_ones_of_a_slot_is_marked(floor: Floor) -> None:
    values: list[tuple[int, float | None, int]] = [
        (SPAN.start + n * S, 5.0, 2 if n == 1802 else 0) for n in range(3600)
    ]
    series = read(floor, stored(floor, values))
    (line,) = lines_of([series.tag], [series.tag.name], [], [])
    shown = shown_series(line, series, SPAN)
    assert shown["unknown"] == "M500.0 118H501.4"
    assert shown["bad"] == 1
    assert None not in [point.mean for point in series.points]


def test_a_mean_is_of_the_time_and_not_of_how_often_a_value_came(floor: Floor) -> None:
    busy: list[tuple[int, float | None, int]] = [
        (SPAN.start + n * S // 100, 100.0 if n % 2 else 0.0, 0) for n in range(1000)
    ]
    tag = stored(floor, [*busy, (SPAN.start + 10 * S, 20.0, 0)])
    series = read(floor, tag)
    assert series.points[0].mean == pytest.approx(50)
    assert {point.mean for point in series.points[2:]} == {20.0}
    assert series.last == 20.0


def test_what_is_kept_only_as_minutes_or_hours_is_still_drawn(floor: Floor) -> None:
    tag = stored(floor, [(SPAN.start + n * 20 * S, float(n), 0) for n in range(180)])
    pack(floor, Kept(values=0, minutes=1, hours=1))
    series = read(floor, tag)
    assert series.width == MINUTE_US
    assert series.range == (0.0, 179.0)
    expire_some(floor.database, Kept(values=0, minutes=0, hours=1), SPAN.end)
    assert read(floor, tag).width == HOUR_US


def test_a_value_that_came_weeks_ago_holds_unless_its_source_was_lost(floor: Floor) -> None:
    tag = stored(floor, [(SPAN.start - 900 * HOUR_US, 4.0, 0)])
    pack(floor)
    assert [(p.at, p.mean) for p in read(floor, tag).points] == [(SPAN.start, 4.0)]
    with floor.database.transaction() as session:
        hole = {"stream": "sample", "epoch": "ab", "seq": 1, "reason": "link lost"}
        start, end = SPAN.start - 2 * HOUR_US, SPAN.start - HOUR_US
        session.add(GapFact(source_id=tag.source_id, start=start, end=end, **hole))
    assert read(floor, tag).coverage(SPAN) == 0


def test_a_month_is_drawn_by_hours_and_a_year_fits_as_well() -> None:
    days = {1: 2 * MINUTE_US, 7: 15 * MINUTE_US, 31: HOUR_US, 366: 12 * HOUR_US}
    for number, width in days.items():
        assert width_for(number * 24 * HOUR_US) == width
        assert number * 24 * HOUR_US / width <= SLOTS_MAX
    with pytest.raises(Refusal) as caught:
        Trends(None, [], Span(0, 500 * 24 * HOUR_US))  # type: ignore[arg-type]  # never asked
    assert caught.value.code == "range_too_long"


def test_a_file_has_every_value_or_says_that_it_has_slots(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = stored(floor, [(SPAN.start + n * S, float(n), 2 if n == 5 else 0) for n in range(3000)])
    line = Line(tag=tag, low=None, high=None)
    told = [(line, SPAN.end)]
    whole = floor.ask(lambda s: file_grid(Trends(s, [tag], SPAN), told, SPAN))
    assert (len(whole.rows), whole.note) == (3000, None)
    assert [row.values[2] for row in whole.rows[4:7]] == [4.0, None, 6.0]
    monkeypatch.setattr(trend_files, "ROWS_MAX", 2999)
    slots = floor.ask(lambda s: file_grid(Trends(s, [tag], SPAN), told, SPAN))
    assert len(slots.rows) == 1800
    assert slots.note is not None
    assert list(slots.rows[2].values)[2:5] == [4.0, 4.0, 4.0]
    assert slots.rows[2].values[6:] == [0.5, 1]


def test_a_hole_of_the_source_breaks_the_line_and_knowledge_ends_it(floor: Floor) -> None:
    tag = stored(floor, [(SPAN.start + 60 * S, 1.0, 0), (SPAN.start + 1200 * S, 2.0, 0)])
    with floor.database.transaction() as session:
        session.add(
            GapFact(
                source_id=tag.source_id,
                stream="sample",
                epoch="ab",
                seq=1,
                start=SPAN.start + 600 * S,
                end=SPAN.start + 900 * S,
                reason="link lost",
            )
        )
    series = read(floor, tag, SPAN.start + 1800 * S)
    (line,) = lines_of([tag], [tag.name], ["0"], ["1,5"])
    shown = shown_series(line, series, SPAN)
    assert shown["path"] == "M16.7 60.0H166.7M333.3 6.4H500.0"
    assert shown["outside"] is True
    assert shown["limits"] == "0 – 1.5"
    alone = [Line(tag=tag, low=2, high=None), Line(tag=tag, low=None, high=-1)]
    assert [shown_series(one, series, SPAN)["limits"] for one in alone] == ["≥ 2", "≤ −1"]
    assert shown["band"] is not None


@pytest.mark.parametrize(
    ("names", "limit", "code"),
    [(["nowhere/x"], "", "tag_unknown"), (["a/b"] * 9, "", "too_many_tags"), (["a/b"], "high", "")],
)
def test_what_cannot_be_drawn_is_refused(names: list[str], limit: str, code: str) -> None:
    tag = TagInfo(id=1, source_id=1, name="a/b", unit=None, low=None, high=None)
    with pytest.raises(Refusal) as caught:
        lines_of([tag], names, [limit] * 9, [])
    assert caught.value.code == (code or "limit_invalid")


def test_from_here_one_goes_earlier_later_closer_and_wider() -> None:
    now = 10 * HOUR_US
    near = near_spans(Span(4 * HOUR_US, 8 * HOUR_US), now)
    assert near == {
        "earlier": Span(2 * HOUR_US, 6 * HOUR_US),
        "later": Span(6 * HOUR_US, 10 * HOUR_US),
        "closer": Span(5 * HOUR_US, 7 * HOUR_US),
        "wider": Span(2 * HOUR_US, 10 * HOUR_US),
    }
    present = near_spans(Span(9 * HOUR_US, now), now)
    assert present["later"] is None
    assert present["wider"] == Span(8 * HOUR_US, now)
    assert near_spans(Span(now - 12 * S, now), now)["closer"] is None
    assert near_spans(Span(now - 300 * 24 * HOUR_US, now), now)["wider"] is None


def test_a_chosen_span_is_read_as_it_was_written() -> None:
    span = Span(1_772_434_805 * S, 1_772_434_900 * S)
    since, until = span_words(span, "Asia/Seoul")
    assert (since, until) == ("2026-03-02 16:00:05", "2026-03-02 16:01:40")
    assert span_of({"from": since, "until": until, "hours": "8"}, "Asia/Seoul", 0)[0] == span
    with pytest.raises(Refusal) as caught:
        span_of({"from": until, "until": since}, "Asia/Seoul", 0)
    assert (caught.value.code, caught.value.field) == ("window_malformed", "from")


def test_periods_are_told_in_hours_and_days() -> None:
    assert [hours_words(n) for n in (8, 24, 168)] == ["8 h", "1 day", "7 days"]


def test_a_span_ends_where_the_address_says_in_the_time_of_the_plant() -> None:
    span, hours = span_of({"hours": "8", "until": "2026-03-02 16:00"}, "Asia/Seoul", 0)
    assert (span.end, hours) == (1_772_434_800_000_000, 8)
    assert span.end - span.start == 8 * 3600 * S
    assert span_of({"hours": "5"}, "Asia/Seoul", 9 * S)[1] == 1
    with pytest.raises(Refusal):
        span_of({"until": "yesterday"}, "Asia/Seoul", 0)
