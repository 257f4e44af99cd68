"""The explanation of a figure as JSON: what the explain page shows, in the contract's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mes.core.exact import Number, decimal_text, number_to_json
from mes.core.explain import Interval
from mes.core.figures import counts_in
from mes.core.formulas import Term, filled
from mes.core.pieces import PieceKey, Pieces
from mes.core.policies import Policy
from mes.features.explain.asked import Asked
from mes.features.explain.queries import INTERVALS_PER_PAGE, Explained
from mes.features.oee.addresses import case_address
from mes.features.production.tile import instant

Json = dict[str, Any]


def explanation(found: Explained, wanted: Asked) -> Json:
    """The figure, its formula, its class times and a page of its intervals."""
    unit, policy = found.given.unit.code, found.policy
    further = {k: v for k, v in wanted.arguments.items() if k == "known_until"}
    return {
        "work_unit": unit,
        "window": [instant(found.window.start), instant(found.window.end)],
        "as_of": instant(found.as_of),
        "kpi": _kpi(found, wanted),
        "result": found.result.to_json(),
        "case": case_address(unit, found.window, policy, found.as_of, **further),
        "pieces": pieces_json(found.sums.pieces, policy),
        "class_times": _class_times(found),
        "intervals": _intervals(found, wanted),
    }


def pieces_json(pieces: Mapping[PieceKey, Pieces], policy: Policy) -> list[Json]:
    """Pieces by item and by where they were booked, with their ideal time."""
    return [
        {
            "item": material,
            "bucket": bucket.value,
            "counts": counts_in(bucket, policy),
            "good": number_to_json(sums.good),
            "scrap": number_to_json(sums.scrap),
            "rework": number_to_json(sums.rework),
            "startup_scrap": number_to_json(sums.startup_scrap),
            "ideal_good_s": number_to_json(sums.ideal_good_s),
            "ideal_total_s": number_to_json(sums.ideal_total_s),
            "rate_missing": sums.rate_missing,
        }
        for (bucket, material), sums in sorted(
            pieces.items(), key=lambda one: (one[0][1] or "", one[0][0])
        )
    ]


def optional_instant(at: int | None) -> str | None:
    """An instant, or null."""
    return None if at is None else instant(at)


def optional_number(value: Number | None) -> int | float | str | None:
    """A number, or null."""
    return None if value is None else number_to_json(value)


def interval_json(one: Interval) -> Json:
    """One interval with the rule that classed it."""
    return {
        "start": instant(one.start),
        "end": instant(one.end),
        "us": one.length_us,
        "class": one.time_class.value,
        "part": one.part.value,
        "rule": one.rule.value,
        "state": one.state.value,
        "state_since": optional_instant(one.state_since),
        "reason": one.reason,
        "reason_class": None if one.reason_class is None else one.reason_class.value,
        "stop_start": optional_instant(one.stop_start),
        "stop_end": optional_instant(one.stop_end),
        "provisional": one.provisional,
        "planned": None
        if one.planned is None
        else {
            "start": instant(one.planned.start),
            "end": instant(one.planned.end),
            "reason": one.planned.reason,
        },
        "order": None if one.run is None else one.run.order,
        "item": None if one.run is None else one.run.material,
    }


def _kpi(found: Explained, wanted: Asked) -> Json:
    kpi = wanted.kpi
    made = filled(found.result, kpi)
    return {
        "key": kpi.key,
        "iso_symbol": kpi.iso_symbol,
        "name": dict(kpi.names),
        "definition": dict(kpi.definitions),
        "unit": kpi.unit,
        "formula": kpi.formula,
        "value": None if made.value is None else float(made.value),
        "exact": None if made.value is None else decimal_text(made.value),
        "cause": None if made.cause is None else str(made.cause),
        "terms": [_term(term) for term in made.terms],
    }


def _term(term: Term) -> Json:
    return {
        "symbol": term.symbol,
        "measure": term.measure.value,
        "value": optional_number(term.value),
    }


def _class_times(found: Explained) -> list[Json]:
    parts = {one.time_class: one.part.value for one in found.intervals}
    return [
        {
            "class": one.time_class.value,
            "part": parts[one.time_class],
            "us": one.us,
            "intervals": one.count,
        }
        for one in found.class_times
    ]


def _intervals(found: Explained, wanted: Asked) -> Json:
    held = found.of_class(wanted.time_class)
    begin = (wanted.page - 1) * INTERVALS_PER_PAGE
    shown = held[begin : begin + INTERVALS_PER_PAGE]
    more = begin + INTERVALS_PER_PAGE < len(held)
    return {
        "items": [interval_json(one) for one in shown],
        "next": wanted.page + 1 if more else None,
        "count": len(held),
    }
