"""What is counted of a source: errors by class, once each, and how long answers take."""

from __future__ import annotations

import math
import random

import pytest

from connectors.sdk.errors import (
    Busy,
    ConfigurationError,
    ConnectorError,
    Refused,
    SilentUnit,
    Unavailable,
    count_error,
)
from connectors.sdk.messages import Counters
from connectors.sdk.round_trips import FADE_AT, RoundTrips


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Unavailable, "errors_transport"),
        (Busy, "errors_busy"),
        (SilentUnit, "errors_silent_unit"),
        (Refused, "errors_refused"),
        (ConfigurationError, "errors_configuration"),
    ],
)
def test_an_error_counts_once_under_its_class_however_many_levels_see_it(
    kind: type[ConnectorError], name: str
) -> None:
    counters, error = Counters(), kind("code", "detail")
    count_error(counters, error)
    count_error(counters, error)
    found = {key: value for key, value in counters.as_dict().items() if key.startswith("errors")}
    assert {key for key, value in found.items() if value} == {"errors", name}
    assert found["errors"] == found[name] == 1


def test_without_an_answer_there_is_no_round_trip() -> None:
    assert not any(key.startswith("round_trip") for key in Counters().as_dict())


def test_quantiles_are_at_most_a_quarter_too_large_and_never_too_small() -> None:
    chance = random.Random(4)
    seconds = [chance.lognormvariate(math.log(0.02), 1.0) for _ in range(FADE_AT - 1)]
    subject = RoundTrips()
    for each in seconds:
        subject.add(each)
    for part, shown in ((0.50, "round_trip_p50_ms"), (0.99, "round_trip_p99_ms")):
        true_ms = sorted(seconds)[math.ceil(part * len(seconds)) - 1] * 1000
        assert true_ms <= subject.as_dict()[shown] <= 1.25 * true_ms


@pytest.mark.parametrize("seconds", [0.0, 1e-7, 3600.0, 1e9])
def test_every_duration_has_its_bin(seconds: float) -> None:
    subject = RoundTrips()
    subject.add(seconds)
    assert subject.quantile_ms(0.5) is not None


def test_old_answers_fade() -> None:
    subject = RoundTrips()
    for _ in range(2 * FADE_AT):
        subject.add(1.0)
    for _ in range(4 * FADE_AT):
        subject.add(0.001)
    assert (subject.quantile_ms(0.5) or 0) < 2
