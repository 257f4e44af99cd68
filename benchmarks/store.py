"""A database of the system with the load plant in it, and records as an edge sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.plant import COUNT_TAG, STATE_TAG, plant_file, some_ports
from benchmarks.tools import DEVICES, TAGS
from mes.clock import real_now_us
from mes.db import Database, make_engine
from mes.features.plant.check import check
from mes.features.plant.service import apply
from migrations import runner

EDGE = "edge-1"
EPOCH = "0123456789abcdef"
SECOND_US = 1_000_000
STOP_EVERY = 20
BOUND = (COUNT_TAG, STATE_TAG)


@contextmanager
def database(
    folder: Path, name: str = "mes.db", *, begun_us: int | None = None, url: str | None = None
) -> Iterator[Database]:
    """A migrated database with the plant of the load, in force since `begun_us`.

    Args:
        url: of an empty database; None: a SQLite file in the folder.
    """
    engine = make_engine(url or f"sqlite:///{folder / name}")
    runner.upgrade(engine)
    made = Database(engine)
    checked = check(plant_file(some_ports()))
    if checked.plant is None:
        raise RuntimeError(str(checked.mistakes[:3]))
    with made.transaction() as session:
        at = real_now_us() if begun_us is None else begun_us
        apply(session, checked.plant, actor="benchmark", now_us=at)
    yield made
    made.dispose()


@dataclass(slots=True)
class Edge:
    """Makes requests: each is one second of all devices, every value changed.

    Attributes:
        at_us: plant time of the next second.
    """

    at_us: int
    seconds: int = 0
    _seq: dict[tuple[int, str], int] = field(default_factory=dict)

    def second(self, streams: Sequence[str]) -> str:
        """One request as JSON text."""
        self.seconds += 1
        at = self.at_us
        self.at_us += SECOND_US
        batches = [
            {
                "source": f"plc-{index:02d}",
                "stream": stream,
                "epoch": EPOCH,
                "covered_until": at if stream == "event" else None,
                "records": self._records(index, stream, at),
            }
            for index in range(DEVICES)
            for stream in streams
        ]
        return json.dumps(
            {
                "edge": EDGE,
                "config_revision": 1,
                "clock_offset_us": 0,
                "links": [],
                "batches": batches,
            }
        )

    def _records(self, index: int, stream: str, at: int) -> list[list[object]]:
        tags = [
            name
            for name in (f"t{tag:02d}" for tag in range(TAGS))
            if (name in BOUND) == (stream == "event") and self._has_changed(name)
        ]
        first = self._seq.get((index, stream), 0) + 1
        self._seq[index, stream] = first + len(tags) - 1
        return [
            [seq, "v", tag, self._value(tag, seq), 0, None, None, at, None]
            for seq, tag in enumerate(tags, first)
        ]

    def _has_changed(self, tag: str) -> bool:
        """Everything changes each second but the state, which stops for one second now and then."""
        return tag != STATE_TAG or self.seconds == 1 or self.seconds % STOP_EVERY < 2

    def _value(self, tag: str, seq: int) -> float:
        if tag == STATE_TAG:
            return 1.0 if self.seconds % STOP_EVERY == 0 else 2.0
        return float(self.seconds) if tag == COUNT_TAG else seq + 0.5
