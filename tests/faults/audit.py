"""Samples of the pusher in the data folder of a plant that has ended."""

from __future__ import annotations

from pathlib import Path

from mes.features.verify.delivery import reading
from tests.faults.pusher import EPOCH, FIRST, TAG


def pushed(data: Path) -> list[int]:
    """Sequence numbers of the pusher's samples, in order, repeats included."""
    with reading(data / "mes.db") as connection:
        rows = connection.execute(
            "SELECT CAST(m.number AS INTEGER) FROM sample m JOIN tag t ON t.id = m.tag_id"
            " WHERE t.name = ? AND m.number >= ? ORDER BY 1",
            (TAG, FIRST),
        ).fetchall()
    return [row[0] - FIRST for row in rows]


def acknowledged_of_pusher(data: Path) -> int:
    """The number up to which the database says it has the pusher's samples."""
    with reading(data / "mes.db") as connection:
        row = connection.execute(
            "SELECT acked_seq FROM source_stream WHERE epoch = ?", (EPOCH,)
        ).fetchone()
    return int(row[0])
