"""Master data as frozen values, read once and shared until something of it changes.

Work units, lines, sites, sources, tags, signal bindings, calendars, items, rates, reasons and
policies change seldom and are needed by every batch and tile. They are loaded as a whole and kept
per database until one of their tables has a new row (every change of master data is a new row or
comes with a new `config_revision`).

The first dated row of a thing also holds for all time before it, so that a week of history may be
loaded into a plant that was described today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from mes.core.calls import Escalation
from mes.core.check_due import When
from mes.core.derive.signals import State
from mes.core.policies import ISO22400, PROFILES, Policy
from mes.core.quality import Characteristic
from mes.features.production.calendars import DatedCalendar
from mes.features.production.plan import Plan

BEGINNING = -(2**62)
"""Before every instant."""
Names = Mapping[str, str]


class _Dated(Protocol):
    @property
    def valid_from(self) -> int: ...


DatedT = TypeVar("DatedT", bound=_Dated)


def in_force(rows: Sequence[DatedT], at: int) -> DatedT | None:
    """The last row not after the instant, the first row before all; None: there is no row."""
    found = None
    for row in rows:
        if found is None or row.valid_from <= at:
            found = row
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Settings of a work unit from `valid_from` (us) on."""

    valid_from: int
    minor_stop_limit_us: int
    state_source: Mapping[str, Any] | None
    default_item: str | None
    key_machine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a tag means for a work unit in [start, end); `end` None: until further notice."""

    work_unit_id: int
    tag_id: int
    source_id: int
    source: str
    role: str
    rule: Mapping[str, Any]
    start: int
    end: int | None

    def holds(self, at: int) -> bool:
        """Whether the tag had this meaning at the instant."""
        return self.start <= at and (self.end is None or at < self.end)

    @property
    def state_map(self) -> Mapping[str, State]:
        """The map of a state signal, by the text of the value."""
        return {
            str(key).lower() if isinstance(key, bool) else str(key): State(value)
            for key, value in (self.rule.get("map") or {}).items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A plant: its zone, its production day and its KPI policy.

    Attributes:
        call_escalation: whom to tell of calls that nobody acknowledges; empty: nobody.
    """

    id: int
    code: str
    names: Names
    time_zone: str
    day_starts: str
    policy: Policy
    call_escalation: tuple[Escalation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of a site that holds lines."""

    id: int
    code: str
    names: Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A work center (production line) with its calendar.

    Attributes:
        area_id: the area it belongs to; None: to the site itself.
        plan: its shifts, by whichever calendar it had.
        calendars: which calendar it has from which production day on, in time order.
        oee_rule: which work units its figure is made of; None: its key machine.
    """

    id: int
    code: str
    names: Names
    position: int
    site: Site
    area_id: int | None
    plan: Plan
    calendars: tuple[DatedCalendar, ...]
    shift_names: Mapping[str, Names]
    crew_names: Mapping[str, Names]
    key_work_unit: str | None
    oee_rule: str | None
    work_unit_ids: tuple[int, ...]
    retired: bool

    def calendar_on(self, day: date) -> str | None:
        """Code of the calendar of a production day; None: always scheduled."""
        begun = [code for since, code in self.calendars if since <= day.isoformat()]
        return begun[-1] if begun else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkUnit:
    """A machine or station with its dated settings and signals."""

    id: int
    code: str
    names: Names
    position: int
    line_id: int | None
    line_code: str | None
    site: Site
    plan: Plan
    shift_names: Mapping[str, Names]
    crew_names: Mapping[str, Names]
    settings: tuple[Setting, ...]
    bindings: tuple[Binding, ...]
    retired: bool

    def setting(self, at: int) -> Setting:
        """The settings in force at the instant; a work unit without any has the defaults."""
        return in_force(self.settings, at) or DEFAULT_SETTING

    @property
    def longest_limit_us(self) -> int:
        """The longest minor-stop limit that was ever in force."""
        held = (setting.minor_stop_limit_us for setting in self.settings)
        return max(held, default=DEFAULT_SETTING.minor_stop_limit_us)

    def bound(self, *roles: str) -> tuple[Binding, ...]:
        """The bindings of these roles in time order; without roles all of them."""
        return tuple(b for b in self.bindings if not roles or b.role in roles)

    def source_ids(self, at: int, *roles: str) -> frozenset[int]:
        """The sources of the signals of these roles that hold at the instant."""
        return frozenset(b.source_id for b in self.bound(*roles) if b.holds(at))


DEFAULT_SETTING = Setting(
    valid_from=BEGINNING,
    minor_stop_limit_us=300_000_000,
    state_source=None,
    default_item=None,
    key_machine=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A connector instance."""

    id: int
    code: str
    edge_id: int
    edge: str
    protocol: str
    retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A named value of a source."""

    id: int
    source_id: int
    name: str
    unit: str | None
    retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Ideal cycle (seconds) of an item from `valid_from` on; None: the rate ends."""

    valid_from: int
    ideal_cycle_s: Decimal | None
    pieces_per_cycle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """An item with its rates by work unit (None: for all others)."""

    id: int
    code: str
    names: Names
    unit: str
    rates: Mapping[int | None, tuple[Rate, ...]]

    def rate(self, work_unit_id: int, at: int) -> Rate | None:
        """The rate on a work unit at an instant; None: there is none."""
        for key in (work_unit_id, None):
            rate = in_force(self.rates.get(key, ()), at)
            if rate is not None:
                return rate if rate.ideal_cycle_s is not None else None
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedClass:
    """Time class of a reason from `valid_from` on."""

    valid_from: int
    time_class: str
    failure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A reason with its classes; `position` orders the picker."""

    code: str
    domain: str
    parent: str | None
    names: Names
    position: int
    classes: tuple[DatedClass, ...]
    retired: bool

    def time_class(self, at: int) -> str | None:
        """Its time class at the instant; None: it has none."""
        found = in_force(self.classes, at)
        return found.time_class if found else None

    def is_failure(self, at: int) -> bool:
        """Whether a stop of this reason at the instant is a failure of the equipment."""
        found = in_force(self.classes, at)
        return found is not None and found.failure and found.time_class == "unplanned_stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPlan:
    """A version of a quality check plan; a place, item or operation that is None: whichever."""

    id: int
    code: str
    version: int
    names: Names
    material_id: int | None
    work_unit_id: int | None
    segment: int | None
    when: When
    characteristics: tuple[Characteristic, ...]
    valid_from: int

    def is_for(self, work_unit_id: int, material_id: int | None, segment: int | None) -> bool:
        """Whether it is checked on a work unit, for an item and an operation."""
        return (
            self.work_unit_id in (None, work_unit_id)
            and self.material_id in (None, material_id)
            and self.segment in (None, segment)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Masters:
    """All master data of one moment.

    Attributes:
        published_until: by work unit the end of its last signed-off period, UTC microseconds;
            those never signed off are absent.
        areas: those that are not retired, in plant order.
        policies: the newest version of each policy of the plant's own, by name.
        policy_versions: all of them, by name and version.
        check_plans: the present version of each that is not retired, by code.
    """

    key: tuple[object, ...]
    sites: tuple[Site, ...]
    areas: tuple[Area, ...]
    lines: Mapping[int, Line]
    work_units: Mapping[int, WorkUnit]
    sources: Mapping[int, Source]
    tags: Mapping[int, Tag]
    materials: Mapping[int, Material]
    reasons: Mapping[str, Reason]
    policies: Mapping[str, Policy]
    tags_of_source: Mapping[int, Mapping[str, int]]
    bindings_of_tag: Mapping[int, tuple[Binding, ...]]
    units_of_source: Mapping[int, tuple[int, ...]]
    material_ids: Mapping[str, int]
    source_ids: Mapping[str, int]
    work_unit_ids: Mapping[str, int]
    line_ids: Mapping[str, int]
    published_until: Mapping[int, int]
    policy_versions: Mapping[tuple[str, int], Policy]
    check_plans: tuple[CheckPlan, ...] = ()

    @property
    def config_revision(self) -> int | None:
        """The newest published configuration; None: there is none."""
        revision = self.key[0]
        return revision if isinstance(revision, int) else None

    def policy(self, name: str) -> Policy | None:
        """A stored policy or a built-in profile; None: unknown.

        Args:
            name: NAME for its newest version, NAME@VERSION for that one.
        """
        wanted, _, version = name.rpartition("@")
        if wanted and version.isdecimal() and len(version) < 10:
            profile = PROFILES.get(wanted)
            if profile is not None:
                return profile if profile.version == int(version) else None
            return self.policy_versions.get((wanted, int(version)))
        return self.policies.get(name) or PROFILES.get(name)

    def active_work_units(self, ids: Iterable[int] | None = None) -> list[WorkUnit]:
        """Work units that are not retired, in plant order (line, position, code)."""
        wanted = self.work_units.values() if ids is None else [self.work_units[i] for i in ids]
        return sorted((u for u in wanted if not u.retired), key=self._plant_order)

    def _plant_order(self, unit: WorkUnit) -> tuple[int, str, int, str]:
        line = self.lines.get(unit.line_id) if unit.line_id is not None else None
        return (line.position if line else 0, unit.line_code or "", unit.position, unit.code)


def default_policy() -> Policy:
    """The policy of a site that names none."""
    return ISO22400
