"""Terminals: tablets enrolled once to a work unit or line. Real time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.people.service import ActorJson, end_sessions
from mes.models import Equipment, Terminal
from mes.web.secrets import hash_key, new_key

CODE_LIFE_US = 15 * 60 * 1_000_000
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 8
LEVELS = ("work_unit", "work_center")
"""Where a terminal may stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A terminal that waits for its browser.

    Attributes:
        terminal: code of the terminal.
        code: the one-time code; it is kept nowhere.
        expires_at: until when it can be used, real time, UTC microseconds.
    """

    terminal: str
    code: str
    expires_at: int


def offer_terminal(session: Session, actor: ActorJson, *, equipment: str) -> Offer:
    """Prepare a terminal for a work unit or line.

    Raises:
        Refusal: `not_found` (404).
    """
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    terminal = _new_terminal(session, equipment)
    terminal.key_hash = hash_key(code)
    expires_at = terminal.code_expires_at = real_now_us() + CODE_LIFE_US
    record(session, actor, "terminal.offer", terminal.code, {"equipment": equipment})
    return Offer(terminal=terminal.code, code=code, expires_at=expires_at)


def accept_terminal(session: Session, one_time_code: str) -> tuple[str, str]:
    """Enrol the asking browser by its one-time code; returns the terminal's code and key.

    Raises:
        Refusal: `code_wrong` (401).
    """
    terminal = session.scalar(
        select(Terminal).where(
            Terminal.key_hash == hash_key(one_time_code.strip().upper()),
            Terminal.enrolled_at.is_(None),
            Terminal.retired_at.is_(None),
            Terminal.code_expires_at > real_now_us(),
        )
    )
    if terminal is None:
        raise Refusal("code_wrong", "the code is wrong, used or older than 15 minutes", status=401)
    actor = {"kind": "terminal", "id": terminal.id, "label": terminal.code}
    return terminal.code, _enrol(session, actor, terminal)


def enrol_terminal(session: Session, actor: ActorJson, *, equipment: str) -> tuple[str, str]:
    """Enrol the asking browser at a work unit or line; returns the terminal's code and key.

    Raises:
        Refusal: `not_found` (404).
    """
    terminal = _new_terminal(session, equipment)
    return terminal.code, _enrol(session, actor, terminal)


def retire_terminal(session: Session, actor: ActorJson, code: str) -> None:
    """Make a terminal's key and the sessions at it open nothing any more.

    Raises:
        Refusal: `not_found` (404).
    """
    terminal = session.scalar(select(Terminal).where(Terminal.code == code))
    if terminal is None:
        raise Refusal("not_found", f"there is no terminal {code}", status=404)
    terminal.retired_at = terminal.retired_at or real_now_us()
    end_sessions(session, terminal_id=terminal.id)
    record(session, actor, "terminal.retire", code)


def _new_terminal(session: Session, equipment: str) -> Terminal:
    place = session.scalar(
        select(Equipment).where(
            Equipment.code == equipment,
            Equipment.level.in_(LEVELS),
            Equipment.retired_at.is_(None),
        )
    )
    if place is None:
        raise Refusal("not_found", f"there is no work unit or line {equipment}", status=404)
    count = session.scalar(select(func.count()).select_from(Terminal)) or 0
    terminal = Terminal(
        code=f"terminal-{count + 1}",
        names=place.names,
        equipment_id=place.id,
        key_hash=None,
        code_expires_at=None,
        enrolled_at=None,
        retired_at=None,
        seen_at=None,
    )
    session.add(terminal)
    session.flush()
    return terminal


def _enrol(session: Session, actor: ActorJson, terminal: Terminal) -> str:
    key = new_key()
    terminal.key_hash = hash_key(key)
    terminal.code_expires_at = None
    terminal.enrolled_at = terminal.seen_at = real_now_us()
    record(session, actor, "terminal.enrol", terminal.code)
    return key
