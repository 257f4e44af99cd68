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
     "covered_until": us,
     "records": [[seq, "v", tag, value, quality, reason, source_time, received_time, gap_from], ...]}

`quality` 0 good, 2 bad (value null). `source_time` is null for Modbus, the simulated instant for
OPC UA. Counter readings carry the instant of the last piece they count, so that pieces per shift
and per job equal the plant's journal exactly. `covered_until` of the last line of every stream is
`until`; each event tag has a first reading at `from`.

Further lines, what a person did (`"kind": "person"`, `"t"` = when they did it, `"person"` = badge)::

    {"action": "order_create", "order": "P1-0001", "item": "BRKT-100", "quantity": 4000, "due": us}
    {"action": "order_release", "order": "P1-0001"}
    {"action": "job_dispatch", "order": "P1-0001", "work_unit": "press-1", "quantity": 4000}
    {"action": "job_start", "order": "P1-0001", "work_unit": "press-1"}
    {"action": "job_pause", "order": "P1-0001", "work_unit": "press-1", "reason": "cleaning"}
    {"action": "job_resume", "order": "P1-0001", "work_unit": "press-1"}
    {"action": "job_complete", "order": "P1-0001", "work_unit": "press-1", "good": 4000, "scrap": 61}
    {"action": "order_close", "order": "P1-0001"}
    {"action": "stop_reason", "work_unit": "press-1", "start": us, "end": us | null,
     "reason": "breakdown", "note": "..." | null}
    {"action": "scrap", "work_unit": "washer-1", "order": "W1-0003", "item": "BRKT-100",
     "quantity": 4, "reason": "burr", "at": us}

- An order is for one work unit and one item; `order` is the plant's own key (use it as external
  id; the MES gives its own number). Create, release and dispatch come in this order, hours before
  the start. The orders of the last job of each work unit stay running at `until`; two more per
  work unit are dispatched and not started. At most one job of a work unit is running.
- `job_complete` comes after the last piece of the job and before the first piece of the next;
  `good` and `scrap` are what the counters (and the typed scrap) of the job say: for checking, not
  for booking.
- `stop_reason` is a statement of kind *whole* about the stop [start, end) as the machine signals
  show it; `end` null: the stop was still open when it was said. Most long stops are explained,
  some are not; of the last six hours two to four unplanned ones are left for the visitor.
- `scrap` only on work units without a reject counter (scrap found by people, already inside the
  machine's total count); `at` is the instant of the last piece of them, `t` when it was typed.
- Reasons are codes of the plant file: `stop_reason` of domain stop, `scrap` of domain scrap,
  `job_pause` of domain pause.
"""
