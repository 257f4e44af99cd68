"""Check plans, results and run charts, as REST and pages read them; instants ISO 8601 in UTC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from mes.core.amounts import amount_json
from mes.core.check_due import DueState
from mes.core.exact import number_to_json
from mes.core.instants import format_instant
from mes.core.quality import Kind, Verdict
from mes.core.refusal import Refusal
from mes.features.commands.subjects import find_work_unit
from mes.features.production.check_plans import check_plan_of
from mes.features.production.master_loading import masters
from mes.features.production.masters import CheckPlan, Masters
from mes.features.production.queries import tiles
from mes.features.quality.store import voided_ids
from mes.models import CheckPlan as PlanRow
from mes.models import CheckResult, JobOrder

LIMIT = 100
LIMIT_MAX = 500
CHART_POINTS = 20
"""How many of the latest values a run chart shows."""
CHART_RESULTS = 60
"""How many of the latest results of a plan are looked through for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which results are asked for; None: whatever.

    Attributes:
        start: measured at or after, UTC microseconds; `end`: before.
        before: `next` of the page before.
    """

    start: int | None = None
    end: int | None = None
    line: str | None = None
    work_unit: str | None = None
    item: str | None = None
    plan: str | None = None
    verdict: Verdict | None = None
    before: int | None = None
    limit: int = LIMIT


def results(session: Session, asked: Asked) -> dict[str, Any]:
    """Results, latest entered first, those that were taken back included and marked.

    Raises:
        Refusal: `place_unknown`, `item_unknown`, `check_plan_unknown` (404).
    """
    known = masters(session)
    rows = session.scalars(_query(session, known, asked).limit(asked.limit + 1)).all()
    shown = rows[: asked.limit]
    return {
        "items": result_items(session, known, shown),
        "next": shown[-1].id if len(rows) > asked.limit else None,
    }


def all_results(session: Session, asked: Asked) -> Iterator[Mapping[str, Any]]:
    """All results that the conditions ask for, page after page."""
    wanted: Asked | None = replace(asked, before=None, limit=LIMIT_MAX)
    while wanted is not None:
        found = results(session, wanted)
        yield from found["items"]
        wanted = replace(wanted, before=found["next"]) if found["next"] else None


def result_item(session: Session, row: CheckResult) -> dict[str, Any]:
    """One result as the API gives it."""
    return result_items(session, masters(session), [row])[0]


def result_items(
    session: Session, known: Masters, rows: Sequence[CheckResult]
) -> list[dict[str, Any]]:
    """Results with plan, item, job and judgement in words of the plan."""
    plans = _plans_of(session, {row.plan_id for row in rows})
    jobs = _job_numbers(session, {row.job_order_id for row in rows if row.job_order_id})
    voided = voided_ids(session, [row.command_id for row in rows])
    return [
        _item(known, row, plans[row.plan_id], jobs, voided=row.command_id in voided) for row in rows
    ]


def due_checks(session: Session, now: int) -> list[dict[str, Any]]:
    """Checks that are due or overdue on any work unit, the overdue ones first."""
    known = masters(session)
    found = [
        {
            **row,
            "work_unit": tile["work_unit"],
            "work_unit_name": tile["name"],
            "line": tile["line"],
        }
        for tile in (tiles(session, None, now) if known.check_plans else ())
        for row in tile["quality_checks"]
        if row["state"] != DueState.AHEAD
    ]
    return sorted(found, key=lambda row: row["state"] != DueState.OVERDUE)


def plan_item(plan: CheckPlan, known: Masters) -> dict[str, Any]:
    """A version of a plan; lengths in seconds, amounts as JSON numbers, limits decimal texts."""
    item = known.materials.get(plan.material_id or 0)
    unit = known.work_units.get(plan.work_unit_id or 0)
    when = plan.when
    every = when.every_pieces
    return {
        "plan": plan.code,
        "version": plan.version,
        "name": dict(plan.names),
        "item": None if item is None else item.code,
        "work_unit": None if unit is None else unit.code,
        "segment": plan.segment,
        "every_pieces": None if every is None else number_to_json(every),
        "every_s": None if when.every_us is None else when.every_us / 1_000_000,
        "time_base": "running" if when.by_running else "job",
        "first_piece": when.first,
        "middle_piece": when.middle,
        "last_piece": when.last,
        "grace_pieces": number_to_json(when.grace_pieces),
        "grace_s": when.grace_us / 1_000_000,
        "characteristics": [one.to_json() for one in plan.characteristics],
        "valid_from": _instant(plan.valid_from),
    }


def checks_of(session: Session, work_unit: str, now: int) -> dict[str, Any]:
    """What a terminal needs to enter results, also while it has no network.

    Returns:
        `items`: the plans of the work unit with `recent`, the latest values of each numeric
        characteristic (oldest first); `due`: as on the tile.

    Raises:
        Refusal: `unknown_work_unit` (404).
    """
    unit = find_work_unit(session, work_unit)
    known = masters(session)
    plans = [one for one in known.check_plans if one.work_unit_id in (None, unit.id)]
    found = tiles(session, [unit.id], now)
    return {
        "items": [
            {**plan_item(plan, known), "recent": recent_values(session, plan, unit.id)}
            for plan in plans
        ],
        "due": found[0]["quality_checks"] if found else [],
    }


def recent_values(
    session: Session,
    plan: CheckPlan,
    work_unit_id: int | None = None,
    material_id: int | None = None,
    before: int | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """The latest values of each numeric characteristic, oldest first, over all versions.

    Args:
        work_unit_id, material_id: None: of all.
        before: measured before, UTC microseconds; None: up to now.
    """
    versions = select(PlanRow.id).where(PlanRow.code == plan.code)
    query = (
        select(CheckResult)
        .where(CheckResult.plan_id.in_(versions), CheckResult.voids.is_(None))
        .order_by(CheckResult.at.desc(), CheckResult.id.desc())
        .limit(CHART_RESULTS)
    )
    if work_unit_id is not None:
        query = query.where(CheckResult.work_unit_id == work_unit_id)
    if material_id is not None:
        query = query.where(CheckResult.material_id == material_id)
    if before is not None:
        query = query.where(CheckResult.at < before)
    rows = session.scalars(query).all()
    voided = voided_ids(session, [row.command_id for row in rows])
    found: dict[str, list[dict[str, Any]]] = {
        one.key: [] for one in plan.characteristics if one.kind is Kind.NUMBER
    }
    for row in rows:
        if row.command_id in voided:
            continue
        for value in row.values:
            points = found.get(value["key"])
            if points is not None and len(points) < CHART_POINTS:
                points.append(
                    {"at": _instant(row.at), "value": value["value"], "verdict": value["verdict"]}
                )
    return {key: points[::-1] for key, points in found.items()}


def find_plan(session: Session, code: str) -> CheckPlan:
    """The newest version of a plan, retired or not.

    Raises:
        Refusal: `check_plan_unknown` (404).
    """
    row = session.scalar(
        select(PlanRow).where(PlanRow.code == code).order_by(PlanRow.version.desc()).limit(1)
    )
    if row is None:
        raise Refusal("check_plan_unknown", f"there is no check plan {code[:80]!r}", status=404)
    return check_plan_of(row)


def _query(session: Session, known: Masters, asked: Asked) -> Select[CheckResult]:
    query = select(CheckResult).where(CheckResult.voids.is_(None)).order_by(CheckResult.id.desc())
    if asked.start is not None:
        query = query.where(CheckResult.at >= asked.start)
    if asked.end is not None:
        query = query.where(CheckResult.at < asked.end)
    if asked.work_unit is not None or asked.line is not None:
        query = query.where(CheckResult.work_unit_id.in_(_unit_ids(known, asked)))
    if asked.item is not None:
        query = query.where(CheckResult.material_id == _item_id(known, asked.item))
    if asked.plan is not None:
        find_plan(session, asked.plan)
        versions = select(PlanRow.id).where(PlanRow.code == asked.plan)
        query = query.where(CheckResult.plan_id.in_(versions))
    if asked.verdict is not None:
        void = aliased(CheckResult)
        query = query.where(
            CheckResult.verdict == asked.verdict.value,
            ~exists().where(void.voids == CheckResult.command_id),
        )
    if asked.before is not None:
        query = query.where(CheckResult.id < asked.before)
    return query


def _unit_ids(known: Masters, asked: Asked) -> Collection[int]:
    if asked.work_unit is not None:
        found = known.work_unit_ids.get(asked.work_unit)
        if found is None:
            raise _place_unknown(asked.work_unit)
        return [found]
    line = known.line_ids.get(asked.line or "")
    if line is None:
        raise _place_unknown(asked.line or "")
    return known.lines[line].work_unit_ids


def _place_unknown(code: str) -> Refusal:
    return Refusal("place_unknown", f"there is no place {code[:80]!r}", status=404)


def _item_id(known: Masters, code: str) -> int:
    found = known.material_ids.get(code)
    if found is None:
        raise Refusal("item_unknown", f"there is no item {code[:80]!r}", status=404)
    return found


def _plans_of(session: Session, ids: Iterable[int]) -> dict[int, CheckPlan]:
    rows = session.scalars(select(PlanRow).where(PlanRow.id.in_(sorted(ids))))
    return {row.id: check_plan_of(row) for row in rows}


def _job_numbers(session: Session, ids: Iterable[int]) -> dict[int, str]:
    rows = session.execute(select(JobOrder.id, JobOrder.number).where(JobOrder.id.in_(sorted(ids))))
    return {row.id: row.number for row in rows}


def _item(
    known: Masters,
    row: CheckResult,
    plan: CheckPlan,
    jobs: Mapping[int, str],
    *,
    voided: bool,
) -> dict[str, Any]:
    unit = known.work_units[row.work_unit_id]
    material = known.materials.get(row.material_id or 0)
    said: dict[str, Mapping[str, Any]] = defaultdict(dict, {v["key"]: v for v in row.values})
    return {
        "command_id": row.command_id,
        "at": _instant(row.at),
        "entered_at": _instant(row.recorded_at),
        "work_unit": unit.code,
        "work_unit_name": dict(unit.names),
        "line": unit.line_code,
        "job_order": jobs.get(row.job_order_id or 0),
        "item": None if material is None else material.code,
        "item_name": None if material is None else dict(material.names),
        "plan": plan.code,
        "version": plan.version,
        "plan_name": dict(plan.names),
        "occasion": row.occasion,
        "pieces": amount_json(row.pieces),
        "verdict": row.verdict,
        "values": [
            {**one.to_json(), **said[one.key]} for one in plan.characteristics if one.key in said
        ],
        "follow_up": row.follow_up,
        "note": row.note,
        "who": row.who,
        "terminal": (row.actor or {}).get("terminal"),
        "voids": row.voids,
        "voided": voided,
    }


def _instant(at: int) -> str:
    return format_instant(at).replace("+00:00", "Z")
