"""Facts before and after a sign-off in any order: first and last revision are the kernel's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mes.db import Database
from mes.features.ingest.rebuild import rebuild
from mes.features.publishing.settling import differing
from mes.models import Base, PublishedFigure
from tests.conftest import BOTH, fresh_database
from tests.features.commands.floor import DAY_START, MINUTE, Floor, S, make_floor
from tests.features.production.plant import Record, wipe_facts
from tests.features.publishing.signing import (
    SHIFT_END,
    compare,
    kernel,
    published,
    sign,
)

NOW = SHIFT_END + 70 * MINUTE
UNITS = ("press-1", "press-2")


@pytest.fixture(scope="module", params=BOTH)
def plant(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Floor]:
    folder = tmp_path_factory.mktemp("order")
    with fresh_database(request.param, request, folder) as made:
        yield make_floor(made)


def wipe(database: Database) -> None:
    with database.transaction() as session:
        for name in ("publication_mark", "published_figure", "shift_signoff", "command"):
            session.execute(Base.metadata.tables[name].delete())
    wipe_facts(database)


def records(floor: Floor, rng: random.Random) -> list[Record]:
    """A shift and a bit of two presses with stops, bad values, holes and estimated counts."""
    feed, at, totals = floor.feed, 0, {"total": 0, "total2": 0}
    for tag in ("state", "state2"):
        feed.value(0, tag, 2)
    while at < NOW - 41 * MINUTE:
        at += rng.choice([20 * S, 4 * MINUTE, rng.randrange(1, 40 * MINUTE)])
        kind = rng.random()
        if kind < 0.5:
            tag = rng.choice(list(totals))
            totals[tag] += rng.randrange(30)
            gap = at - rng.randrange(1, 20 * MINUTE) if rng.random() < 0.1 else None
            feed.value(at, tag, totals[tag], gap_from=gap)
        elif kind < 0.9:
            feed.value(at, rng.choice(["state", "state", "state2"]), rng.choice([0, 1, 2, 2]))
        elif kind < 0.95:
            feed.value(at, "state", None, quality=2)
        else:
            feed.gap(at - rng.randrange(1, 9 * MINUTE), at)
    found, feed.records = feed.records, []
    return found


def figures(floor: Floor) -> dict[str, list[PublishedFigure]]:
    return {code: published(floor, code) for code in (*UNITS, "line-1")}


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000))
def test_the_first_revision_is_the_kernel_of_then_and_the_last_of_all_facts(
    plant: Floor, seed: int
) -> None:
    floor, rng = plant, random.Random(seed)
    wipe(floor.database)
    floor.feed.next_seq = 1
    everything = records(floor, rng)
    late = [record for record in everything if rng.random() < 0.15]
    early = [record for record in everything if record not in late]
    rng.shuffle(early)
    floor.feed.post(early, NOW, NOW)
    then = {code: kernel(floor, NOW, code) for code in UNITS}
    sign(floor, NOW)
    compare(floor, NOW)
    count = dict.fromkeys((*UNITS, "line-1"), 1)
    shown = {**then, "line-1": then["press-1"]}
    rng.shuffle(late)
    at = NOW
    while late:
        part, late = late[:3], late[3:]
        at += 10 * S
        floor.feed.post(part, at, at)
        if rng.random() < 0.3:
            made = DAY_START + rng.randrange(SHIFT_END)
            floor.enter(
                at, "press-1", good=-1, scrap=1, reason="burr", adjustment=True, made_at=made
            )
        if late and rng.random() < 0.4:
            continue  # several arrivals are compared together
        compare(floor, at)
        now = {code: kernel(floor, at, code) for code in UNITS}
        now["line-1"] = now["press-1"]
        for code, result in now.items():
            count[code] += result != shown[code]
        shown = now
    found = figures(floor)
    for code, rows in found.items():
        assert [row.revision for row in rows] == list(range(1, count[code] + 1)), code
        assert rows[0].result == (then[code] if code in then else then["press-1"])
        assert rows[-1].result == shown[code], code
        assert all(row.cause["facts"] for row in rows[1:])
    assert floor.ask(lambda s: differing(s, DAY_START + at)) == []
    assert rebuild(floor.database, DAY_START + at, check=True).differences == ()
    last = {code: rows[-1].result for code, rows in found.items()}
    again_in_another_order(floor, rng, everything, last)


def again_in_another_order(
    floor: Floor, rng: random.Random, everything: list[Record], last: dict[str, Any]
) -> None:
    """The same readings, all of them before the sign-off: what was published last is published."""
    if any(row.cause.get("facts") and _typed(row) for row in published(floor)):
        return  # what people typed is not among the records
    wipe(floor.database)
    rng.shuffle(everything)
    floor.feed.post(everything, NOW, NOW)
    sign(floor, NOW)
    for code, rows in figures(floor).items():
        assert rows[0].result == last[code], code


def _typed(row: PublishedFigure) -> bool:
    return any(cause["kind"] == "quantity" for cause in row.cause["facts"])
