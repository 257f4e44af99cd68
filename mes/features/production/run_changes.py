"""Over which time two derivations of runs differ. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mes.core.derive.records import FOREVER
from mes.core.derive.runs import Item, JobId, JobRun


def changed_span(old: Sequence[JobRun], new: Sequence[JobRun]) -> tuple[int, int | None] | None:
    """From when until when something else was loaded; end None: to the present.

    Returns:
        None: at every instant the same was loaded.
    """
    only_old = [run for run in old if run not in new]
    only_new = [run for run in new if run not in old]
    edges = sorted({edge for run in (*only_old, *only_new) for edge in (run.start, _end(run))})
    differing = [
        (start, end)
        for start, end in pairwise(edges)
        if _loaded(only_old, start) != _loaded(only_new, start)
    ]
    if not differing:
        return None
    last = max(end for _, end in differing)
    return min(start for start, _ in differing), None if last == FOREVER else last


def _loaded(runs: Sequence[JobRun], at: int) -> set[tuple[JobId | None, Item | None]]:
    return {(run.job, run.item) for run in runs if run.start <= at < _end(run)}


def _end(run: JobRun) -> int:
    return FOREVER if run.end is None else run.end
