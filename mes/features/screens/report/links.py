"""Where each figure of a report leads: why it is so, its case file, its spreadsheet. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from mes.core.case_model import Span
from mes.core.policies import Policy
from mes.features.explain.asked import WINDOW_MAX_US, explain_address
from mes.features.oee.addresses import bundle_address, case_address, figure_address, in_parts
from mes.features.oee.service import CASE_MAX_US
from mes.features.production.tile import instant
from mes.features.screens.report.periods import Period

PARTS = "#parts"
"""The columns of the report: hours, days or months."""


def report_address(place: str, period: Period, policy: Policy, by: str = "") -> str:
    """The OEE report of a place, from where every figure is explained; `by`: its table by that."""
    given = {
        "place": place,
        "period": period.kind.value,
        "day": period.day.isoformat(),
        "shift": period.shift or "",
        "policy": policy.name,
        "by": by,
    }
    query = urlencode({name: text for name, text in given.items() if text})
    return f"/report?{query}{'#groups' if by else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Addresses of one report.

    Attributes:
        as_of: by code of the work unit, what its figures speak of.
        counted: codes of the work units whose sums are the figure of the whole.
        arguments: of the report's own address.
    """

    span: Span
    policy: Policy
    as_of: Mapping[str, int]
    counted: Sequence[str]
    arguments: Mapping[str, str]

    def case(self, unit: str) -> str:
        """Case file of a work unit's figures, or the case files that add up to them."""
        as_of = self.as_of[unit]
        if self.span.end - self.span.start <= CASE_MAX_US:
            return case_address(unit, self.span, self.policy, as_of)
        return bundle_address({unit: as_of}, self.span, self.policy)

    def why(self, unit: str, kpi: str, span: Span | None = None) -> str:
        """The page that explains a figure of a work unit, of the period or a part of it.

        A period too long to be explained at once is the sum of its parts, which are.
        """
        window = span or self.span
        if window.end - window.start > WINDOW_MAX_US:
            return PARTS
        return explain_address(
            unit,
            window.start,
            window.end,
            as_of=self.as_of[unit],
            policy=self.policy.reference,
            kpi=kpi,
        )

    def interval(self, unit: str, at: int) -> str:
        """The facts of the interval of a work unit that holds an instant; not of a long period."""
        if self.span.end - self.span.start > WINDOW_MAX_US:
            return PARTS
        return explain_address(
            unit,
            self.span.start,
            self.span.end,
            as_of=self.as_of[unit],
            policy=self.policy.reference,
            at=instant(at),
        )

    def evidence(self) -> str | None:
        """Case file of the whole figure: of one work unit, or all that add up to it."""
        as_of = {unit: self.as_of[unit] for unit in self.counted}
        return figure_address(as_of, self.span, self.policy)

    @property
    def evidence_in_parts(self) -> bool:
        """Whether the whole figure is so long that its evidence is one archive of parts."""
        return in_parts(self.span, len(self.counted))

    def excel(self) -> str:
        """The same report as a spreadsheet."""
        return f"/report.xlsx?{self._query()}"

    def csv(self) -> str:
        """The losses of the report as CSV; `table` names another of its tables."""
        return f"/report.csv?{self._query()}&table=losses"

    def _query(self) -> str:
        return urlencode({name: text for name, text in self.arguments.items() if text})
