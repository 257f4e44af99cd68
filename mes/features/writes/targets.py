"""What may be written: the rule of a tag, who may ask, and which edge does it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.messages import Value
from connectors.sdk.write_rules import WriteRule
from mes.core.refusal import Refusal
from mes.models import Edge, Source, Tag, TagWrite, WritePermission
from mes.web.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A tag on the allow-list.

    Attributes:
        tag: SOURCE/TAG.
        edge: code of the edge that runs its source.
        roles: who may ask for a write, besides an administrator.
    """

    tag_id: int
    tag: str
    edge: str
    rule: WriteRule
    roles: tuple[Role, ...]


def find_target(session: Session, tag: str) -> Target:
    """The rule of a tag; its row is kept, so that writes of one tag follow each other.

    Raises:
        Refusal: `write_not_allowed` (403): the tag is not on the allow-list, or does not exist.
    """
    source, _, name = tag.partition("/")
    row = session.execute(
        select(Tag.id, Edge.code, WritePermission.rule)
        .join(WritePermission, WritePermission.tag_id == Tag.id)
        .join(Source, Source.id == Tag.source_id)
        .join(Edge, Edge.id == Source.edge_id)
        .where(
            Source.code == source,
            Tag.name == name,
            Source.retired_at.is_(None),
            Tag.retired_at.is_(None),
            WritePermission.retired_at.is_(None),
        )
        .with_for_update(of=WritePermission)
    ).one_or_none()
    if row is None:
        message = f"{tag} is not on the allow-list of writes; name it under `writes` first"
        raise Refusal("write_not_allowed", message, status=403, field="tag")
    parts = {key: part for key, part in row.rule.items() if key != "roles"}
    return Target(
        tag_id=row.id,
        tag=tag,
        edge=row.code,
        rule=WriteRule.model_validate({"tag": tag, **parts}),
        roles=tuple(Role(role) for role in row.rule["roles"]),
    )


def check_value(target: Target, value: Value) -> None:
    """Refuse what the rule does not allow.

    Raises:
        Refusal: `write_out_of_range` (422).
    """
    problem = target.rule.problem(value)
    if problem is not None:
        raise Refusal("write_out_of_range", problem, status=422, field="value")


def check_rate(session: Session, target: Target, now_us: int) -> None:
    """Refuse a write that comes too soon after the last one of the same tag.

    Raises:
        Refusal: `write_too_soon` (429).
    """
    last = session.scalar(
        select(TagWrite.sent_at)
        .where(TagWrite.tag_id == target.tag_id, TagWrite.sent_at.is_not(None))
        .order_by(TagWrite.sent_at.desc())
        .limit(1)
    )
    every_us = round(target.rule.every_s * 1_000_000)
    passed_us = every_us if last is None else now_us - last
    if 0 <= passed_us < every_us:
        wait_s = (every_us - passed_us) / 1_000_000
        raise Refusal(
            "write_too_soon",
            f"{target.tag} may be written once in {target.rule.every_s} s",
            status=429,
            details={"retry_after_s": max(1, round(wait_s + 0.5))},
        )
