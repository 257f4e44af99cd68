"""What a form made and may be shown only now, such as a PIN: done once, shown after a redirect.

The answer to such a form is a redirect to its page, so that "back" and "reload" send nothing again;
what was made waits here until that page asks for it. A form that comes a second time with the same
command id makes nothing more and leads to the same result. All of it lies in memory, for a quarter
of an hour, and only for the account that sent the form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from uuid import uuid4

from flask import Flask, current_app, redirect, request
from werkzeug.wrappers import Response

from mes.clock import real_now_us
from mes.core.instants import US_PER_S
from mes.web.roles import actor

EXTENSION = "mes_once"
KEPT_US = 900 * US_PER_S
KEPT_MAX = 1000
COMMAND_MAX = 80
UNTYPED = frozenset({"csrf_token", "command_id", "seen"})
MADE = "made"
"""Parameter of the page that shows what was made."""

Made = dict[str, Any]


@dataclass(slots=True)
class Once:
    """What was made lately, by account and form; safe for threads."""

    _lock: Lock = field(default_factory=Lock)
    _kept: dict[tuple[str, str], tuple[int, Made]] = field(default_factory=dict)

    def do(self, key: tuple[str, str], now_us: int, make: Callable[[], Made]) -> Made:
        """Make it and keep what is shown, unless this form has made it already; what was made.

        Args:
            key: account and form.
            now_us: real time.
            make: runs with nobody else's beside it; what it raises passes through.
        """
        with self._lock:
            self._forget(now_us)
            if key not in self._kept:
                self._kept[key] = (now_us, make())
            return self._kept[key][1]

    def shown(self, key: tuple[str, str], now_us: int) -> Made | None:
        """What was made, None when nothing is kept of it any more."""
        with self._lock:
            self._forget(now_us)
            found = self._kept.get(key)
        return None if found is None else found[1]

    def _forget(self, now_us: int) -> None:
        """Drop what is too old, and the oldest of too many; the kept are in order of time."""
        old = [key for key, (at, _) in self._kept.items() if now_us - at > KEPT_US]
        for key in old or list(self._kept)[: max(0, len(self._kept) - KEPT_MAX)]:
            del self._kept[key]


def init_once(app: Flask) -> None:
    """Give the application its memory of what was made."""
    app.extensions[EXTENSION] = Once()


def made_once(page: str, make: Callable[[], Made]) -> Response:
    """Carry out the form of the present request once, and lead to the page that shows the result.

    Args:
        page: path of the page that asks `made_now`.
        make: does it, and gives what the page shows; a Refusal of it passes through.
    """
    form = _form()
    _held().do((_owner(), form), real_now_us(), make)
    return redirect(f"{page}?{MADE}={form}", 303)


def done_once(make: Callable[[], Made]) -> Made:
    """Carry out the form of the present request once; what it made, now or the first time."""
    return _held().do((_owner(), _form()), real_now_us(), make)


def made_now() -> Made | None:
    """What the form made that led to the present page, None when none did or it is long ago."""
    form = request.args.get(MADE, "")
    return _held().shown((_owner(), form), real_now_us()) if form else None


def _form() -> str:
    """The form that was sent: by its address, command id and what was typed; without a command
    id, always another. Whoever goes back and types something else sends another form."""
    command = request.form.get("command_id", "")[:COMMAND_MAX] or str(uuid4())
    typed = [pair for pair in request.form.items(multi=True) if pair[0] not in UNTYPED]
    told = repr((request.path, command, typed))
    return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _owner() -> str:
    who = actor()
    return f"{who.kind} {who.id}"


def _held() -> Once:
    held: Once = current_app.extensions[EXTENSION]
    return held
