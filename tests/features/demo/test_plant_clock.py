"""The plant clock of a data folder never goes back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from mes.clock import PlantClock, real_now_us
from mes.core.refusal import Refusal
from mes.features.demo import plant_clock
from mes.features.demo.demo_plant import DemoState, history_start_us, read_state, settle

HOUR = plant_clock.HOUR_US


def test_at_speed_one_plant_time_is_real_time(tmp_path: Path) -> None:
    clock = plant_clock.begin(tmp_path, Fraction(1))
    assert abs(clock.now_us() - real_now_us()) < 100_000


def test_a_fast_clock_starts_in_the_past_and_goes_on_where_it_was(tmp_path: Path) -> None:
    clock = plant_clock.begin(tmp_path, Fraction(60))
    assert real_now_us() - clock.now_us() > 24 * HOUR
    plant_clock.keep(tmp_path, PlantClock.starting_at(clock.now_us() + HOUR, Fraction(60)))
    kept = plant_clock.read(tmp_path)
    assert kept is not None
    assert 0 <= plant_clock.begin(tmp_path, Fraction(60)).now_us() - kept < HOUR


@pytest.mark.parametrize("speed", [Fraction(1), Fraction(5)])
def test_a_clock_that_was_ahead_stays_ahead(tmp_path: Path, speed: Fraction) -> None:
    ahead = real_now_us() + 5 * HOUR
    plant_clock.keep(tmp_path, PlantClock.starting_at(ahead))
    assert plant_clock.begin(tmp_path, speed).now_us() >= ahead


def test_a_damaged_clock_file_is_as_none(tmp_path: Path) -> None:
    (tmp_path / plant_clock.FILE).write_text("{half")
    assert plant_clock.read(tmp_path) is None


def test_the_past_week_begins_at_the_start_of_a_production_day() -> None:
    monday_0930_seoul = 1_794_875_400_000_000
    start = history_start_us(monday_0930_seoul)
    assert start == 1_794_870_000_000_000 - 7 * 24 * HOUR
    assert (start + 9 * HOUR) % (24 * HOUR) == 8 * HOUR


def test_ports_and_seed_of_a_demo_stay_from_start_to_start(tmp_path: Path) -> None:
    first = settle(tmp_path, seed=3)
    assert settle(tmp_path, seed=9) == first == read_state(tmp_path)
    assert isinstance(first, DemoState)
    assert first.seed == 3


def test_a_clock_handed_down_is_taken_unless_it_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = PlantClock.starting_at(1_772_400_000_000_000, Fraction(60))
    monkeypatch.setenv("MES_CLOCK", handed.to_environment())
    assert plant_clock.begin(tmp_path, Fraction(1)) == handed
    plant_clock.keep(tmp_path, PlantClock.starting_at(handed.anchor_us + 24 * HOUR))
    with pytest.raises(Refusal, match="earlier time"):
        plant_clock.begin(tmp_path, Fraction(1))
