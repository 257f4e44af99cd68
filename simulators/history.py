"""Writes what the edge and the people would have sent over past days: the history file.

The file is JSON lines, written to `FILE.part` and renamed to `FILE` when it is complete, so that
whoever waits for `FILE` never reads half of it. All instants are UTC microseconds of plant time.
The lines are in time order: everything of the file that happened before a person's line stands in
lines above it, so that a stop exists before it is explained. Within one `records` line all records
belong to one source and stream, `seq` rises by one from 1 per (source, stream), and the `epoch` is
the same for the whole file.

Line 1, `head`::

    {"kind": "head", "scenario": "demo", "seed": 7, "from": us, "until": us, "epoch": "16 hex",
     "persons": [{"badge": "1001", "name": {"ko": "...", "en": "..."}, "role": "operator"}, ...],
     "sources": ["press_plc", "remote_io", "cnc_cell", "meter", "furnace"]}

Roles are operator, supervisor, quality, maintenance. Further lines, records as on the wire::

    {"kind": "records", "source": "press_plc", "stream": "event", "epoch": "16 hex",
     "covered_until": us, "records": [[seq, "v", tag, value, quality, reason, source_time,
                                       received_time, gap_from], ...]}

`quality` 0 good, 2 bad (value null). `source_time` is null for Modbus, the simulated instant for
OPC UA. Counter readings carry the instant of the last piece they count, so that pieces per shift
and per job equal the plant's journal exactly. `covered_until` of the last line of every stream is
`until`; each event tag has a first reading at `from`.

Further lines, what a person did (each also has `"kind": "person"`, `"t"` = when they did it,
`"person"` = badge)::

    {"action": "order_create", "order": "P1-0001", "item": "BRKT-100", "quantity": 4000, "due": us}
    {"action": "order_release", "order": "P1-0001"}
    {"action": "job_dispatch", "order": "P1-0001", "work_unit": "press-1", "quantity": 4000}
    {"action": "job_start", "order": "P1-0001", "work_unit": "press-1"}
    {"action": "job_complete", "order": "P1-0001", "work_unit": "press-1", "good": 4000,
     "scrap": 61}
    {"action": "order_close", "order": "P1-0001"}
    {"action": "stop_reason", "work_unit": "press-1", "start": us, "end": us | null,
     "reason": "breakdown", "note": "..." | null}
    {"action": "scrap", "work_unit": "washer-1", "order": "W1-0003", "item": "BRKT-100",
     "quantity": 4, "reason": "burr", "at": us}

- An order is for one work unit and one item; `order` is the plant's own key (use it as external
  id; the MES gives its own number). Create, release and dispatch come in this order, for the first
  jobs within a second before their start, else hours before. The last job of each work unit is
  still running at `until` (at most one between two jobs is not), and two more per work unit are
  dispatched and not started. At most one job of a work unit is running at a time.
- `job_complete` comes after the last piece of the job and before the first piece of the next;
  `good` and `scrap` are what the counters (and the typed scrap) of the job say: for checking, not
  for booking.
- `stop_reason` is a statement of kind *whole* about the stop [start, end) as the machine signals
  show it; `end` null: the stop was still open when it was said. Most long stops are explained,
  some are not; the three latest long unplanned ones are left for the visitor.
- `scrap` only on work units without a reject counter (scrap found by people, already inside the
  machine's total count); `at` is the instant of the last piece of them, `t` when it was typed.
- Reasons are codes of the plant file: of domain stop in `stop_reason`, of domain scrap in `scrap`.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path

from simulators.build import Built
from simulators.entries import HistoryLines
from simulators.people import HELD_BACK_US, People
from simulators.plant.model import MINUTE_US
from simulators.recorder import Recorder

_WRITE_EVERY_US = 6 * 60 * MINUTE_US
_LATENESS_US = 2 * 60 * MINUTE_US
_DRAFT_SUFFIX = ".part"


def write_history(built: Built, *, until: int, path: Path) -> None:
    """Start a plant, let it work up to `until` at full speed, and write what was to be seen.

    The plant stands at `until` afterwards and goes on from there.

    Args:
        built: a plant that was not started yet; its present time is where the history begins.
        until: end of the history, UTC microseconds of plant time.
        path: the history file.

    Raises:
        OSError: the file cannot be written.
    """
    plant = built.plant
    begin = plant.now
    draft = path.with_name(path.name + _DRAFT_SUFFIX)
    path.parent.mkdir(parents=True, exist_ok=True)
    with draft.open("w", encoding="utf-8") as file:
        lines = HistoryLines(file, _epoch(built, begin))
        _write_head(built, lines, begin, until)
        recorder, people = Recorder(built, lines), People(built, lines, until)
        recorder.begin()
        plant.listeners += [recorder, people]
        plant.batch_until = until
        plant.start()
        _work(built, lines, until)
        recorder.end()
        people.finish(plant.machines)
        lines.finish(until)
        plant.batch_until = None
        plant.listeners.remove(recorder)
        plant.listeners.remove(people)
    os.replace(draft, path)


def _work(built: Built, lines: HistoryLines, until: int) -> None:
    """Let the plant work, and write what nobody will add to any more."""
    plant = built.plant
    last_cut = until - HELD_BACK_US - _LATENESS_US
    while plant.now < until:
        target = min(until, plant.now + _WRITE_EVERY_US)
        plant.advance(target)
        if target == until:
            return
        lines.write_before(min(plant.now - _LATENESS_US, last_cut))


def _write_head(built: Built, lines: HistoryLines, begin: int, until: int) -> None:
    scenario = built.scenario
    sources = [device.source for device in scenario.devices]
    sources += [node.source for node in scenario.nodes if node.source not in sources]
    lines.write_head(
        scenario=scenario.name,
        seed=built.plant.seed,
        until=until,
        epoch=lines.epoch,
        persons=[
            {
                "badge": worker.badge,
                "name": {"ko": worker.name_ko, "en": worker.name_en},
                "role": worker.role,
            }
            for worker in scenario.workers
        ],
        sources=list(dict.fromkeys(sources)),
        **{"from": begin},
    )


def _epoch(built: Built, begin: int) -> str:
    text = f"history:{built.scenario.name}:{built.plant.seed}:{begin}"
    return blake2b(text.encode(), digest_size=8).hexdigest()
