"""What the address of a report page asks for: place, period, day, shift, profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from mes.core.instants import YEAR_MAX, YEAR_MIN
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.features.oee.windows import day_argument
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters, Site, WorkUnit
from mes.features.production.plan import Plan
from mes.features.screens.report.periods import (
    KINDS,
    Period,
    PeriodKind,
    period_of,
    present_period,
    shifts_of,
)
from mes.features.screens.report.places import counted_at, units_at

TEXT_MAX = 80
UNITS_MAX = 60
"""Most work units of one page; a larger plant is read line by line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the address asks for; empty texts stand for the defaults.

    Attributes:
        path: of the page itself.
        further: arguments of the page's own, which stay in the addresses that it shows.
    """

    place: str = ""
    period: str = ""
    day: str = ""
    shift: str = ""
    policy: str = ""
    by: str = ""
    measure: str = ""
    language: str = "ko"
    path: str = "/report"
    further: Mapping[str, str] = field(default_factory=dict)

    def address(self, period: Period) -> dict[str, str]:
        """The arguments of the same report by its period, so that it stays the same later."""
        return {
            "place": self.place,
            "period": period.kind.value,
            "day": period.day.isoformat(),
            "shift": period.shift or "",
            "policy": self.policy,
        }


def wanted_of(
    arguments: Mapping[str, str],
    language: str,
    path: str = "/report",
    further: Mapping[str, str] | None = None,
) -> Wanted:
    """What the arguments of an address ask for, each cut to `TEXT_MAX` characters."""

    def text(name: str) -> str:
        return arguments.get(name, "")[:TEXT_MAX]

    return Wanted(
        place=text("place"),
        period=text("period"),
        day=text("day"),
        shift=text("shift"),
        policy=text("policy"),
        by=text("by"),
        measure=text("measure"),
        language=language,
        path=path,
        further=further or {},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What an address means: which work units, over which period, under which profile.

    Attributes:
        units: all work units of the place.
        counted: codes of those whose sums are its figure: of a line those of its rule (R10).
    """

    known: Masters
    site: Site
    code: str
    units: tuple[WorkUnit, ...]
    counted: tuple[str, ...]
    period: Period
    policy: Policy

    @property
    def plan(self) -> Plan:
        """The calendar whose periods are chosen."""
        return self.units[0].plan


def choose(session: Session, wanted: Wanted, now_us: int) -> Chosen:
    """What an address means.

    Raises:
        Refusal: `place_unknown` (404), `day_invalid`, `policy_unknown` (422).
    """
    known = masters(session)
    site = _site(known)
    code = wanted.place or site.code
    units = units_at(known, site, code)
    policy = _policy(known, site, wanted.policy)
    if not units:
        raise Refusal("place_unknown", "there is no work unit to report on yet", status=404)
    return Chosen(
        known=known,
        site=site,
        code=code,
        units=tuple(units[:UNITS_MAX]),
        counted=counted_at(known, code, units[:UNITS_MAX]),
        period=_period(units[0].plan, wanted, now_us),
        policy=policy,
    )


def _site(known: Masters) -> Site:
    if not known.sites:
        raise Refusal("place_unknown", "no plant is loaded yet", status=404)
    return known.sites[0]


def _policy(known: Masters, site: Site, name: str) -> Policy:
    if not name:
        return site.policy
    policy = known.policy(name)
    if policy is None:
        raise Refusal(
            "policy_unknown", f"there is no KPI profile {name!r}", status=422, field="policy"
        )
    return policy


def _period(plan: Plan, wanted: Wanted, now_us: int) -> Period:
    kind = PeriodKind(wanted.period) if wanted.period in KINDS else PeriodKind.SHIFT
    if not wanted.day:
        return present_period(plan, kind, now_us)
    try:
        day = day_argument(wanted.day.strip(), "day")
    except Refusal:
        raise Refusal(
            "day_invalid",
            f"write the day as YYYY-MM-DD, of the years {YEAR_MIN} to {YEAR_MAX}",
            status=422,
            field="day",
        ) from None
    shifts = shifts_of(plan, day)
    shift = wanted.shift if wanted.shift in {one.code for one in shifts} else None
    found = period_of(plan, kind, day, shift or (shifts[0].code if shifts else None))
    whole_day = period_of(plan, PeriodKind.DAY, day, None)
    assert whole_day is not None
    return found or whole_day
