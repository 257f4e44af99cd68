"""Roll-ups over REST: figures by place, period and group; reading only."""

from __future__ import annotations

import json

from apiflask import APIBlueprint
from flask import Response

from mes import clock
from mes.features.oee.rollup_answer import Answer, Request, answer
from mes.features.oee.rollup_csv import csv_text
from mes.features.oee.schemas import Format, RollupQuery, View
from mes.features.oee.windows import policy_argument
from mes.features.production.master_loading import masters
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
