"""Roll-ups over REST: figures by place, period and group; reading only."""

from __future__ import annotations

import json
from typing import Any

from apiflask import APIBlueprint
from flask import Response

from mes import clock
from mes.features.oee.losses import line_by_code, losses_of_line
from mes.features.oee.rollup_answer import Answer, Request, answer
from mes.features.oee.rollup_csv import csv_text
from mes.features.oee.schemas import Format, RollupQuery, View, WindowQuery
from mes.features.oee.windows import policy_argument, window_of
from mes.features.production.master_loading import masters
from mes.features.production.tile import instant
from mes.web.roles import require
from mes.web.wiring import reading

bp = APIBlueprint("rollups", __name__, url_prefix="/api/v1")


@bp.get("/oee")
@bp.input(RollupQuery, location="query")
@bp.doc(
    summary="OEE by place, period and group",
    description="Sums of numerators and denominators over whole periods that overlap the range,"
    " from stored roll-ups and the open end up to now.",
    tags=["oee"],
)
@require()
def list_oee(query_data: RollupQuery) -> Response:
    """Figures of a level over a range of production days."""
    with reading() as session:
        policy = None
        if query_data.policy:
            policy = policy_argument({"policy": query_data.policy}, masters(session))
        found = answer(
            session,
            Request(
                level=query_data.level,
                id=query_data.id,
                period=query_data.period,
                first=query_data.from_,
                last=query_data.to,
                group=query_data.group,
                policy=policy,
                rule=query_data.rule,
                short=query_data.view is View.SHORT or query_data.format is Format.CSV,
            ),
            clock.plant_now_us(),
        )
    if query_data.format is Format.CSV:
        return Response(csv_text(found), mimetype="text/csv")
    return Response(_json(query_data, found), mimetype="application/json")


@bp.get("/lines/<code>/losses")
@bp.input(WindowQuery, location="query")
@bp.doc(
    summary="What a line lost, by the machine that caused it",
    description="Every minute that the pacing machine lost, once; blocked and starved time is"
    " charged to the neighbour that stood.",
    tags=["oee"],
)
@require()
def get_line_losses(code: str, query_data: WindowQuery) -> dict[str, Any]:
    """Line losses of a window; default is the current shift."""
    now_us = clock.plant_now_us()
    with reading() as session:
        known = masters(session)
        line = line_by_code(known, code)
        window = window_of(query_data.arguments(), line.plan, now_us)
        found = losses_of_line(session, known, line, window, now_us)
    return {
        "line": code,
        "window": [instant(window.start), instant(window.end)],
        "pacing": None if found is None else found.pacing.code,
        "lost_us": 0 if found is None else found.us,
        "items": []
        if found is None
        else [
            {
                "work_unit": found.units[cause.machine].code,
                "class": cause.time_class.value,
                "reason": cause.reason,
                "us": cause.us,
                "stops": cause.stops,
            }
            for cause in found.causes
        ],
        "next": None,
    }


def _json(query: RollupQuery, found: Answer) -> str:
    """Written at once: a year of fifty machines has 18 250 items."""
    policy = found.question.policy
    return json.dumps(
        {
            "level": query.level.value,
            "period": query.period.value,
            "group": query.group.value,
            "policy": {"name": policy.name, "version": policy.version},
            "items": found.items,
            "next": None,
        },
        ensure_ascii=False,
        separators=(",", ":"),
        check_circular=False,
    )
