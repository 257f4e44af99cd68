"""One frame for many clients: what is the same for all is framed once and written at once.

The library gives each client a queue and a thread that encodes, frames and compresses every message
anew, which costs several times the writing. A server's frames carry no mask (RFC 6455 section 5.1),
so the same bytes serve all; a client that does not take them at once gets the message through its
queue as before. Versioned tiles make the order between the two ways unimportant.
"""

from __future__ import annotations

import socket
import threading
from typing import Any

import simple_websocket
from engineio.async_drivers import _websocket_wsgi
from engineio.packet import NOOP, Packet
from flask_socketio import SocketIO
from socketio.packet import EVENT

ENGINE_MESSAGE = "4"
"""Engine.IO protocol 4: packet type of a message."""
FINAL_TEXT = 0x81


class Wire:
    """A connected socket that two threads write to, frame by frame.

    Stands in for the socket of the library, which writes with `send` and may be interrupted by
    `send_at_once` of another thread between two frames only.
    """

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._rest = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def is_plain(self) -> bool:
        """Whether the socket can be asked not to wait; one under TLS cannot."""
        return type(self._inner) is socket.socket

    def send(self, data: bytes) -> int:
        """Write a whole frame, after what is left of the last one."""
        with self._lock:
            self._inner.sendall(self._rest + data)
            self._rest = b""
        return len(data)

    def send_at_once(self, frame: bytes) -> bool | None:
        """Write a frame without waiting.

        Returns:
            True: it is written; None: its beginning is, and the next `send` must follow soon;
            False: nothing of it is, because the socket is busy, full or gone.
        """
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self._rest:
                return False
            written = self._inner.send(frame, socket.MSG_DONTWAIT)
            self._rest = frame[written:]
            return None if self._rest else True
        except OSError:
            return False
        finally:
            self._lock.release()


class SharedWebSocket(_websocket_wsgi.SimpleWebSocketWSGI):  # type: ignore[misc]  # untyped
    """The library's websocket, with its socket known to the Engine.IO socket as `wire`."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Shake hands, and serve the connection until it ends."""
        server: Any = simple_websocket.Server(environ, **self.server_args)
        self.ws = server
        server.sock = wire = Wire(server.sock)
        if wire.is_plain:
            self.app.__self__.wire = wire
        answer = self.app(self)
        # neither server may answer a connection that has been upgraded
        if server.mode == "gunicorn":
            raise StopIteration
        if server.mode == "werkzeug":
            raise ConnectionError
        return answer

    def socket_number(self) -> int:
        """The file descriptor of the connection; -1: it is closed."""
        server: Any = self.ws
        return int(server.sock.fileno())


def broadcast(sockets: SocketIO, event: str, data: object, *, to: str, namespace: str) -> int:
    """Send an event to a room; the message is encoded and framed once.

    Returns:
        How many clients got it through their queue.
    """
    server: Any = sockets.server  # type: ignore[attr-defined]  # set by init_app
    packet = server.packet_class(EVENT, data=[event, data], namespace=namespace)
    text = packet.encode()
    frame = text_frame((ENGINE_MESSAGE + text).encode())
    queued = 0
    for _, eio_sid in list(server.manager.get_participants(namespace, to)):
        client = server.eio.sockets.get(eio_sid)
        if client is None or client.closed:
            continue
        wire: Wire | None = getattr(client, "wire", None)
        ready = wire is not None and client.upgraded and client.queue.empty()
        written = wire.send_at_once(frame) if ready and wire is not None else False
        if written is None:
            server.eio.send_packet(eio_sid, Packet(NOOP))  # makes the writer send the rest
        elif not written:
            server.eio.send(eio_sid, text)
            queued += 1
    return queued


def text_frame(payload: bytes) -> bytes:
    """A whole text message as one frame of a server (RFC 6455 section 5.2)."""
    size = len(payload)
    if size < 126:
        head = bytes((FINAL_TEXT, size))
    elif size < 65_536:
        head = bytes((FINAL_TEXT, 126)) + size.to_bytes(2)
    else:
        head = bytes((FINAL_TEXT, 127)) + size.to_bytes(8)
    return head + payload
