"""The explain page in words: figure, formula, class times, intervals. See `evidence_view`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urlencode

from mes.core.classes import MachineState, TimeClass
from mes.core.explain import Interval
from mes.core.figures import counts_in
from mes.core.formulas import Filled, Term, filled
from mes.core.kpis import KPIS, Kpi
from mes.core.kpis_waiting import WAITING, WaitingKpi
from mes.core.pieces import PieceKey, Pieces
from mes.core.policies import Policy
from mes.features.explain import words as say
from mes.features.explain.asked import Asked
from mes.features.explain.queries import INTERVALS_PER_PAGE, Explained
from mes.features.explain.timeline import strip
from mes.features.oee.addresses import case_address
from mes.features.production.tile import instant
from mes.features.screens.language import name_of
from mes.features.screens.report import words
from mes.features.screens.report.words import _

Shown = dict[str, object]

LOOKS = {
    TimeClass.RUNNING: ("is-running", "run"),
    TimeClass.SETUP: ("is-setup", "setup"),
    TimeClass.UNPLANNED_STOP: ("is-down", "down"),
    TimeClass.MINOR_STOP: ("is-stopped", "stop"),
    TimeClass.WAITING: ("is-waiting", "wait"),
    TimeClass.NO_ORDER: ("is-off", "off"),
    TimeClass.UNKNOWN: ("is-unknown", "nodata"),
    TimeClass.BREAK: ("plain", "lock"),
    TimeClass.PLANNED_STOP: ("plain", "lock"),
    TimeClass.NOT_SCHEDULED: ("plain", "lock"),
}
FACTORS = ("availability", "effectiveness", "quality_ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How the page speaks of a figure: to whom, and from which address."""

    found: Explained
    wanted: Asked
    language: str

    @property
    def zone(self) -> str:
        """IANA name of the plant's time zone."""
        return self.found.given.unit.site.time_zone

    def address(self, fragment: str = "", **changed: str | None) -> str:
        """The same page with other arguments; None takes one away."""
        found = self.found
        query: dict[str, str | None] = {
            **self.wanted.arguments,
            "work_unit": found.given.unit.code,
            "from": instant(found.window.start),
            "to": instant(found.window.end),
            "as_of": instant(found.as_of),
            "policy": found.policy.reference,
            "day": None,
            "shift": None,
            **changed,
        }
        text = urlencode({key: value for key, value in query.items() if value is not None})
        return f"/explain?{text}{fragment}"

    def reason_name(self, reason: str | None) -> str:
        """What to call a reason of the case; it may carry its class in brackets."""
        if reason is None:
            return say.NONE
        known = self.found.given.masters.reasons
        held = known.get(reason) or known.get(reason.partition(" (")[0])
        return name_of(held.names, self.language, reason) if held else reason


def case_of(frame: Frame) -> str:
    """Address of the case file behind the figure."""
    found = frame.found
    given = frame.wanted.arguments
    further = {name: given[name] for name in ("known_until", "version") if name in given}
    return case_address(found.given.unit.code, found.window, found.policy, found.as_of, **further)


def shown_explanation(frame: Frame) -> Shown:
    """Everything above the facts."""
    found, kpi = frame.found, frame.wanted.kpi
    made = filled(found.result, kpi)
    unit = found.given.unit
    name = name_of(unit.names, frame.language, unit.code)
    value = say.value_word(made.value, kpi.unit)
    return {
        "title": _("Why is there no value?") if made.value is None else _("Why %(n)s?", n=value),
        "kpi": kpi.key,
        "kpi_name": kpi_name(kpi, frame.language),
        "definition": kpi_definition(kpi, frame.language),
        "kpis": [(one.key, name_of(one.names, frame.language)) for one in KPIS],
        "waiting": [_waiting(one, frame.language) for one in WAITING],
        "place": name,
        "subtitle": _subtitle(frame),
        "known": made.value is not None,
        "value": value,
        "cause": None if made.cause is None else say.cause_word(str(made.cause)),
        "exact": None if made.value is None else repr(float(made.value)),
        "formula": shown_formula(made),
        "symbols": kpi.formula,
        "terms": [shown_term(term) for term in made.terms],
        "factors": _factors(frame) if kpi.key == "oee" else [],
        "flags": [words.flag_word(flag) for flag in found.result.flags],
        "coverage": words.percent(found.result.coverage),
        "materials": shown_pieces(found.sums.pieces, found.policy),
        "classes": _classes(frame),
        "window_minutes": words.minutes(found.result.figures.window_us),
        "window_seconds": say.seconds(found.result.figures.window_us),
        "filter": None if frame.wanted.time_class is None else _class(frame.wanted.time_class),
        "unfiltered": frame.address("#intervals", **{"class": None, "page": None}),
        **strip(found.intervals, found.window, frame.zone, found.chosen),
        **_list(frame),
        "case": case_of(frame),
        "report": f"/report?{urlencode({'place': unit.code, 'policy': found.policy.reference})}",
        "hidden": _hidden(frame),
    }


def shown_pieces(pieces: Mapping[PieceKey, Pieces], policy: Policy) -> list[Shown]:
    """Pieces by material and by where they were booked, with their ideal time."""
    rows: list[Shown] = []
    for (bucket, material), sums in sorted(pieces.items(), key=_piece_order):
        rows.append(
            {
                "material": material or _("unassigned"),
                "bucket": say.bucket_word(bucket),
                "counts": counts_in(bucket, policy),
                "good": say.number(sums.good),
                "scrap": say.number(sums.scrap),
                "rework": say.number(sums.rework),
                "each": _each(sums),
                "ideal_good": say.number(sums.ideal_good_s),
                "ideal_total": say.number(sums.ideal_total_s),
            }
        )
    return rows


