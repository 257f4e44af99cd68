"""The formula of a KPI with the numbers of a result filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from mes.core.exact import Number
from mes.core.figures import Figures
from mes.core.instants import US_PER_S
from mes.core.kpis import KPIS, Cause, Kpi
from mes.core.oee import OeeResult


class Measure(StrEnum):
    """What a term is counted in."""

    MICROSECONDS = "us"
    PIECES = "pieces"
    TIMES = "times"
    EVENTS = "events"
    RATIO = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term of a formula; `value` None: it has none in this result."""

    symbol: str
    measure: Measure
    value: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A KPI of a result.

    Attributes:
        parts: the formula in order: texts between the terms, and the terms.
        value: exact; None with the cause.
    """

    kpi: Kpi
    parts: tuple[str | Term, ...]
    value: Fraction | None
    cause: Cause | None

    @property
    def terms(self) -> tuple[Term, ...]:
        """Each term once, in order."""
        return tuple(dict.fromkeys(part for part in self.parts if isinstance(part, Term)))


_US = Measure.MICROSECONDS
_Reader = Callable[[Figures], Number | None]
TERMS: Mapping[str, tuple[Measure, _Reader]] = {
    "Σ(ideal time × GQ)": (_US, lambda f: Fraction(f.counted.ideal_good_s) * US_PER_S),
    "Σ(ideal time × PQ)": (_US, lambda f: Fraction(f.counted.ideal_total_s) * US_PER_S),
    "window": (_US, lambda f: f.window_us),
    "POT": (_US, lambda f: f.pot_us),
    "PBT": (_US, lambda f: f.pbt_us),
    "AUBT": (_US, lambda f: f.aubt_us),
    "AUPT": (_US, lambda f: f.aupt_us),
    "APT": (_US, lambda f: f.apt_us),
    "AUST": (_US, lambda f: f.aust_us),
    "ADET": (_US, lambda f: f.adet_us),
    "ADOT": (_US, lambda f: f.adot_us),
    "AOET": (_US, lambda f: f.loaded_us),
    "ΣTBF": (_US, lambda f: f.between_failures_us),
    "ΣTTF": (_US, lambda f: f.to_failure_us),
    "ΣTTR": (_US, lambda f: f.to_restoration_us),
    "FE": (Measure.EVENTS, lambda f: f.failure_events),
    "RE": (Measure.EVENTS, lambda f: f.restoration_events),
    "PQ": (Measure.PIECES, lambda f: f.counted.total),
    "GQ": (Measure.PIECES, lambda f: f.counted.good),
    "SQ": (Measure.PIECES, lambda f: f.counted.scrap),
    "RQ": (Measure.PIECES, lambda f: f.counted.rework),
}
"""What a symbol in a formula stands for; `E` and `QR` are KPIs themselves."""

_FACTORS: Mapping[str, str] = {"E": "effectiveness", "QR": "quality_ratio"}
_SYMBOL = re.compile(
    "|".join(
        re.escape(symbol) if not symbol[-1].isalpha() else rf"\b{re.escape(symbol)}\b"
        for symbol in (*TERMS, *_FACTORS)
    )
)


def kpi_of(key: str) -> Kpi | None:
    """The KPI of that key; None: there is none."""
    return next((kpi for kpi in KPIS if kpi.key == key), None)


def filled(result: OeeResult, kpi: Kpi) -> Filled:
    """The formula of a KPI with the numbers of a result."""
    parts: list[str | Term] = []
    at = 0
    for match in _SYMBOL.finditer(kpi.formula):
        if match.start() > at:
            parts.append(kpi.formula[at : match.start()])
        parts.append(_term(match.group(), result))
        at = match.end()
    if at < len(kpi.formula):
        parts.append(kpi.formula[at:])
    return Filled(
        kpi=kpi,
        parts=tuple(parts),
        value=result.kpis[kpi.key],
        cause=result.causes.get(kpi.key),
    )


def _term(symbol: str, result: OeeResult) -> Term:
    if symbol in _FACTORS:
        value = result.kpis[_FACTORS[symbol]]
        return Term(symbol=symbol, measure=Measure.RATIO, value=value)
    measure, read = TERMS[symbol]
    number = read(result.figures)
    if number is None:
        return Term(symbol=symbol, measure=measure, value=None)
    assert isinstance(number, int | Fraction)
    return Term(symbol=symbol, measure=measure, value=Fraction(number))
