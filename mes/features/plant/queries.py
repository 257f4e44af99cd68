"""What an edge has to run, and the revision of the plant's configuration."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.plant.masters import call_rules, write_rules
from mes.features.plant.templates import plain_source
from mes.models import ConfigRevision, Edge, SignalBinding, Source, Tag


def revision(session: Session) -> int:
    """The configuration revision in force; 0 before the first apply."""
    return session.scalar(select(func.max(ConfigRevision.id))) or 0


def edge_configuration(session: Session, edge_code: str) -> dict[str, Any]:
    """The sources of an edge as plant-file objects; each tag says its `stream`.

    Raises:
        Refusal: `edge_unknown`.
    """
    edge = session.scalar(select(Edge).where(Edge.code == edge_code, Edge.retired_at.is_(None)))
    if edge is None:
        raise Refusal("edge_unknown", f"there is no edge {edge_code!r}", status=404)
    bound = bound_tags(session)
    sources = []
    for source in session.scalars(
        select(Source)
        .where(Source.edge_id == edge.id, Source.retired_at.is_(None))
        .order_by(Source.id)
    ):
        tags = [
            {**tag.definition, "stream": "event" if tag.id in bound else "sample"}
            for tag in session.scalars(
                select(Tag)
                .where(Tag.source_id == source.id, Tag.retired_at.is_(None))
                .order_by(Tag.id)
            )
        ]
        sources.append({**plain_source(source.definition), "tags": tags})
    writes = [
        {"tag": tag, **_without_roles(rule)}
        for (_, tag), rule in write_rules(session, edge.id).items()
    ]
    calls = [
        {"call": call, **_without_roles(rule)}
        for call, rule in call_rules(session, edge.id).items()
    ]
    return {
        "revision": revision(session),
        "sources": sources,
        "writes": writes,
        "calls": calls,
        "of_pages": sources_of_pages(session),
    }


def _without_roles(rule: dict[str, Any]) -> dict[str, Any]:
    """Who may ask is the matter of the MES; the edge knows no people."""
    return {key: part for key, part in rule.items() if key != "roles"}


def sources_of_pages(session: Session) -> list[str]:
    """Codes of the sources that no plant file has as they are: people made them in a browser."""
    latest = session.scalar(select(ConfigRevision).order_by(ConfigRevision.id.desc()).limit(1))
    applied = [] if latest is None else latest.plant_file
    files = {code: value for kind, code, value in applied if kind == "source"}
    present = select(Source.code, Source.definition).where(Source.retired_at.is_(None))
    rows = session.execute(present)
    return sorted(row.code for row in rows if files.get(row.code) != row.definition)


def bound_tags(session: Session) -> frozenset[int]:
    """Ids of the tags that have, or once had, a meaning for a work unit."""
    return frozenset(session.scalars(select(SignalBinding.tag_id).distinct()))
