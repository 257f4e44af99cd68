"""The case files whose sum is a figure: one a work unit and stretch of time (rule R10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mes.core.case_bundle import HOW, SCHEMA, entry_to_json
from mes.core.case_model import Span
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.features.oee.addresses import (
    ARCHIVE_UNIT_DAYS_MAX,
    ARCHIVE_UNITS_MAX,
    UNIT_DAYS_MAX,
    UNITS_MAX,
    unit_days,
)
from mes.features.oee.file_names import case_file_name
from mes.features.oee.places import Level, Place, places
from mes.features.oee.queries import unit_by_code
from mes.features.oee.service import Known, known_as_then, known_unit
from mes.features.oee.shares import Share, share_entries, share_of
from mes.features.oee.windows import instant_argument, policy_argument, window_of
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters, WorkUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which figure the bundle is of.

    Attributes:
        rule: by which the work units of a line were chosen; None: they were named.
        as_of: of each work unit; None: all that is known now.
        share: what it is narrowed to.
    """

    units: tuple[Known, ...]
    place: str | None
    rule: str | None
    window: Span
    policy: Policy
    as_of: tuple[int | None, ...]
    share: Share


def file_name(wanted: Wanted, kind: str) -> str:
    """What the file of the figure is called; `kind`: how the name ends, such as `zip`."""
    if not wanted.units:
        return f"case-{wanted.place}.{kind}"
    first, *others = (given.unit for given in wanted.units)
    further = f"-and-{len(others)}-more" if others else ""
    whose = wanted.place or f"{first.code}{further}"
    return case_file_name(whose, first.plan.calendar, wanted.window, kind)


def wanted_bundle(
    session: Session, arguments: Mapping[str, str], now_us: int, *, in_parts: bool = False
) -> Wanted:
    """Read the arguments of an address: `work_units` (codes with commas) or `place`, and a window.

    Args:
        in_parts: it is given in parts, so that it may be long.

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
        place = place_of(known, arguments["place"])
        found = list(place.units)
    else:
        found = []
    if not found:
        raise Refusal(
            "place_needed", "name work_units or a place with work units", status=422, field="place"
        )
    units = tuple(known_at(session, known, unit, arguments, now_us) for unit in found)
    window = window_of(arguments, found[0].plan, units[0].as_of)
    _check_length(unit_days(window, len(units)), len(units), in_parts=in_parts)
    return Wanted(
        units=units,
        place=arguments.get("place"),
        rule=place.rule.value if place and place.rule else None,
        window=window,
        policy=policy_argument(arguments, known) or found[0].site.policy,
        as_of=_moments(arguments, len(units)),
        share=share_of(session, known, arguments),
    )


def known_at(
    session: Session, known: Masters, unit: WorkUnit, arguments: Mapping[str, str], now_us: int
) -> Known:
    """What is known of a work unit now, or was when its source fell silent (`known_until`)."""
    given = known_unit(session, known, unit, now_us)
    return known_as_then(given, instant_argument(arguments, "known_until"))


def _check_length(days: int, units: int, *, in_parts: bool) -> None:
    most = ARCHIVE_UNIT_DAYS_MAX if in_parts else UNIT_DAYS_MAX
    if days <= most and units <= (ARCHIVE_UNITS_MAX if in_parts else UNITS_MAX):
        return
    way = "ask for its parts" if in_parts else "ask for it in parts: /api/v1/case-archive"
    raise Refusal(
        "range_too_long",
        f"{days} days of {units} work units; at most {most} days in one answer: {way}",
        status=422,
        field="to",
    )


def place_of(known: Masters, code: str) -> Place:
    """The line, area or plant of that code, by its own rule; a machine as itself.

    Raises:
        Refusal: `place_unknown` (404).
    """
    for level in (Level.MACHINE, Level.LINE, Level.AREA, Level.PLANT):
        try:
            return places(known, level, code, None)[0]
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
        "share": wanted.share.arguments(),
    }


def bundle_cases(session: Session, wanted: Wanted) -> Iterator[dict[str, object]]:
    """The cases one after another: only those of one stretch are held in memory."""
    for given, as_of in zip(wanted.units, wanted.as_of, strict=True):
        entries = share_entries(session, given, wanted.window, wanted.share, wanted.policy, as_of)
        for entry in entries:
            yield entry_to_json(entry, given.unit.code)
