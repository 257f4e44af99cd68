"""The HTTP connection from the edge to the MES: one kept-alive connection, always outwards."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LARGEST_ANSWER = 32 * 1024 * 1024
LONGEST_RETRY_AFTER_S = 60.0


class CentreUnreachable(Exception):
    """No answer from the MES: not reachable, timed out, or not HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer.

    Attributes:
        retry_after_s: real seconds the MES asks us to wait; None when it does not say.
        document: the JSON body; empty when there is none.
    """

    status: int
    retry_after_s: float | None
    document: dict[str, object]

    @property
    def code(self) -> str:
        """Stable code of a problem document, or the status in words."""
        code = self.document.get("code")
        return str(code) if code else f"http_{self.status}"


def token_reader(path: Path) -> Callable[[], str]:
    """Reads the token file at each use, because the MES may mint a new token at its start."""
    return lambda: path.read_text(encoding="utf-8").strip()


class CentreConnection:
    """One connection for one thread; only `abort` may be called from another."""

    def __init__(self, server_url: str, token: Callable[[], str]) -> None:
        parts = urlsplit(server_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                f"the server address must look like http://host:port, not {server_url}"
            )
        self._parts = parts
        self._token = token
        self._connection: http.client.HTTPConnection | None = None
        self._aborted = threading.Event()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        zipped: bool = False,
        timeout_s: float = 10.0,
    ) -> Answer:
        """Send one request and wait for its answer.

        A kept connection that the server closed meanwhile is opened again once.

        Raises:
            CentreUnreachable: no usable answer within `timeout_s`.
        """
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if zipped:
            headers["Content-Encoding"] = "gzip"
        try:
            headers["Authorization"] = f"Bearer {self._token()}"
            return self._send(method, path, body, headers, timeout_s)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            detail = str(error) or type(error).__name__
            raise CentreUnreachable(detail) from error

    def abort(self) -> None:
        """Make a request that is waiting in another thread end at once, and refuse new ones."""
        self._aborted.set()
        connection = self._connection
        sock = connection.sock if connection is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        timeout_s: float,
    ) -> Answer:
        kept = self._connection is not None
        while True:
            if self._aborted.is_set():
                raise OSError("the edge is stopping")
            connection = self._connection or self._open(timeout_s)
            if connection.sock is not None:
                connection.sock.settimeout(timeout_s)
            try:
                connection.request(method, self._parts.path.rstrip("/") + path, body, headers)
                return self._answer(connection.getresponse())
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                if not kept:
                    raise
                kept = False

    def _open(self, timeout_s: float) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        connect_timeout_s = min(timeout_s, 5.0)
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            self._connection = http.client.HTTPSConnection(
                host, port, timeout=connect_timeout_s, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(host, port, timeout=connect_timeout_s)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection

    def _answer(self, response: http.client.HTTPResponse) -> Answer:
        text = response.read(LARGEST_ANSWER + 1)
        if len(text) > LARGEST_ANSWER:
            raise ValueError("the answer is too large")
        if response.will_close:
            self.close()
        document: object = {}
        if text:
            try:
                document = json.loads(text)
            except ValueError:
                if response.status < http.client.BAD_REQUEST:
                    raise
        return Answer(
            status=response.status,
            retry_after_s=_seconds(response.getheader("Retry-After")),
            document=document if isinstance(document, dict) else {},
        )


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else min(max(float(text), 0.0), LONGEST_RETRY_AFTER_S)
    except ValueError:
        return None
