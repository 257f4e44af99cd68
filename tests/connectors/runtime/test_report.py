"""Report by exception: what changed goes on, nothing else, and nothing is hidden for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.runtime.report import ExceptionReport
from connectors.sdk.config import TagConfig
from connectors.sdk.messages import Quality, Sample, Value

SECOND = 1_000_000


def sample(value: Value, at: int = 0, reason: str | None = None, tag: str = "a") -> Sample:
    quality = Quality.BAD if reason else Quality.GOOD
    return Sample(tag=tag, value=value, quality=quality, reason=reason, received_time=at)


def report(**more: object) -> ExceptionReport:
    return ExceptionReport([TagConfig.model_validate({"name": "a", **more})])


def test_an_unchanged_value_is_reported_once() -> None:
    subject = report()
    assert subject.accept([sample(1), sample(1, 5)]) == [sample(1)]


def test_a_change_of_quality_or_reason_is_news() -> None:
    subject = report()
    seen = [sample(1), sample(None, reason="no_reply"), sample(None, reason="lost"), sample(1)]
    assert subject.accept(seen) == seen


def test_a_number_within_the_deadband_waits_until_it_has_moved_by_more_than_it() -> None:
    subject = report(deadband=0.5)
    values = [10.0, 10.4, 10.5, 10.6, 10.2, 10.0]
    assert [s.value for s in subject.accept([sample(v) for v in values])] == [10.0, 10.6, 10.0]


def test_an_old_value_is_reported_again_after_its_maximum_age() -> None:
    subject = report(max_age_s=10)
    subject.accept([sample(1, 0)])
    assert subject.overdue(["a"], 9 * SECOND) == []
    assert subject.overdue(["a"], 10 * SECOND) == [sample(1, 10 * SECOND)]
    assert subject.overdue(["a"], 11 * SECOND) == []


def test_a_bad_value_is_not_repeated_by_age() -> None:
    subject = report(max_age_s=10)
    subject.accept([sample(None, 0, "no_reply")])
    assert subject.overdue(["a"], 20 * SECOND) == []


def test_a_loss_makes_every_tag_bad_exactly_once() -> None:
    subject = report(unit="V")
    subject.accept([sample(1)])
    (lost,) = subject.all_bad("connection_lost", 7)
    assert (lost.value, lost.quality, lost.reason, lost.unit) == (
        None,
        Quality.BAD,
        "connection_lost",
        "V",
    )
    assert subject.all_bad("connection_refused", 8) == []


@given(st.lists(st.floats(-1e6, 1e6)), st.floats(0.01, 100))
def test_what_is_hidden_never_differs_from_the_last_report_by_more_than_the_deadband(
    values: list[float], band: float
) -> None:
    subject = report(deadband=band)
    last: float | None = None
    for value in values:
        for reported in subject.accept([sample(value)]):
            assert isinstance(reported.value, float)
            last = reported.value
        assert last is not None
        assert abs(value - last) <= band
