"""What an address of the explain page asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from mes.core.classes import TimeClass
from mes.core.formulas import kpi_of
from mes.core.kpis import Kpi
from mes.core.refusal import Refusal
from mes.features.oee.windows import instant_argument
from mes.features.production.tile import instant

ARGUMENTS = (
    "work_unit",
    "from",
    "to",
    "day",
    "shift",
    "policy",
    "kpi",
    "as_of",
    "known_until",
    "version",
    "class",
    "at",
    "page",
    "after",
)
DEFAULT_KPI = "oee"
WINDOW_MAX_US = 35 * 86_400_000_000
"""Longest window that is explained; a longer figure is the sum of its months."""
TEXT_MAX = 80
PAGES_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The arguments that were given, by name; absent ones are not there."""

    arguments: Mapping[str, str]

    @property
    def work_unit(self) -> str:
        """Code of the work unit; empty: none was named."""
        return self.arguments.get("work_unit", "")

    @property
    def kpi(self) -> Kpi:
        """The KPI to explain.

        Raises:
            Refusal: `unknown_kpi` (422).
        """
        key = self.arguments.get("kpi", DEFAULT_KPI)
        found = kpi_of(key)
        if found is None:
            raise Refusal("unknown_kpi", f"no KPI {key!r}", status=422, field="kpi")
        return found

    @property
    def time_class(self) -> TimeClass | None:
        """Only intervals of this class; None: all.

        Raises:
            Refusal: `unknown_class` (422).
        """
        text = self.arguments.get("class")
        if text is None:
            return None
        if text not in set(TimeClass):
            raise Refusal("unknown_class", f"no time class {text!r}", status=422, field="class")
        return TimeClass(text)

    @property
    def page(self) -> int:
        """Page of the list of intervals, from 1.

        Raises:
            Refusal: `page_invalid` (422).
        """
        text = self.arguments.get("page", "1")
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= PAGES_MAX):
            raise Refusal("page_invalid", "page is a whole number from 1", status=422, field="page")
        return int(text)

    def instant(self, name: str) -> int | None:
        """An instant of the address; None: it is absent.

        Raises:
            Refusal: `window_malformed` (422).
        """
        return instant_argument(self.arguments, name)


def asked(arguments: Mapping[str, str]) -> Asked:
    """Read the arguments of an address; empty ones count as absent."""
    given = {name: arguments.get(name, "")[:TEXT_MAX] for name in ARGUMENTS}
    return Asked(arguments={name: text for name, text in given.items() if text})


def explain_address(
    work_unit: str,
    start: int,
    end: int,
    *,
    as_of: int,
    policy: str | None = None,
    kpi: str = DEFAULT_KPI,
    **further: str,
) -> str:
    """Address of the page that explains a figure of a work unit over a window.

    Args:
        as_of: what the figure speaks of, UTC microseconds.
        policy: name of the profile; None: that of the site.
    """
    query = {
        "work_unit": work_unit,
        "from": instant(start),
        "to": instant(end),
        "as_of": instant(as_of),
        "kpi": kpi,
        **further,
    }
    if policy is not None:
        query["policy"] = policy
    return f"/explain?{urlencode(query)}"
