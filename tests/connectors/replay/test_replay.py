"""The CSV replay connector."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.clock import PlantClock, real_now_us
from connectors.replay.config import ReplaySource
from connectors.replay.connector import ReplayConnector
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.errors import ConfigurationError, Unavailable
from connectors.sdk.messages import Quality, Sample

ROWS = """time,tag,value,quality
2026-03-02T08:00:00+09:00,state,2,good
2026-03-02T08:00:00+09:00,pulse,true,
2026-03-02T08:00:30+09:00,state,3,good
2026-03-02T08:01:00+09:00,state,,bad
2026-03-02T08:01:00+09:00,other,1,good
"""


def replay(path: Path, speed: int = 600, **more: object) -> ReplayConnector:
    tags = [{"name": "state"}, {"name": "pulse"}, {"name": "never"}]
    config = ReplaySource.model_validate(
        {"id": "old", "protocol": "replay", "file": str(path), "tags": tags, **more}
    )
    clock = PlantClock.starting_at(real_now_us(), Fraction(speed))
    return ReplayConnector(config, ConnectorContext(clock=clock))


async def test_rows_appear_at_their_distance_on_the_plant_clock(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    connector = replay(path)
    await connector.open()
    first = await connector.read_all()
    assert [(s.tag, s.value, s.reason) for s in first.samples] == [
        ("state", 2, None),
        ("pulse", True, None),
        ("never", None, "no_value"),
    ]
    found: list[Sample] = []
    while len(found) < 4:
        found += await connector.next_samples()
    await connector.close()
    states = [s for s in found if s.tag == "state"]
    assert [(s.value, s.quality) for s in states] == [
        (2, Quality.GOOD),
        (3, Quality.GOOD),
        (None, Quality.BAD),
    ]
    times = [s.received_time for s in states]
    assert [b - a for a, b in pairwise(times)] == [30_000_000, 30_000_000]
    assert connector.covered_until is not None
    assert connector.covered_until >= times[-1]


async def test_a_repeated_file_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("time,tag,value\n1000000,state,1\n1010000,state,2\n")
    connector = replay(path, speed=1, repeat=True)
    await connector.open()
    found: list[Sample] = []
    while len(found) < 6:
        found += await connector.next_samples()
    await connector.close()
    assert [s.value for s in found][:6] == [1, 2, 1, 2, 1, 2]


@pytest.mark.parametrize(
    "row", ["yesterday,state,1", "2026-03-02T08:00:00,state,1", "1,state,1,excellent"]
)
async def test_a_line_that_cannot_be_understood_is_named(tmp_path: Path, row: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"time,tag,value,quality\n1,state,1,good\n{row}\n")
    with pytest.raises(ConfigurationError, match="line 3"):
        await replay(path).open()


async def test_a_missing_file_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"gone\.csv"):
        await replay(tmp_path / "gone.csv").open()
