"""The shape of a plant file (`plant/1`), without the sources, which their connectors check.

Times of day are local wall time "HH:MM" of the site's zone; rates are seconds per machine cycle.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from mes.features.plant.calendar_schema import Break, Calendar, Shift
from mes.features.plant.kpi_targets import Target
from mes.features.plant.parts import (
    CODE,
    WEEK,
    Code,
    Names,
    Part,
    Seconds,
    SecondsFromZero,
    TimeOfDay,
    Weekday,
    Zone,
)
from mes.features.plant.policies import PolicyProfile
from mes.features.plant.write_schema import Call, JobCall, JobStep, JobWrite, Write

__all__ = [
    "CODE",
    "SCHEMA",
    "STATES",
    "WEEK",
    "Area",
    "Break",
    "Calendar",
    "Call",
    "CallLevel",
    "Code",
    "Counter",
    "CounterSignal",
    "Item",
    "JobCall",
    "JobStep",
    "JobWrite",
    "Line",
    "Names",
    "Part",
    "PlantFile",
    "Reason",
    "Shift",
    "Signals",
    "Site",
    "StateSignal",
    "TimeOfDay",
    "Weekday",
    "WorkUnit",
    "Write",
    "Zone",
]

SCHEMA = "plant/1"
SECTIONS = (
    "policies",
    "calendars",
    "reasons",
    "items",
    "sources",
    "writes",
    "calls",
    "areas",
    "lines",
    "targets",
)
STATES = ("running", "stopped", "down", "setup", "waiting", "off", "unknown")
StateName = Literal["running", "stopped", "down", "setup", "waiting", "off", "unknown"]
SeveralPieces = Annotated[int, Field(ge=1, le=1000)]
"""Pieces that one count or one cycle stands for."""
TimeClassName = Literal["break", "planned_stop", "setup", "unplanned_stop", "waiting"]


class CallLevel(Part):
    """Whom to tell of a call that nobody has acknowledged for so long."""

    after_min: Seconds = Field(description="Minutes since the call was raised.")
    to: Literal["supervisor", "quality", "maintenance", "manager"]
    kinds: list[Literal["material", "maintenance", "quality", "lead"]] = Field(
        default_factory=list, description="Calls that the level is for; absent: all."
    )


class Site(Part):
    """The plant, its zone and where its production day begins."""

    id: Code
    name: Names | None = None
    time_zone: Zone
    day_starts: TimeOfDay = "00:00"
    policy: Code = "iso22400"
    call_escalation: list[CallLevel] = Field(
        default_factory=list, max_length=12, description="Levels of a call nobody acknowledges."
    )
    terminal_idle_min: int = Field(
        default=10,
        ge=1,
        le=240,
        description="Minutes without hands at a terminal until everybody there is signed out.",
    )
    work_waits_for_handover: bool = Field(
        default=False,
        description="Operators start and resume jobs only after the shift before was taken over.",
    )


class Reason(Part):
    """A reason; stop reasons have a time class."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    code: Code
    name: Names | None = None
    time_class: TimeClassName | None = Field(default=None, alias="class")
    domain: Literal["stop", "scrap", "pause", "correction"] = "stop"
    parent: Code | None = None
    failure: bool = False

    @model_validator(mode="after")
    def _stop_reasons_have_a_class(self) -> Reason:
        if self.domain == "stop" and self.time_class is None:
            raise ValueError(
                "a stop reason needs class: break, planned_stop, setup, unplanned_stop or waiting"
            )
        if self.failure and self.time_class != "unplanned_stop":
            raise ValueError("failure: true goes with class unplanned_stop only")
        return self


class Item(Part):
    """What is made."""

    code: Code
    name: Names | None = None
    unit: str = Field(default="pcs", min_length=1, max_length=20)


class Counter(Part):
    """How a counter tag counts."""

    mode: Literal["rollover", "resettable", "absolute", "pulse"]
    modulus: int | None = Field(default=None, ge=2, le=2**64)
    max_per_s: Seconds | None = None

    @model_validator(mode="after")
    def _only_rollover_has_a_modulus(self) -> Counter:
        if self.mode == "rollover" and self.modulus is None:
            raise ValueError("mode rollover needs modulus, such as 65536")
        if self.mode != "rollover" and self.modulus is not None:
            raise ValueError(f"mode {self.mode} has no modulus; leave it out or use rollover")
        return self


