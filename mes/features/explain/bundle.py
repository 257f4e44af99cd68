"""The case files whose sum is a figure: one a work unit and stretch of time (rule R10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy.orm import Session

from mes.core.case import case_to_json
from mes.core.case_bundle import HOW, SCHEMA
from mes.core.case_model import Case, Span
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.features.oee.addresses import UNIT_DAYS_MAX, unit_days
from mes.features.oee.places import Level, Place, places
from mes.features.oee.queries import unit_by_code
from mes.features.oee.service import CASE_MAX_US, Known, known_unit, unit_case
from mes.features.oee.windows import instant_argument, policy_argument, window_of
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters, WorkUnit

UNITS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which figure the bundle is of.

    Attributes:
        rule: by which the work units of a line were chosen; None: they were named.
        as_of: of each work unit; None: all that is known now.
    """

    units: tuple[Known, ...]
    place: str | None
    rule: str | None
    window: Span
    policy: Policy
    as_of: tuple[int | None, ...]


def wanted_bundle(session: Session, arguments: Mapping[str, str], now_us: int) -> Wanted:
    """Read the arguments of an address: `work_units` (codes with commas) or `place`, and a window.

    Raises:
        Refusal: `unknown_work_unit`, `place_unknown` (404), `place_needed`, `window_malformed`,
            `range_too_long`, `unknown_policy` (422).
    """
    known = masters(session)
    place = None
    if "work_units" in arguments:
        codes = [code for code in arguments["work_units"].split(",") if code]
        found = [unit_by_code(known, code) for code in dict.fromkeys(codes)]
    elif "place" in arguments:
        place = place_of(session, known, arguments["place"])
        found = list(place.units)
    else:
        found = []
    if not found:
        raise Refusal(
            "place_needed", "name work_units or a place with work units", status=422, field="place"
        )
    units = tuple(known_unit(session, known, unit, now_us) for unit in found)
    window = window_of(arguments, found[0].plan, units[0].as_of)
    days = unit_days(window, len(units))
    if days > UNIT_DAYS_MAX or len(units) > UNITS_MAX:
        raise Refusal(
            "range_too_long",
            f"{days} days of work units; at most {UNIT_DAYS_MAX} in one bundle: ask for its parts",
            status=422,
            field="to",
        )
    return Wanted(
        units=units,
        place=arguments.get("place"),
        rule=place.rule.value if place and place.rule else None,
        window=window,
        policy=policy_argument(arguments, known) or found[0].site.policy,
        as_of=_moments(arguments, len(units)),
    )


def place_of(session: Session, known: Masters, code: str) -> Place:
    """The line, area or plant of that code, by its own rule; a machine as itself.

    Raises:
        Refusal: `place_unknown` (404).
    """
    for level in (Level.MACHINE, Level.LINE, Level.AREA, Level.PLANT):
        try:
            return places(session, known, level, code, None)[0]
        except Refusal as refusal:
            if refusal.code != "place_unknown":
                raise
    raise Refusal("place_unknown", f"there is no place {code[:80]!r}", status=404, field="place")


def _moments(arguments: Mapping[str, str], count: int) -> tuple[int | None, ...]:
    """`as_of` once for all work units, or one for each, with commas."""
    texts = [text for text in arguments.get("as_of", "").split(",") if text]
    moments = [instant_argument({"as_of": text}, "as_of") for text in texts]
    if len(moments) < 2:
        return tuple(moments or [None]) * count
    if len(moments) != count:
        raise Refusal(
            "window_malformed",
            "as_of is one instant, or one for each of the work units",
            status=422,
            field="as_of",
        )
    return tuple(moments)


def bundle_head(wanted: Wanted) -> dict[str, object]:
    """Everything of a bundle but its cases."""
    return {
        "schema": SCHEMA,
        "sum": HOW,
        "policy": wanted.policy.to_json(),
        "place": wanted.place,
        "rule": wanted.rule,
        "work_units": [given.unit.code for given in wanted.units],
    }


def bundle_cases(session: Session, wanted: Wanted) -> Iterator[dict[str, object]]:
    """The cases one after another: only one is held in memory."""
    for given, as_of in zip(wanted.units, wanted.as_of, strict=True):
        for case in unit_cases(session, given, wanted.window, wanted.policy, as_of):
            yield {**case_to_json(case), "work_unit": given.unit.code}


def unit_cases(
    session: Session, given: Known, window: Span, policy: Policy, as_of: int | None
) -> Iterator[Case]:
    """The cases of a work unit that tile a window and share one `as_of`."""
    for span in tiles_of(given.unit, window):
        yield unit_case(session, given, span, policy=policy, as_of=as_of)


def tiles_of(unit: WorkUnit, window: Span) -> Iterable[Span]:
    """The window in stretches that a case may cover, cut where the minor-stop limit changes."""
    cuts = {window.start, window.end}
    for setting in unit.settings:
        if window.start < setting.valid_from < window.end:
            shifts = unit.plan.shifts(setting.valid_from, window.end)
            cuts.update(s.start_us for s in shifts[:2] if window.start < s.start_us < window.end)
    ordered = sorted(cuts)
    for start, end in pairwise(ordered) if len(ordered) > 1 else [(window.start, window.end)]:
        at = start
        while True:
            until = min(end, at + CASE_MAX_US)
            yield Span(at, until)
            if until >= end:
                break
            at = until
