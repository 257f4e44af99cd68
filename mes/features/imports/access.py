"""Who may import what."""

from __future__ import annotations

from flask import request

from mes.core.refusal import Refusal
from mes.features.imports.kind import Kind
from mes.features.imports.registry import IMPORTS, find_kind
from mes.web.roles import ActorKind, actor, check, maybe_actor


def allowed_kind(key: str, *, people_only: bool = False) -> Kind:
    """The kind of an address, if who asks may import it.

    Args:
        people_only: the address is a page.

    Raises:
        Refusal: `import_unknown` (404), `unauthorized` (401), `forbidden` (403).
    """
    kind = find_kind(key)
    tokens = kind.tokens and not people_only
    check(actor(), kind.editors, method=request.method, tokens=tokens)
    return kind


def allowed_kinds(*, people_only: bool = False) -> list[Kind]:
    """Every kind that who asks may import."""
    found = []
    for key in IMPORTS:
        try:
            found.append(allowed_kind(key, people_only=people_only))
        except Refusal:
            continue
    return found


def may_import(key: str) -> bool:
    """Whether the reader of a page may import this; strangers may nothing."""
    who = maybe_actor()
    return who is not None and who.kind is not ActorKind.TOKEN and who.has(*find_kind(key).editors)


def owner() -> str:
    """Whose checks are whose."""
    who = actor()
    return f"{who.kind.value}:{who.id}"
