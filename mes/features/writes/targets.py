"""What may be written or called: the rule, who may ask, and which edge does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from connectors.sdk.call_rules import CallRule
from connectors.sdk.messages import Value
from connectors.sdk.write_rules import WriteRule
from mes.core.refusal import Refusal
from mes.models import CallPermission, Edge, Source, Tag, TagWrite, WritePermission
from mes.web.roles import Role

Wanted = Value | Mapping[str, Value]
"""The value of a tag, or the arguments of a method by name."""


class Kind(StrEnum):
    """What is asked of a machine; the words are those of the requests to edges."""

    WRITE = "write"
    CALL = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A tag or a method on the allow-list.

    Attributes:
        id: of the tag, or of the permission to call.
        name: SOURCE/TAG or SOURCE/NAME.
        edge: code of the edge that runs its source.
        roles: who may ask, besides an administrator.
    """

    kind: Kind
    id: int
    name: str
    edge: str
    rule: WriteRule | CallRule
    roles: tuple[Role, ...]

    def request(self, wanted: Wanted) -> Mapping[str, Any]:
        """What the edge is asked to do."""
        if self.kind is Kind.WRITE:
            return {"tag": self.name, "value": wanted}
        return {"call": self.name, "arguments": wanted}


def find_target(session: Session, name: str, kind: Kind = Kind.WRITE) -> Target:
    """The rule of a tag or method; its row is kept, so that its writes or calls follow each other.

    Args:
        name: SOURCE/TAG or SOURCE/NAME.

    Raises:
        Refusal: `write_not_allowed` or `call_not_allowed` (403): it is not on the allow-list.
    """
    source, _, own = name.partition("/")
    found = _permitted_tag(session, source, own) if kind is Kind.WRITE else None
    if kind is Kind.CALL:
        found = _permitted_call(session, source, own)
    if found is None:
        part, field = ("writes", "tag") if kind is Kind.WRITE else ("calls", "call")
        message = f"{name} is not on the allow-list of {part}; name it under `{part}` first"
        raise Refusal(f"{kind}_not_allowed", message, status=403, field=field)
    parts = {key: part for key, part in found.rule.items() if key != "roles"}
    rule: WriteRule | CallRule
    if kind is Kind.WRITE:
        rule = WriteRule.model_validate({"tag": name, **parts})
    else:
        rule = CallRule.model_validate({"call": name, **parts})
    roles = tuple(Role(role) for role in found.rule["roles"])
    return Target(kind=kind, id=found.id, name=name, edge=found.code, rule=rule, roles=roles)


def _permitted_tag(session: Session, source: str, name: str) -> Row[int, str, Any] | None:
    return session.execute(
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


def _permitted_call(session: Session, source: str, name: str) -> Row[int, str, Any] | None:
    return session.execute(
        select(CallPermission.id, Edge.code, CallPermission.rule)
        .join(Source, Source.id == CallPermission.source_id)
        .join(Edge, Edge.id == Source.edge_id)
        .where(
            Source.code == source,
            CallPermission.name == name,
            Source.retired_at.is_(None),
            CallPermission.retired_at.is_(None),
        )
        .with_for_update(of=CallPermission)
    ).one_or_none()


def check_value(target: Target, wanted: Wanted) -> None:
    """Refuse what the rule does not allow.

    Raises:
        Refusal: `write_out_of_range` or `call_out_of_range` (422).
    """
    if isinstance(target.rule, WriteRule):
        assert not isinstance(wanted, Mapping)
        problem = target.rule.problem(wanted)
        if problem is not None:
            raise Refusal("write_out_of_range", problem, status=422, field="value")
        return
    assert isinstance(wanted, Mapping)
    for name, problem in target.rule.problems(wanted):
        raise Refusal("call_out_of_range", problem, status=422, field=f"arguments.{name}")


def check_rate(session: Session, target: Target, now_us: int) -> None:
    """Refuse what comes too soon after the last time of the same tag or method.

    Raises:
        Refusal: `write_too_soon` (429).
    """
    own = TagWrite.tag_id if target.kind is Kind.WRITE else TagWrite.call_id
    last = session.scalar(
        select(TagWrite.sent_at)
        .where(own == target.id, TagWrite.sent_at.is_not(None))
        .order_by(TagWrite.sent_at.desc())
        .limit(1)
    )
    every_us = round(target.rule.every_s * 1_000_000)
    passed_us = every_us if last is None else now_us - last
    if 0 <= passed_us < every_us:
        wait_s = (every_us - passed_us) / 1_000_000
        raise Refusal(
            "write_too_soon",
            f"{target.name} may be reached once in {target.rule.every_s} s",
            status=429,
            details={"retry_after_s": max(1, round(wait_s + 0.5))},
        )
