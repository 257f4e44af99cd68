"""A Socket.IO client for tests that keeps what it hears."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import socketio

NAMESPACE = "/live"


class Watcher:
    """A connected client; `tiles` and `heartbeats` hold messages with their time of arrival."""

    def __init__(self, url: str, auth: Any = None, headers: Any = None) -> None:
        self.client = socketio.Client(reconnection=False, handle_sigint=False)
        self.tiles: queue.SimpleQueue[tuple[float, list[dict[str, Any]]]] = queue.SimpleQueue()
        self.heartbeats: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.client.on("tiles", self._tiles, namespace=NAMESPACE)
        self.client.on("heartbeat", self.heartbeats.put, namespace=NAMESPACE)
        try:
            self.client.connect(
                url,
                auth=auth,
                headers=headers or {},
                namespaces=[NAMESPACE],
                transports=["websocket"],
                wait_timeout=20,
            )
        except socketio.exceptions.ConnectionError:
            self.close()
            raise

    def _tiles(self, tiles: list[dict[str, Any]]) -> None:
        self.tiles.put((time.monotonic(), tiles))

    def watch(self, **what: Any) -> Any:
        return self.client.call("watch", what, namespace=NAMESPACE, timeout=15)

    def say(self, event: str, data: Any) -> Any:
        return self.client.call(event, data, namespace=NAMESPACE, timeout=15)

    def next_tile(self, code: str, version: int, seconds: float = 15.0) -> dict[str, Any]:
        """The first tile of a work unit with at least this version."""
        deadline = time.monotonic() + seconds
        while True:
            _, tiles = self.tiles.get(timeout=max(0.01, deadline - time.monotonic()))
            for tile in tiles:
                if tile["work_unit"] == code and tile["version"] >= version:
                    return tile

    def close(self) -> None:
        """End the connection, and its socket too where the server has ended it before."""
        self.client.disconnect()
        if self.client.eio.ws is not None:
            self.client.eio.ws.shutdown()


@contextmanager
def watching(url: str, token: str | None = None, headers: Any = None) -> Iterator[Watcher]:
    watcher = Watcher(url, {"token": token} if token is not None else None, headers)
    try:
        yield watcher
    finally:
        watcher.close()
