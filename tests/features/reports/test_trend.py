"""Trends: values as they came or their envelope, gaps, limits, and what an address may ask for."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from mes.core.case_model import Span
from mes.core.refusal import Refusal
from mes.features.reports.samples import RAW_MAX, SLOTS, Series, TagInfo, known_tags, tag_series
from mes.features.reports.trend import lines_of, shown_series, span_of
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
    return floor.ask(lambda session: tag_series(session, tag, SPAN, known_until))


def test_few_values_are_drawn_as_they_came_and_a_bad_one_is_a_gap(floor: Floor) -> None:
    held, bad = (SPAN.start - 60 * S, 5.0, 0), (SPAN.start + 120 * S, 999.0, 2)
    tag = stored(floor, [held, (SPAN.start + 60 * S, 7.5, 0), bad, (SPAN.end, 9.0, 0)])
    series = read(floor, tag)
    assert [(p.at - SPAN.start, p.mean) for p in series.points] == [
        (0, 5.0),
        (60 * S, 7.5),
        (120 * S, None),
    ]
    assert not series.enveloped


def test_many_values_keep_their_extremes_and_their_bad_slots(floor: Floor) -> None:
    count = RAW_MAX * 4
    step = (SPAN.end - SPAN.start) // count
    values: list[tuple[int, float | None, int]] = [
        (SPAN.start + n * step, float(n % 7), 0) for n in range(count)
    ]
    values[count // 2] = (values[count // 2][0], 1000.0, 0)
    slot = (SPAN.end - SPAN.start) // SLOTS
    lost = Span(SPAN.start + 100 * slot, SPAN.start + 101 * slot)
    values = [(at, 5000.0, 2) if lost.start <= at < lost.end else (at, n, q) for at, n, q in values]
    series = read(floor, stored(floor, values))
    assert series.enveloped
    assert len(series.points) == SLOTS
    assert series.range == (0.0, 1000.0)
    assert [n for n, point in enumerate(series.points) if point.low is None] == [100]


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


def test_a_span_ends_where_the_address_says_in_the_time_of_the_plant() -> None:
    span, hours = span_of({"hours": "8", "until": "2026-03-02 16:00"}, "Asia/Seoul", 0)
    assert (span.end, hours) == (1_772_434_800_000_000, 8)
    assert span.end - span.start == 8 * 3600 * S
    assert span_of({"hours": "5"}, "Asia/Seoul", 9 * S)[1] == 1
    with pytest.raises(Refusal):
        span_of({"until": "yesterday"}, "Asia/Seoul", 0)
