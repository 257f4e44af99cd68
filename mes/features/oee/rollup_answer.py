"""What `GET /api/v1/oee` and `mes report rollup` answer: figures by place, period and group."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.instants import parse_instant
from mes.core.oee import result_of
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.core.short_figures import short_of, short_result
from mes.core.tally import Tally
from mes.features.oee.addresses import figure_address
from mes.features.oee.periods import PeriodKind, first_day, last_day
from mes.features.oee.places import Level, LineRule, Place, places
from mes.features.oee.rollup import (
    ItemKey,
    Question,
    flags_of,
    policy_bits,
    short_sums,
    tallies,
)
from mes.features.oee.rollup_query import Group
from mes.features.oee.service import RANGE_MAX_US, job_names
from mes.features.oee.shares import Share
from mes.features.oee.windows import day_argument, parsed_instant
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.production.plan import Plan
from mes.features.production.rollup_row import IDEAL_PARTS
from mes.features.production.tile import instant

DAY_US = 86_400_000_000
HOURS_MAX = 32
"""Most production days of hourly figures."""
SHORT_KPIS = ("oee", "availability", "effectiveness", "quality_ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request in words, every part optional; texts as in the URL."""

    level: Level = Level.MACHINE
    id: str | None = None
    period: PeriodKind = PeriodKind.DAY
    first: str | None = None
    last: str | None = None
    group: Group = Group.NONE
    policy: Policy | None = None
    rule: LineRule | None = None
    short: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Figures in the order of places, periods and groups."""

    question: Question
    items: list[dict[str, Any]]


def answer(session: Session, request: Request, now_us: int) -> Answer:
    """The figures of a request.

    Raises:
        Refusal: `place_unknown` (404), `window_malformed`, `range_too_long` (422).
    """
    known = masters(session)
    found = places(known, request.level, request.id, request.rule)
    question = _question(known, request, found, now_us)
    if not question.places:
        return Answer(question=question, items=[])
    if request.short:
        with _no_collection():
            return Answer(question=question, items=_short_items(session, known, question))
    whole, as_of = tallies(session, known, question)
    names = _groups(session, question.group, whole)
    return Answer(
        question=question,
        items=[
            _whole_item(question, key, one, names.get(key.group, key.group), as_of)
            for key, one in sorted(whole.items())
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSum:
    """What the figure of one group of a place and period is made from.

    Attributes:
        value: of the group: code of an item, number of a job order, code of a shift or crew;
            empty: none.
        shift: code of the shift of the period; empty: of no shift, or the period is none.
        case: address of the case file behind it; None: nothing is known of its work units.
    """

    value: str
    shift: str
    work_units: Sequence[str]
    sums: Tally
    case: str | None


def group_sums(session: Session, request: Request, now_us: int) -> list[GroupSum]:
    """The sums behind the figures that `answer` gives for the same request.

    Raises:
        Refusal: as `answer`.
    """
    known = masters(session)
    found = places(known, request.level, request.id, request.rule)
    question = _question(known, request, found, now_us)
    if not question.places:
        return []
    whole, as_of = tallies(session, known, question)
    names = _groups(session, question.group, whole)
    return [
        GroupSum(
            value=names.get(key.group, key.group) or "",
            shift=key.shift or "",
            work_units=[unit.code for unit in question.places[key.place].units],
            sums=sums,
            case=_case(question, key, names.get(key.group, key.group), as_of),
        )
        for key, sums in sorted(whole.items())
    ]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Makes many small objects, none of them in a circle, without looking for circles meanwhile.

    A year of fifty machines made the collector walk the whole program twice, half of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _short_items(session: Session, known: Masters, question: Question) -> list[dict[str, Any]]:
    found = short_sums(session, known, question)
    names = _groups(session, question.group, found.numbers)
    missing = policy_bits(question.policy)
    codes = [place.code for place in question.places]
    hourly, grouped = question.kind is PeriodKind.HOUR, question.group is not Group.NONE
    items = []
    for key in sorted(found.numbers):
        item: dict[str, Any] = {
            "id": codes[key[0]],
            "period": instant(int(key.period)) if hourly else key[1],
        }
        if grouped:
            item["group"] = names.get(key.group, key.group) or None
        whole = found.whole.get(key)
        if whole is None:
            bits = found.bits.get(key, 0)
            item.update(
                short_result(
                    found.numbers[key],
                    IDEAL_PARTS,
                    rate_missing=bool(bits & missing),
                    flags=flags_of(bits),
                )
            )
        else:
            item.update(short_of(result_of(whole, question.policy, SHORT_KPIS)))
        items.append(item)
    return items


def _whole_item(
    question: Question, key: ItemKey, sums: Tally, group: str, as_of: Mapping[int, int]
) -> dict[str, Any]:
    place = question.places[key.place]
    result = result_of(sums, question.policy)
    period = period_json(question.kind, key, _plan(place))
    return {
        "level": place.level.value,
        "id": place.code,
        "name": dict(place.names),
        "rule": None if place.rule is None else place.rule.value,
        "work_units": [unit.code for unit in place.units],
        "period": period,
        "group": None
        if question.group is Group.NONE
        else {"by": question.group.value, "value": group or None},
        "result": result.to_json(),
        "case": _case(question, key, group, as_of),
    }


def period_json(kind: PeriodKind, key: ItemKey, plan: Plan) -> dict[str, Any]:
    """A period with its first instant and the one after its last."""
    first = date.fromisoformat(key.first)
    last = last_day(kind, first)
    start, end = plan.day_reach(first)[0], plan.day_reach(last)[1]
    name = key.period
    if kind is PeriodKind.HOUR:
        cell = plan.cell_at(int(key.period))
        start, end, name = cell.start, cell.end, instant(cell.start)
    elif kind is PeriodKind.SHIFT:
        shift = next(
            (
                one
                for one in plan.shifts(start, end)
                if one.code == key.shift and one.production_day == first
            ),
            None,
        )
        if shift is not None:
            start, end = shift.start_us, shift.end_us
    return {
        "kind": kind.value,
        "label": name,
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "shift": key.shift or None,
        "start": instant(start),
        "end": instant(end),
    }


def _case(question: Question, key: ItemKey, group: str, as_of: Mapping[int, int]) -> str | None:
    """Address of the case file (or files) behind a figure.

    Args:
        group: name of the value of the group.

    Returns:
        None: nothing is known of its work units.
    """
    share = _share(question, key, group)
    spans: dict[str, Span] = {}
    moments: dict[str, int] = {}
    cuts: set[tuple[Span, tuple[date, str] | None]] = set()
    for unit in question.places[key.place].units:
        period = period_json(question.kind, key, unit.plan)
        if question.kind is PeriodKind.SHIFT and key.shift and not _has_shift(unit.plan, period):
            continue  # the shift is none of its calendar: it adds nothing
        if unit.id not in as_of:
            return None
        spans[unit.code] = Span(parse_instant(period["start"]), parse_instant(period["end"]))
        cuts.add((spans[unit.code], _hour_of(question, key, unit.plan)))
        moments[unit.code] = as_of[unit.id]
    if not spans:
        return None
    whole = Span(min(s.start for s in spans.values()), max(s.end for s in spans.values()))
    if len(cuts) > 1:
        share = replace(share, days=_days(question.kind, key))
        if key.shift or question.kind is PeriodKind.HOUR:
            share = replace(share, shift=key.shift)
        if question.kind is PeriodKind.HOUR:
            share = replace(share, hour=int(key.period))
    return figure_address(moments, whole, question.policy, share)


def _hour_of(question: Question, key: ItemKey, plan: Plan) -> tuple[date, str] | None:
    """Day and shift of an hour of a calendar; None: it is no hour that is asked for."""
    if question.kind is not PeriodKind.HOUR:
        return None
    cell = plan.cell_at(int(key.period))
    return cell.production_day, cell.shift


def _share(question: Question, key: ItemKey, group: str) -> Share:
    """What a figure is narrowed to besides its period."""
    outside = question.kind is PeriodKind.SHIFT and not key.shift
    return Share(
        item=group if question.group is Group.ITEM else None,
        order=group if question.group is Group.ORDER else None,
        crew=group if question.group is Group.CREW else None,
        shift=group if question.group is Group.SHIFT else "" if outside else None,
        days=_days(question.kind, key) if outside else None,
    )


def _days(kind: PeriodKind, key: ItemKey) -> tuple[date, date]:
    first = date.fromisoformat(key.first)
    return first, last_day(kind, first)


def _has_shift(plan: Plan, period: Mapping[str, Any]) -> bool:
    start, end = parse_instant(period["start"]), parse_instant(period["end"])
    return any(
        one.code == period["shift"] and (one.start_us, one.end_us) == (start, end)
        for one in plan.shifts(start, end)
    )


def _plan(place: Place) -> Plan:
    return place.units[0].plan


def _question(known: Masters, request: Request, found: list[Place], now_us: int) -> Question:
    there = [place for place in found if place.units]
    policy = request.policy or (
        there[0].units[0].site.policy
        if there
        else known.sites[0].policy
        if known.sites
        else Policy()
    )
    today = (
        there[0].units[0].plan.production_day(now_us)
        if there
        else date.fromisoformat(instant(now_us)[:10])
    )
    plan = _plan(there[0]) if there else None
    last = _day(request.last, "to", plan, today, after=True)
    first = _day(request.first, "from", plan, first_day(request.period, last), after=False)
    if first > last:
        raise Refusal("window_malformed", "to lies before from", status=422, field="to")
    most = HOURS_MAX if request.period is PeriodKind.HOUR else RANGE_MAX_US // DAY_US
    if (last - first).days >= most and request.period is not PeriodKind.YEAR:
        raise Refusal(
            "range_too_long",
            f"figures by {request.period} cover {most} production days at most",
            status=422,
            field="to",
        )
    if (last - first).days >= 20 * 366:
        raise Refusal("range_too_long", "a range may cover 20 years", status=422, field="to")
    return Question(
        places=there,
        kind=request.period,
        first=first,
        last=last,
        group=request.group,
        policy=policy,
        now_us=now_us,
    )


def _day(text: str | None, field: str, plan: Plan | None, default: date, *, after: bool) -> date:
    """The production day of a date, or of an instant (of `to`: the one before it)."""
    if text is None:
        return default
    if len(text) == 10:
        return day_argument(text, field)
    at = parsed_instant(text, field)
    return default if plan is None else plan.production_day(at - 1 if after else at)


def _groups(session: Session, group: Group, keys: Mapping[ItemKey, object]) -> dict[str, str]:
    """What the values of a group are called where the rows hold ids."""
    if group is not Group.ORDER:
        return {}
    ids = {int(key.group) for key in keys if key.group}
    return {str(job): number for job, number in job_names(session, ids).items()}