class CounterSignal(Part):
    """A tag that counts pieces."""

    tag: str
    counter: Counter
    pieces_per_count: SeveralPieces = 1


class FromCounts(Part):
    """State from pulses alone: stopped when none came for so long."""

    idle_after_s: Seconds


class StateSignal(Part):
    """One of four ways of knowing a state."""

    tag: str | None = None
    map: dict[int | str, StateName] | None = None
    lamp: str | None = None
    from_counts: FromCounts | None = None
    manual: Literal[True] | None = None

    @model_validator(mode="after")
    def _exactly_one_way(self) -> StateSignal:
        ways = [self.tag, self.lamp, self.from_counts, self.manual]
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                "give exactly one of {tag, map}, {lamp}, {from_counts: {idle_after_s}}, "
                "{manual: true}"
            )
        if (self.tag is None) != (self.map is None):
            raise ValueError("tag and map belong together")
        return self


class CodeSignal(Part):
    """A tag whose values name reasons (fault) or modes."""

    tag: str
    map: dict[int | str, str] = Field(default_factory=dict)


class Signals(Part):
    """What the tags mean for a work unit."""

    state: StateSignal | None = None
    total: CounterSignal | None = None
    good: CounterSignal | None = None
    scrap: CounterSignal | None = None
    fault: CodeSignal | None = None
    mode: CodeSignal | None = None


class WorkUnit(Part):
    """A machine or station."""

    id: Code
    name: Names | None = None
    default_item: Code | None = None
    ideal_cycle_s: dict[str, Seconds] = Field(default_factory=dict)
    pieces_per_cycle: dict[str, SeveralPieces] = Field(default_factory=dict)
    minor_stop_limit_s: SecondsFromZero = Decimal(300)
    key_machine: bool = False
    signals: Signals = Field(default_factory=Signals)
    on_job_start: list[JobStep] = Field(
        default_factory=list,
        max_length=20,
        description="What is written and called on the machine when a job starts.",
    )
    start_needs_machine: bool = Field(
        default=False,
        description="A job starts only when its machine has confirmed all of `on_job_start`.",
    )

    @model_validator(mode="after")
    def _a_machine_that_is_needed_is_asked(self) -> WorkUnit:
        if self.start_needs_machine and not self.on_job_start:
            raise ValueError("start_needs_machine goes with on_job_start only")
        return self


class Area(Part):
    """A part of the plant, such as a shop, that holds lines."""

    id: Code
    name: Names | None = None


class Line(Part):
    """A production line."""

    id: Code
    name: Names | None = None
    area: Code | None = Field(
        default=None, description="The area that it belongs to; absent: the plant itself."
    )
    calendar: Code | None = None
    oee_rule: Literal["key_machine", "sum", "last"] | None = Field(
        default=None,
        description="Which work units make the figure of the line; absent: its key machine.",
    )
    work_units: list[WorkUnit] = Field(default_factory=list)


class PlantFile(Part):
    """A whole plant file; `sources` are checked by their connectors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_name: Literal["plant/1"] = Field(alias="schema")
    site: Site
    policies: list[PolicyProfile] = Field(default_factory=list)
    calendars: list[Calendar] = Field(default_factory=list)
    reasons: list[Reason] = Field(default_factory=list)
    items: list[Item] = Field(default_factory=list)
    sources: list[dict[str, object]] = Field(default_factory=list)
    writes: list[Write] = Field(
        default_factory=list, description="The only tags that are ever written; absent: none."
    )
    calls: list[Call] = Field(
        default_factory=list, description="The only methods that are ever called; absent: none."
    )
    areas: list[Area] = Field(default_factory=list)
    lines: list[Line] = Field(default_factory=list)
    targets: list[Target] = Field(
        default_factory=list, description="Targets of KPIs in percent; absent: what people set."
    )

    @model_validator(mode="before")
    @classmethod
    def _an_empty_section_is_absent(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        return {k: v for k, v in data.items() if not (v is None and k in SECTIONS)}