def _piece_order(item: tuple[PieceKey, Pieces]) -> tuple[str, str]:
    (bucket, material), _sums = item
    return material or "", bucket


def _each(sums: Pieces) -> str:
    if sums.rate_missing:
        return _("no ideal rate is known")
    if not sums.total:
        return say.NONE
    return say.number(Fraction(sums.ideal_total_s) / Fraction(sums.total))


def kpi_name(kpi: Kpi, language: str) -> str:
    """Name of a KPI with its symbol, where they differ."""
    name = name_of(kpi.names, language)
    return name if name == kpi.iso_symbol else f"{name} ({kpi.iso_symbol})"


def _waiting(kpi: WaitingKpi, language: str) -> str:
    wanted = name_of(kpi.waits_for, language)
    return _("%(kpi)s: waits for %(data)s", kpi=name_of(kpi.names, language), data=wanted)


def kpi_definition(kpi: Kpi, language: str) -> str:
    """What a KPI says, in a sentence; empty: nothing is written."""
    return name_of(getattr(kpi, "definitions", {}), language)


def _subtitle(frame: Frame) -> str:
    found, zone = frame.found, frame.zone
    return " · ".join(
        (
            f"{say.moment(found.window.start, zone)} – {say.moment(found.window.end, zone)}",
            _(
                "profile %(name)s v%(version)s",
                name=found.policy.name,
                version=found.policy.version,
            ),
            _("as of %(time)s", time=say.moment(found.as_of, zone)),
        )
    )


def shown_formula(made: Filled) -> list[str]:
    """The formula with its terms filled in, in parts."""
    return [part if isinstance(part, str) else say.term_short(part) for part in made.parts]


def shown_term(term: Term) -> Shown:
    """A term in words, short and exactly."""
    return {
        "symbol": term.symbol,
        "meaning": say.symbol_word(term.symbol),
        "short": say.term_short(term),
        "exact": say.term_exact(term),
    }


def _factors(frame: Frame) -> list[Shown]:
    kpis = frame.found.result.kpis
    names = {kpi.key: name_of(kpi.names, frame.language) for kpi in KPIS}
    return [
        {
            "label": names[key],
            "value": say.value_word(kpis[key], "1"),
            "address": frame.address(kpi=key, at=None, after=None),
        }
        for key in FACTORS
    ]


def _class(time_class: TimeClass) -> str:
    return words.class_word(time_class)


def _classes(frame: Frame) -> list[Shown]:
    found = frame.found
    whole = max(1, found.result.figures.window_us)
    reached = 0
    rows: list[Shown] = []
    for one in found.class_times:
        look, symbol = LOOKS[one.time_class]
        part = next(i.part for i in found.intervals if i.time_class is one.time_class)
        rows.append(
            {
                "label": _class(one.time_class),
                "look": look,
                "icon": symbol,
                "part": say.part_word(part),
                "count": one.count,
                "minutes": words.minutes(one.us),
                "seconds": say.seconds(one.us),
                "left": f"{reached / whole * 100:.3f}",
                "width": f"{one.us / whole * 100:.3f}",
                "address": frame.address(
                    "#intervals", **{"class": one.time_class.value, "page": None}
                ),
                "chosen": frame.wanted.time_class is one.time_class,
            }
        )
        reached += one.us
    return rows


def _list(frame: Frame) -> Shown:
    held = frame.found.of_class(frame.wanted.time_class)
    last = max(1, -(-len(held) // INTERVALS_PER_PAGE))
    page = min(frame.wanted.page, last)
    begin = (page - 1) * INTERVALS_PER_PAGE
    return {
        "intervals": [_interval(frame, one) for one in held[begin : begin + INTERVALS_PER_PAGE]],
        "count": len(held),
        "page": page,
        "pages": last,
        "before": frame.address("#intervals", page=str(page - 1)) if page > 1 else None,
        "after": frame.address("#intervals", page=str(page + 1)) if page < last else None,
    }


def _interval(frame: Frame, one: Interval) -> Shown:
    look, symbol = LOOKS[one.time_class]
    return {
        "start": say.moment(one.start, frame.zone),
        "end": say.clock(one.end, frame.zone),
        "minutes": words.minutes(one.length_us),
        "label": _class(one.time_class),
        "look": look,
        "icon": symbol,
        "state": say.state_word(one.state),
        "reason": frame.reason_name(one.reason)
        if one.state not in (MachineState.RUNNING, MachineState.UNKNOWN)
        else say.NONE,
        "why": say.rule_word(one.rule),
        "provisional": one.provisional,
        "order": (one.run.order if one.run else None) or say.NONE,
        "address": frame.address("#facts", at=instant(one.start), after=None),
        "chosen": frame.found.chosen is one,
    }


def _hidden(frame: Frame) -> list[tuple[str, str]]:
    found = frame.found
    kept = {
        "work_unit": found.given.unit.code,
        "from": instant(found.window.start),
        "to": instant(found.window.end),
        "as_of": instant(found.as_of),
        "policy": found.policy.reference,
    }
    for name in ("known_until", "class", "at"):
        if name in frame.wanted.arguments:
            kept[name] = frame.wanted.arguments[name]
    return list(kept.items())
