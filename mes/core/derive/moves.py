"""Moving pieces between orders: who made them changes, how many there are never does.

A move speaks about pieces of one job (None: of no job) and gives them to another. Moves are taken
in the order in which they were stated, each on what those before it left, so that the order of
their arrival never matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mes.core.derive.counts import Pieces
from mes.core.derive.replacing import replaced_ids
from mes.core.derive.runs import JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A person's statement that pieces belong to another job.

    Attributes:
        stated_at: UTC microseconds; the later one is taken after the earlier.
        from_job: None: pieces that belong to no job.
        start: first instant it speaks about.
        end: all pieces made in [start, end); with `pieces` without meaning.
        pieces: so many, moved at `start`; None: all that were made in the stretch.
        voids: command_id of the move that this one takes back; it moves nothing itself.
    """

    command_id: str
    stated_at: int
    from_job: JobId | None
    to_job: JobId
    start: int
    end: int
    pieces: Pieces | None = None
    voids: str | None = None

    def takes(self, at: int, job: JobId | None) -> bool:
        """Whether pieces of a job (None: of none) made at an instant are moved."""
        return self.pieces is None and job == self.from_job and self.start <= at < self.end


def moves_in_force(moves: Iterable[Move]) -> list[Move]:
    """Those that nothing takes back, in the order in which they were stated.

    Repeats of a command count once; what only takes back is left out.
    """
    by_id = {move.command_id: move for move in moves}
    gone = replaced_ids({key: move.voids for key, move in by_id.items()})
    held = [move for key, move in by_id.items() if key not in gone and move.voids is None]
    return sorted(held, key=lambda move: (move.stated_at, move.command_id))
