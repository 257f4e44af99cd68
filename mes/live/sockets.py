"""What clients may say on the namespace `/live`: connect, and `watch`. One way only."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import request
from flask_socketio import SocketIO, join_room
from socketio.exceptions import ConnectionRefusedError

from mes.core.refusal import Refusal
from mes.db import Database
from mes.live.hub import NAMESPACE, Hub, room_name
from mes.live.layout import LEVEL_OF_WATCH, read_layout
from mes.live.metrics import BAD_EVENTS, REFUSED
from mes.settings import Settings
from mes.web.roles import Actor, Scope, forbidden, unauthorized
from mes.web.sessions import actor_by_token, find_actor

PING_S = 10
PING_TIMEOUT_S = 8
MESSAGE_BYTES_MAX = 16_384
"""Clients only say what they watch."""
CODE_MAX = 80
PATH = "/socket.io"
UNKNOWN_MAX = 10
"""Connections beyond the limit of clients that may be open before they say who they are."""

log = logging.getLogger("mes.live")


def make_sockets() -> SocketIO:
    """The Socket.IO server, not yet bound to an application."""
    return SocketIO(
        async_mode="threading",
        manage_session=False,
        ping_interval=PING_S,
        ping_timeout=PING_TIMEOUT_S,
        max_http_buffer_size=MESSAGE_BYTES_MAX,
        logger=False,
        engineio_logger=False,
    )


class ConnectionLimit:
    """Refuses new Socket.IO connections while more are open than threads can serve.

    Stands in front of the Socket.IO server: a connection holds a thread before it says who it is.
    """

    def __init__(self, application: Any, sockets: SocketIO, limit: int) -> None:
        self._application = application
        self._sockets: Any = sockets
        self._limit = limit

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer 503 instead of opening one connection too many."""
        if environ.get("PATH_INFO", "").startswith(PATH) and self._is_one_too_many(environ):
            REFUSED.labels("connections").inc()
            start_response(
                "503 Service Unavailable",
                [("Content-Type", "application/problem+json"), ("Retry-After", "5")],
            )
            return [b'{"status": 503, "code": "too_many_sockets", "title": "Not available now"}']
        return self._application(environ, start_response)

    def _is_one_too_many(self, environ: dict[str, Any]) -> bool:
        is_new = "sid=" not in environ.get("QUERY_STRING", "")
        return is_new and len(self._sockets.server.eio.sockets) >= self._limit


def init_sockets(sockets: SocketIO, hub: Hub, database: Database, settings: Settings) -> None:
    """Register the handlers of the namespace."""

    def connect(auth: object = None) -> None:
        try:
            actor = _identify(auth, database, settings)
            hub.clients.add(_sid(), actor)
        except Refusal as refusal:
            if refusal.status in {401, 403}:
                REFUSED.labels(refusal.code).inc()
            raise ConnectionRefusedError(refusal.message, {"code": refusal.code}) from None

    def disconnect(*_reason: object) -> None:
        hub.clients.remove(_sid())

    def watch(*arguments: object) -> list[dict[str, Any]]:
        asked = arguments[0] if len(arguments) == 1 else None
        place_id = _place(asked, database)
        hub.clients.watch(_sid(), place_id)
        join_room(room_name(place_id), namespace=NAMESPACE)
        return hub.present_tiles(place_id)

    def anything_else(event: str, *_arguments: object) -> object:
        raise Refusal(
            "unknown_event",
            f"this server knows no event {str(event)[:CODE_MAX]!r}; say watch, write by REST",
            status=404,
        )

    sockets.on("connect", namespace=NAMESPACE)(connect)
    sockets.on("disconnect", namespace=NAMESPACE)(disconnect)
    sockets.on("watch", namespace=NAMESPACE)(_answering(watch))
    sockets.on("*", namespace=NAMESPACE)(_answering(anything_else))


def _answering(handler: Callable[..., object]) -> Callable[..., object]:
    """Answer a refusal or a failure as an object instead of letting it out."""

    @wraps(handler)
    def answer(*arguments: object) -> object:
        try:
            return handler(*arguments)
        except Refusal as refusal:
            BAD_EVENTS.inc()
            return {"error": {"code": refusal.code, "message": refusal.message}}
        except Exception:  # a client never sees the inside; it is in the log
            log.exception("a socket event failed")
            return {"error": {"code": "internal", "message": "an error of the program"}}

    return answer


def _identify(auth: object, database: Database, settings: Settings) -> Actor:
    token = auth.get("token") if isinstance(auth, dict) else None
    if token is not None:
        actor: Actor | None = actor_by_token(database, str(token))
    else:
        actor = find_actor(request, database, settings)
    if actor is None:
        raise unauthorized("sign in, or connect with auth={'token': ...}")
    if actor.scope is Scope.INGEST:
        raise forbidden("a token of scope ingest does not read live tiles")
    return actor


def _place(asked: object, database: Database) -> int:
    """The row id of what a client wants to watch.

    Raises:
        Refusal: `bad_watch` (422) or `not_found` (404).
    """
    if not isinstance(asked, dict) or len(asked) != 1:
        raise _bad_watch()
    ((key, code),) = asked.items()
    if key not in LEVEL_OF_WATCH or not isinstance(code, str) or not 0 < len(code) <= CODE_MAX:
        raise _bad_watch()
    with database.reading() as session:
        place_id = read_layout(session).watchable.get((LEVEL_OF_WATCH[key], code))
    if place_id is None:
        raise Refusal("not_found", f"there is no {key.replace('_', ' ')} {code!r}", status=404)
    return place_id


def _bad_watch() -> Refusal:
    return Refusal(
        "bad_watch",
        "say watch with one of {'site': ID}, {'line': ID}, {'work_unit': ID}",
        status=422,
    )


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]  # added by Flask-SocketIO
