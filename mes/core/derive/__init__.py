"""From facts to states, stops, reasons, runs and pieces: pure, no input or output, no clock.

All instants are UTC microseconds (`int`), intervals are half-open `[start, end)`, `end` None means
open. Every function is a function of the *set* of its facts: the order of arrival never matters.
Rules S1 to S9 are those of the data model.

**States** (`State` is a string enum: running stopped down setup waiting off unknown)::

    signals.StateSignal(event_time, source, epoch, seq, state: State | None, machine_reason=None)
    signals.Gap(start, end)                       # known hole: unknown in [start, end) for good
    signals.mapped_state(value, mapping) / lamp_state(value)          -> State | None
    signals.with_machine_reasons(states, [ReasonSignal(...)])         -> list[StateSignal]
    signals.states_from_counts([PulseFact(...)], idle_after_us)       -> list[StateSignal]
    signals.states_from_jobs([JobEvent(...)])                         -> list[StateSignal]

    statements.StopStatement(kind, command_id, stated_at, seen_start=None, seen_end=None,
                             start=None, end=None, reason=None, state=None, replaces=None,
                             person=None)         # kind: StatementKind whole|part|declare|revert

    states.derive_states(signals, gaps, statements, rules: StateRules(minor_limit_us,
                         unknown_bridge_us=60 s, dated_limits=())) -> Derivation(records, orphans)
    records.StateRecord(start, end, state, stop_start, reason, reason_source, command_id)

The records are a gapless partition from the first known instant on, the last one open; before the
first record everything is unknown.

**Deriving again from a point** (ingest, late data, new statements)::

    dirty_from = event time of the earliest new signal, start of the earliest new gap,
                 restart.statement_dirty_from(new, all_statements, minor_limit_us) (None: nothing),
                 for pulses: time of the last counted pulse before the new one
    point = restart.restart_point(records, dirty_from, bridge_us, from_first=True)
            # RestartPoint(at, index); None only with from_first=False: give more records
    base  = the last StateSignal with event_time < point.at (None: there is none)
    tail  = states.derive_from(point.at, base, signals at or after point.at,
                               gaps with end > point.at, statements, rules)
    rows  = restart.splice(records, point, tail, from_first=True)   # replace records[point.index:]

`statements` for a tail: at least those with `window_end > point.at` and, transitively, those that
replace one of them; more is harmless. Orphans of any set: `statements.orphans(records,
statements)`.

**Stops, lock, reasons** (at read and in the write transaction)::

    stops.stops_in(records, start, end) -> list[Stop(start, end, family, records)]
    stops.stop_at(records, at), stops.stop_overlapping(records, start, end) -> Stop | None
    stops.head_statement(stop, statements) -> command_id | None
    stops.lock_differs(stop, seen_start, seen_end, seen_statement, head, limit_us, as_of) -> bool
    stops.unexplained_us(stop, minor_limit_us, as_of, within=None) -> int (us)
    stops.needs_reason(stop, minor_limit_us, as_of, within=None) -> bool
    stops.same_reason_offers(stop, statements) -> list[(start, end, reason, command_id)]

    reading.known_records(records, start, end, known_until, pulse=None) -> list[StateRecord]
            # clipped to [start, end), unknown before the first record and from known_until on

**Runs and pieces** (numbers are `int` or `Fraction`, see `mes.core.exact`)::

    runs.JobEvent(at, job, kind, command_id, item=Item(material, ideal_cycle_s, pieces_per_cycle))
            # kind: JobEventKind start pause resume complete cancel
    runs.derive_runs(events, defaults=[DefaultItem(valid_from, item)])
            -> list[JobRun(job, item, start, end)]            # several jobs may overlap
    runs.runs_at(runs, at) -> list[JobRun]

    increments.increments(readings, CounterRule(mode, modulus, max_per_s), before=None,
                          decisions={at: Decided(choice, counts, since)})
            -> list[Increment(at, since, amount, counted, gap_from, flags, old, new, suspect,
                              decision)]
    counts.portions(increment, cuts, productive) -> list[Portion(at, count, estimated)]  # a gap
    counts.credit(runs_at, role, count, pieces_per_count) -> list[(JobRun | None, pieces)]
    counts.shared(runs_at) -> list[JobRun]       # several at once: shares of the ideal cycle (R31)
    counts.counted(role, roles, pieces) -> Pieces(good, scrap, rework, startup_scrap)
    counts.quantities_in_force(quantities) -> list[TypedQuantity]       # without voided ones
    counts.typed(quantity, roles) -> Pieces      # sums of Pieces: GQ, SQ, RQ; PQ is all three

**Calendar**: see `mes.core.calendar` and `mes.core.calendar_checks`.
"""
