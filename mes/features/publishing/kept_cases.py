"""The cases that a published figure was made of, kept as they were known when it was published.

Facts that arrive later never change them, so that every revision can be computed again for good.
Equal cases (a machine's own and the one in its line's figure) are stored once.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.case import case_to_json
from mes.core.case_bundle import HOW, SCHEMA
from mes.core.case_model import Case
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.models import CaseFile, PublishedFigure


def keep(session: Session, cases: Mapping[str, Case]) -> dict[str, str]:
    """Store the cases of a figure.

    Args:
        cases: by code of the work unit.

    Returns:
        Their digests (SHA-256, hex) by code of the work unit.
    """
    texts = {unit: _text(case) for unit, case in cases.items()}
    digests = {unit: hashlib.sha256(text).hexdigest() for unit, text in texts.items()}
    known = set(
        session.scalars(select(CaseFile.digest).where(CaseFile.digest.in_(digests.values())))
    )
    for unit, digest in digests.items():
        if digest not in known:
            known.add(digest)
            session.add(CaseFile(digest=digest, content=zlib.compress(texts[unit], 9)))
    session.flush()
    return digests


def kept_case(session: Session, row: PublishedFigure, policy: Policy) -> dict[str, Any]:
    """The case file of a published figure, or the bundle of those that add up to it.

    Args:
        policy: the one it was published with.

    Raises:
        Refusal: `case_not_kept` (404): it was published before cases were kept.
    """
    cases = list(_cases(session, row, policy))
    if len(cases) == 1:
        return cases[0]
    return {
        "schema": SCHEMA,
        "sum": HOW,
        "policy": policy.to_json(),
        "place": row.scope,
        "rule": row.basis["rule"],
        "work_units": row.basis["work_units"],
        "cases": cases,
    }


def _cases(session: Session, row: PublishedFigure, policy: Policy) -> Iterator[dict[str, Any]]:
    digests: Mapping[str, str] = row.cases or {}
    held = {
        one.digest: one.content
        for one in session.scalars(select(CaseFile).where(CaseFile.digest.in_(digests.values())))
    }
    if not held:
        raise Refusal(
            "case_not_kept",
            "this revision was published before cases were kept; the last one has its case by the"
            " facts of now",
            status=404,
        )
    for unit in row.basis["work_units"]:
        case: dict[str, Any] = json.loads(zlib.decompress(held[digests[unit]]))
        yield {**case, "policy": policy.to_json(), "work_unit": unit}


def _text(case: Case) -> bytes:
    """The case in one form, so that equal ones have one digest."""
    data = case_to_json(case)
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
