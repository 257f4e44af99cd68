"""The one OEE kernel: live board, report, API and command line all call it.

`compute(case)` = `result_of(tally(case), policy)`; tallies add up, results never do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mes.core.case_model import Case
from mes.core.classes import TimeClass
from mes.core.exact import Number, number_to_json
from mes.core.figures import Figures, figures_of
from mes.core.flags import Flag, in_order
from mes.core.kpis import KPIS, Cause
from mes.core.partition import Segment, classify
from mes.core.pieces import Pieces
from mes.core.policies import Policy
from mes.core.tally import EMPTY, Tally, sum_of, tally

SCHEMA = "oee-result/1"

TIME_ORDER = (
    TimeClass.NOT_SCHEDULED,
    TimeClass.BREAK,
    TimeClass.PLANNED_STOP,
    TimeClass.UNKNOWN,
    TimeClass.SETUP,
    TimeClass.UNPLANNED_STOP,
    TimeClass.MINOR_STOP,
    TimeClass.WAITING,
    TimeClass.NO_ORDER,
    TimeClass.RUNNING,
)
"""Order in which results list the classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OeeResult:
    """A result of schema `oee-result/1`, still exact.

    Attributes:
        policy: the policy applied.
        figures: times and pieces as they entered.
        kpis: exact ratios; None where the denominator is zero.
        causes: for each KPI that is None, which denominator was zero.
        coverage: share of plannable time in which the state was known; None without such time.
        flags: in the order of the contract.
    """

    policy: Policy
    figures: Figures
    kpis: Mapping[str, Fraction | None]
    causes: Mapping[str, Cause]
    coverage: Fraction | None
    flags: tuple[Flag, ...]

    def to_json(self) -> dict[str, object]:
        """JSON data of contract section 3; a KPI is the correctly rounded float of the fraction."""
        figures = self.figures
        return {
            "schema": SCHEMA,
            "policy": {"name": self.policy.name, "version": self.policy.version},
            "times_us": {
                "window": figures.window_us,
                **{str(kind): figures.times_us[kind] for kind in TIME_ORDER},
            },
            "iso_us": {
                "POT": figures.pot_us,
                "PBT": figures.pbt_us,
                "AUBT": figures.aubt_us,
                "AUPT": figures.aupt_us,
                "APT": figures.apt_us,
                "AUST": figures.aust_us,
                "ADET": figures.adet_us,
                "ADOT": figures.adot_us,
            },
            "quantities": {
                **_quantities(figures.counted),
                "startup_scrap": number_to_json(figures.counted.startup_scrap),
            },
            "excluded": _quantities(figures.excluded),
            "kpis": {key: _float(value) for key, value in self.kpis.items()},
            "causes": {key: str(cause) for key, cause in self.causes.items()},
            "coverage": _float(self.coverage),
            "flags": [str(flag) for flag in self.flags],
        }


def compute(case: Case) -> OeeResult:
    """The result of a case under its own policy.

    Raises:
        CaseError: the case contradicts itself.
    """
    return result_of(tally(case), case.policy)


def result_of(sums: Tally, policy: Policy, only: Sequence[str] | None = None) -> OeeResult:
    """The result of any sum of tallies under a policy.

    Args:
        only: keys of the KPIs that are wanted, `effectiveness` among them; None: all.
    """
    figures = figures_of(sums, policy)
    values = {kpi.key: kpi.compute(figures) for kpi in KPIS if only is None or kpi.key in only}
    kpis = {key: None if isinstance(value, Cause) else value for key, value in values.items()}
    return OeeResult(
        policy=policy,
        figures=figures,
        kpis=kpis,
        causes={key: value for key, value in values.items() if isinstance(value, Cause)},
        coverage=_coverage(figures),
        flags=_flags(sums, figures, kpis["effectiveness"]),
    )


def _coverage(figures: Figures) -> Fraction | None:
    if not figures.observable_us:
        return None
    return 1 - Fraction(figures.unknown_us, figures.observable_us)


def _flags(sums: Tally, figures: Figures, effectiveness: Fraction | None) -> tuple[Flag, ...]:
    flags = set(sums.flags)
    if effectiveness is not None and effectiveness > 1:
        flags.add(Flag.EFFECTIVENESS_ABOVE_1)
    if figures.negative:
        flags.add(Flag.COUNTER_SUSPECT)
    if figures.counted.rate_missing:
        flags.add(Flag.RATE_MISSING)
    return in_order(flags)


def _quantities(pieces: Pieces) -> dict[str, int | float | str]:
    numbers: dict[str, Number] = {
        "PQ": pieces.total,
        "GQ": pieces.good,
        "SQ": pieces.scrap,
        "RQ": pieces.rework,
    }
    return {key: number_to_json(value) for key, value in numbers.items()}


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


__all__ = [
    "EMPTY",
    "Cause",
    "OeeResult",
    "Segment",
    "Tally",
    "classify",
    "compute",
    "result_of",
    "sum_of",
    "tally",
]
