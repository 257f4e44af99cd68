"""What is no packet at all closes its connection, is counted, and makes no noise in the log.

The libraries would log a trace for each such packet: anybody who can open a socket could fill the
log and hide in it what matters.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import socket
from collections.abc import Callable
from typing import Any

from engineio.packet import Packet
from engineio.payload import Payload
from flask_socketio import SocketIO

from mes.live.metrics import BAD_PACKETS
from mes.live.wire import SharedWebSocket

GARBAGE = (ValueError, TypeError, LookupError, RecursionError)
"""What the libraries raise when they cannot read a packet."""

log = logging.getLogger("mes.live")


class GuardedWebSocket(SharedWebSocket):
    """A websocket that ends at the first message that is no Engine.IO packet."""

    def wait(self) -> str | bytes | None:
        """The next message; None: the connection has ended, or ends now."""
        message: str | bytes | None = super().wait()
        try:
            if message is not None:
                Packet(encoded_packet=message)
        except GARBAGE as mistake:
            _note(mistake)
            return None
        return message

    def close(self) -> None:
        """Say goodbye and end the connection, whatever its other end does.

        Closing a socket does not wake the thread that reads from it; ending the connection does.
        """
        with (
            contextlib.suppress(OSError),
            socket.socket(fileno=os.dup(self.socket_number())) as copy,
        ):
            super().close()
            copy.shutdown(socket.SHUT_RDWR)


def close_on_garbage(sockets: SocketIO) -> None:
    """Watch over the messages of a server that is bound to its application."""
    eio = sockets.server.eio  # type: ignore[attr-defined]  # set by init_app
    eio._async = {**eio._async, "websocket": GuardedWebSocket}
    eio.handlers["message"] = _closing(eio, eio.handlers["message"])
    eio.handle_request = _answering(eio.handle_request, eio.max_http_buffer_size)
    for name in ("engineio.server", "socketio.server"):
        logging.getLogger(name).handlers.clear()  # the root logger speaks for all


def _answering(handle: Callable[..., Any], bytes_max: int) -> Callable[..., Any]:
    """Answer a request of long polling that holds no packets as the bad request it is."""

    def handle_request(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        length = environ.get("CONTENT_LENGTH") or "0"
        if (
            environ.get("REQUEST_METHOD") == "POST"
            and length.isdigit()
            and int(length) <= bytes_max
        ):
            body: bytes = environ["wsgi.input"].read(int(length))
            try:
                Payload(encoded_payload=body.decode())
            except GARBAGE as mistake:
                _note(mistake)
                start_response("400 BAD REQUEST", [("Content-Type", "text/plain")])
                return [b"this is no packet"]
            environ["wsgi.input"] = io.BytesIO(body)
        return handle(environ, start_response)

    return handle_request


def _closing(eio: Any, handle: Callable[[str, object], object]) -> Callable[[str, object], None]:
    """Handle a message; one that is no Socket.IO packet closes its connection.

    Our own event handlers run elsewhere, so that their failures never come by here.
    """

    def guarded(sid: str, data: object) -> None:
        try:
            handle(sid, data)
        except GARBAGE as mistake:
            _note(mistake)
            eio.start_background_task(eio.disconnect, sid)

    return guarded


def _note(mistake: Exception) -> None:
    BAD_PACKETS.inc()
    log.info("a client sent what is no packet: %s", type(mistake).__name__)
