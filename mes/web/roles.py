"""Who acts, and what they may do.

A route says what it needs with `@require(...)`; it is checked before the body is looked at:

    @bp.post("/work-orders")
    @bp.input(OrderIn)
    @require(Role.SUPERVISOR)
    def create(...): ... actor() ...

- `@require()`: anybody known: account, person at a terminal, enrolled terminal, token.
- `@require(Role.X, Role.Y)`: one of these roles; an administrator always passes. A token of scope
  `write` passes too; one of scope `read` passes on GET and HEAD.
- `@require(Role.OPERATOR, terminal=True)`: an enrolled terminal may do it without a person signed
  in, so that a lockout never keeps anybody from reporting a stop.
- `@require(Role.ADMINISTRATOR, tokens=False)`: people only.
- `@require_scope(Scope.INGEST)`: a token of this scope only; `actor().edge` is its edge.
- `@require_own_edge()`: the token of the edge that the address names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import current_app, g, request

from mes.core.refusal import Refusal

P = ParamSpec("P")
R = TypeVar("R")

GUARD = "mes_guard"
"""Attribute of a route's function that holds its guard."""
NEEDS = "mes_needs"
"""Attribute of a route's function that holds what `require` was given."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Role(StrEnum):
    """What an account or person may be."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    QUALITY = "quality"
    MAINTENANCE = "maintenance"
    MANAGER = "manager"
    INTEGRATOR = "integrator"
    ADMINISTRATOR = "administrator"
    DISPLAY = "display"


class Scope(StrEnum):
    """What the token of a machine client opens."""

    READ = "read"
    WRITE = "write"
    INGEST = "ingest"
    DISPLAY = "display"
    """The wall and nothing else, see `mes.web.displays`."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route asks of whoever calls it; no roles: anybody known."""

    roles: tuple[Role, ...]
    terminal: bool
    tokens: bool

    def allows(self, role: Role) -> bool:
        """Whether somebody with this role alone may call it."""
        return not self.roles or role in (*self.roles, Role.ADMINISTRATOR)


class ActorKind(StrEnum):
    """How somebody is known; a terminal acts alone only where a route allows it."""

    ACCOUNT = "account"
    PERSON = "person"
    TOKEN = "token"  # noqa: S105 - a kind, not a secret
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts.

    Attributes:
        id: row id of the account, person, token or terminal.
        label: login, name, token label or terminal code, as people read it.
        person: badge number of the person, None when no person is known.
        terminal: code of the terminal it came from, None elsewhere.
        work_unit: code of the equipment the terminal stands at, None elsewhere.
        scope: of a token, else None.
        edge: code of the edge that an ingest token belongs to, else None.
        session_id: row id of the session, None for tokens and bare terminals.
        life: real time (UTC microseconds) in which the session lived, of an entry that was typed
            in a session which need not live any more; None: the session lives.
    """

    kind: ActorKind
    id: int
    label: str
    person: str | None = None
    terminal: str | None = None
    work_unit: str | None = None
    roles: frozenset[Role] = frozenset()
    scope: Scope | None = None
    edge: str | None = None
    session_id: int | None = None
    life: tuple[int, int] | None = None

    def to_json(self) -> dict[str, object]:
        """What is stored with a fact or in the audit log."""
        return {
            "kind": self.kind.value,
            "id": self.id,
            "label": self.label,
            "person": self.person,
            "terminal": self.terminal,
        }

    def has(self, *roles: Role) -> bool:
        """Whether it has one of these roles; an administrator has all."""
        return Role.ADMINISTRATOR in self.roles or bool(self.roles & set(roles))


def maybe_actor() -> Actor | None:
    """Who sent the present request, None when nobody is known."""
    known: Actor | None = g.get("mes_actor")
    return known


def actor() -> Actor:
    """Who sent the present request.

    Raises:
        Refusal: `unauthorized` (401) when nobody is known.
    """
    known = maybe_actor()
    if known is None:
        raise unauthorized()
    return known


def require(
    *roles: Role, terminal: bool = False, tokens: bool = True
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a route run only for somebody with one of the roles (none given: for anybody known).

    Args:
        terminal: an enrolled terminal may act without a person.
        tokens: whether machine clients may call it at all.
    """

    def allow() -> None:
        check(actor(), roles, method=request.method, terminal=terminal, tokens=tokens)

    return _guarded_by(allow, Needs(roles, terminal, tokens))


def require_scope(scope: Scope) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a route run only for a token of this scope."""

    def allow() -> None:
        if actor().scope is not scope:
            raise forbidden(f"this address needs a token of scope {scope.value}")

    return _guarded_by(allow)


def require_own_edge() -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a route of `/edges/<edge>` run only for the token of that edge.

    Raises:
        Refusal: `edge_not_allowed` (403) for the token of another edge.
    """

    def allow() -> None:
        if actor().scope is not Scope.INGEST:
            raise forbidden(f"this address needs a token of scope {Scope.INGEST.value}")
        edge = (request.view_args or {})["edge"]
        if actor().edge != edge:
            message = f"this token does not belong to {edge!r}"
            raise Refusal("edge_not_allowed", message, status=403)

    return _guarded_by(allow)


def _guarded_by(
    allow: Callable[[], None], needs: Needs | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            allow()
            return function(*args, **kwargs)

        setattr(guarded, GUARD, allow)
        setattr(guarded, NEEDS, needs)
        return guarded

    return decorate


def authorize_request() -> None:
    """Refuse what the sender may not do before anything of the body is looked at.

    Decorators between route and guard keep the attributes of what they wrap, so that the guard is
    found on the outermost function.

    Raises:
        Refusal: `unauthorized` (401) or `forbidden` (403).
    """
    view = current_app.view_functions.get(request.endpoint or "")
    allow: Callable[[], None] | None = getattr(view, GUARD, None)
    if allow is not None:
        allow()


def check(
    who: Actor,
    roles: tuple[Role, ...],
    *,
    method: str,
    terminal: bool = False,
    tokens: bool = True,
) -> None:
    """Refuse what `who` may not do.

    Raises:
        Refusal: `forbidden` (403).
    """
    if who.kind is ActorKind.TOKEN:
        if not tokens:
            raise forbidden("machine clients may not do this; sign in as a person")
        reads = who.scope in (Scope.READ, Scope.DISPLAY) and method in SAFE_METHODS
        if who.scope is Scope.WRITE or reads:
            return
        raise forbidden(f"a token of scope {who.scope} may not do this")
    if not roles or who.has(*roles):
        return
    if who.kind is ActorKind.TERMINAL:
        if terminal:
            return
        raise unauthorized("sign in at this terminal first")
    raise forbidden("this needs one of the roles: " + ", ".join(role.value for role in roles))


def unauthorized(message: str = "sign in, or send a token as Authorization: Bearer") -> Refusal:
    """Nobody is known."""
    return Refusal("unauthorized", message, status=401)


def forbidden(message: str) -> Refusal:
    """Somebody is known and may not do it."""
    return Refusal("forbidden", message, status=403)
