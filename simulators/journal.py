"""The ground truth: what really happened in the plant, one JSON object a line.

`DIR/journal.jsonl`, instants in UTC microseconds of plant time::

    {"t": us, "unit": "press-1", "kind": "state", "state": "running", "reason": null}
    {"t": us, "unit": "press-1", "kind": "part", "good": true, "count": 1, "item": "BRKT-100",
     "order": "P1-0001"}
    {"t": us, "unit": "press-1", "kind": "job", "order": "P1-0001", "action": "start",
     "item": "BRKT-100", "quantity": 4000}
    {"t": us, "unit": "press-1", "kind": "seen", "changed_at": us}
    {"t": us, "unit": null, "kind": "plant", "action": "start", "seed": 7, "live": true}
    {"t": us, "unit": null, "kind": "fault", "action": "begin", "fault": "reboot", ...}

`reason` is why, as somebody who sees everything knows it: more than the machine tells. Job actions
are planned, start, complete. `seen`, live and over Modbus only: the controller was asked for the
first time since the state changed at `changed_at`. Plant actions are start (of the process), live
(past days end here), halt (from now on the plant stands still, by `--stop-at`) and stop. Live, each
piece is a line with its exact instant; in past days a line holds the pieces of up to a minute, `t`
is the instant of the last of them, and lines may be up to a minute out of order. A `state` line
holds until the next of its unit.

When the file reaches its limit it becomes `journal.old.jsonl` (replacing an older one) and a new
one begins.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

from simulators.plant.machine import Machine
from simulators.plant.model import Job, JobAction
from simulators.plant.plant import Listener

FILE_NAME = "journal.jsonl"
OLD_FILE_NAME = "journal.old.jsonl"
MAX_BYTES = 512 * 1024 * 1024
_MAX_BUFFERED_LINES = 5000


class Journal(Listener):
    """Appends to the journal of a data directory; buffered, see `flush`.

    `directory` None keeps nothing.
    """

    def __init__(self, directory: Path | None, *, max_bytes: int = MAX_BYTES) -> None:
        self._lines: list[str] = []
        self._directory = directory
        self._max_bytes = max_bytes
        self._file: TextIO | None = None
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            self._file = (directory / FILE_NAME).open("a", encoding="utf-8")

    def on_state(self, machine: Machine, at: int) -> None:
        """Write a state line."""
        self._add(t=at, unit=machine.id, kind="state", state=machine.state, reason=machine.reason)

    def on_parts(self, machine: Machine, at: int, good: int, scrap: int) -> None:
        """Write a line for the good and one for the bad pieces."""
        job = machine.working_job
        for is_good, count in ((True, good), (False, scrap)):
            if count:
                self._add(
                    t=at,
                    unit=machine.id,
                    kind="part",
                    good=is_good,
                    count=count,
                    item=job.item,
                    order=job.order,
                )

    def on_job(self, machine: Machine, at: int, job: Job, action: JobAction) -> None:
        """Write a job line."""
        self._add(
            t=at,
            unit=machine.id,
            kind="job",
            order=job.order,
            action=action,
            item=job.item,
            quantity=job.quantity,
        )

    def seen(self, at: int, unit: str, changed_at: int) -> None:
        """Write that a controller was asked about a change for the first time."""
        self._add(t=at, unit=unit, kind="seen", changed_at=changed_at)

    def note(self, at: int, kind: str, action: str, **details: object) -> None:
        """Write a line about the plant as a whole or about a fault."""
        self._add(t=at, unit=None, kind=kind, action=action, **details)

    def flush(self) -> None:
        """Hand all lines so far to the operating system."""
        if self._file is not None and self._lines:
            self._file.write("\n".join(self._lines) + "\n")
            self._file.flush()
            if self._file.tell() >= self._max_bytes:
                self._begin_anew()
        self._lines.clear()

    def close(self) -> None:
        """Flush and close; closing twice is harmless."""
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin_anew(self) -> None:
        """Put the full file aside and begin a new one."""
        if self._file is not None and self._directory is not None:
            self._file.close()
            path = self._directory / FILE_NAME
            path.replace(self._directory / OLD_FILE_NAME)
            self._file = path.open("a", encoding="utf-8")

    def _add(self, **fields: object) -> None:
        if self._file is None:
            return
        self._lines.append(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))
        if len(self._lines) >= _MAX_BUFFERED_LINES:
            self.flush()
