"""Which work units of a line its figure is made of (rule R10): the one place that says so."""

from __future__ import annotations

from enum import StrEnum

from mes.features.production.masters import Line, Masters, WorkUnit


class LineRule(StrEnum):
    """Which work units of a line its figure is made of."""

    KEY_MACHINE = "key_machine"
    """The constraint: named by the line, flagged, else the last one."""
    SUM = "sum"
    """All of them."""
    LAST = "last"
    """The last one in plant order."""


def key_machine(known: Masters, line: Line) -> WorkUnit | None:
    """The constraint of a line, whose figure is the line's: named, flagged, else the last one."""
    units = known.active_work_units(line.work_unit_ids)
    named = next((unit for unit in units if unit.code == line.key_work_unit), None)
    flagged = next((unit for unit in units if unit.setting(2**62).key_machine), None)
    return named or flagged or (units[-1] if units else None)


def rule_of(line: Line) -> LineRule:
    """The rule that a line follows by its own settings."""
    return LineRule(line.oee_rule) if line.oee_rule else LineRule.KEY_MACHINE


def units_of_line(known: Masters, line: Line, rule: LineRule | None) -> list[WorkUnit]:
    """The work units whose sums are the figure of a line; rule None: its own."""
    units = known.active_work_units(line.work_unit_ids)
    match rule or rule_of(line):
        case LineRule.SUM:
            return units
        case LineRule.LAST:
            return units[-1:]
        case LineRule.KEY_MACHINE:
            key = key_machine(known, line)
            return [] if key is None else [key]


_last: tuple[Masters, frozenset[int]] | None = None


def counted_unit_ids(known: Masters) -> frozenset[int]:
    """Ids of the work units that enter the figures of lines and plant; without a line all do."""
    global _last
    if _last is None or _last[0] is not known:
        found = {u.id for line in known.lines.values() for u in units_of_line(known, line, None)}
        alone = {unit.id for unit in known.work_units.values() if unit.line_id is None}
        _last = (known, frozenset(found | alone))
    return _last[1]
