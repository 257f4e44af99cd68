"""Reasons that the plant needs stay."""

from __future__ import annotations

import pytest

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.plant.export import export
from mes.features.reasons.service import ReasonNames, listed_reasons, retire_reason
from tests.features.plant.test_apply import DEMO, LATER, applied

ACTOR = {"kind": "account", "id": 1, "label": "office"}


def test_a_reason_that_the_plant_names_is_not_retired(database: Database) -> None:
    applied(database, DEMO)
    with database.reading() as session:
        before = export(session)
        names = {row["code"]: ReasonNames(**row["name"]) for row in listed_reasons(session)}
    for code in ("lunch", "material-shortage"):
        with pytest.raises(Refusal) as refused, database.transaction() as session:
            retire_reason(session, ACTOR, code, now_us=LATER, seen=names[code])
        assert refused.value.code == "reason_still_named", code
    with database.reading() as session:
        assert export(session) == before
