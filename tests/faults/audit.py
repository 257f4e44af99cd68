"""Samples of the pusher in the data folder of a plant that has ended."""

from __future__ import annotations

from pathlib import Path

from mes.core.sample_values import unpacked
from mes.features.verify.delivery import reading
from tests.faults.pusher import EPOCH, FIRST, TAG


def pushed(data: Path) -> list[int]:
    """Sequence numbers of the pusher's samples, waiting and packed, in order, with repeats."""
    with reading(data / "mes.db") as connection:
        waiting = connection.execute(
            "SELECT m.number FROM sample m JOIN tag t ON t.id = m.tag_id WHERE t.name = ?", (TAG,)
        ).fetchall()
        chunks = connection.execute(
            "SELECT c.data FROM sample_chunk c JOIN tag t ON t.id = c.tag_id WHERE t.name = ?",
            (TAG,),
        ).fetchall()
    numbers = [row[0] for row in waiting]
    numbers += [value.number for (blob,) in chunks for value in unpacked(blob)]
    return sorted(
        int(number) - FIRST for number in numbers if number is not None and number >= FIRST
    )


def acknowledged_of_pusher(data: Path) -> int:
    """The number up to which the database says it has the pusher's samples."""
    with reading(data / "mes.db") as connection:
        row = connection.execute(
            "SELECT acked_seq FROM source_stream WHERE epoch = ?", (EPOCH,)
        ).fetchone()
    return int(row[0])
