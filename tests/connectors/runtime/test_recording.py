"""Samples become records in the order of the device, whatever its clock says."""

from __future__ import annotations

import json

from connectors.runtime.recording import Recording
from connectors.runtime.store import Append
from connectors.sdk.messages import Quality, Sample, Stream

S = 1_000_000
TAG = "parts"


def recorded(recording: Recording, *samples: Sample) -> list[tuple[object, int | None, int]]:
    """(value, source time, received time) of each record that these samples make."""
    records = Append(source="plc")
    recording.add(records, samples, None, 0)
    rows = [json.loads(f"[0,{tail}") for tail in records.events]
    return [(row[3], row[6], row[7]) for row in rows]


def good(value: int, received: float, source: float | None) -> Sample:
    at = None if source is None else int(source * S)
    return Sample(TAG, value, Quality.GOOD, int(received * S), None, None, at)


def recording() -> Recording:
    made = Recording()
    made.set_streams({TAG: Stream.EVENT})
    return made


def test_a_change_just_before_an_old_first_value_was_received_stays_behind_it() -> None:
    rows = recorded(recording(), good(1, 100.0, 50.0), good(2, 100.0, 99.9), good(3, 101, 100.9))
    assert rows == [
        (1, 50 * S, 100 * S),
        (2, None, 100 * S),
        (3, 100_900_000, 101 * S),
    ]


def test_times_that_ascend_are_kept_although_they_lie_before_earlier_receptions() -> None:
    rows = recorded(recording(), good(1, 100.2, 99.0), good(2, 100.3, 99.1))
    assert [row[1] for row in rows] == [99 * S, 99_100_000]


def test_a_value_from_before_the_loss_does_not_hide_behind_the_loss() -> None:
    lost = Sample(TAG, None, Quality.BAD, 100 * S, "connection_lost")
    rows = recorded(recording(), good(1, 90.0, 90.0), lost, good(2, 101.0, 99.5))
    assert rows[-1] == (2, None, 101 * S)
