"""Pulls the configuration from the MES by long poll, in an own thread with an own connection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

import structlog

from connectors.runtime.backoff import Backoff
from connectors.runtime.centre import CentreConnection, CentreUnreachable

WAIT_S = 25
TIMEOUT_S = WAIT_S + 10.0
QUICK_ANSWER_PAUSE_S = 1.0

log = structlog.get_logger()


class ConfigurationPuller:
    """Asks for something newer than what the edge has, again and again."""

    def __init__(
        self,
        connection: CentreConnection,
        edge: str,
        revision: int,
        on_configuration: Callable[[dict[str, object]], None],
    ) -> None:
        """Prepare.

        Args:
            revision: what the edge has already.
            on_configuration: called in the puller's thread with each newer document.
        """
        self._connection = connection
        self._edge = edge
        self._revision = revision
        self._on_configuration = on_configuration
        self._stopping = threading.Event()
        self._said: str | None = None
        self._thread = threading.Thread(target=self._run, name="configuration", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """End, also in the middle of a long poll."""
        self._stopping.set()
        self._connection.abort()
        self._thread.join(1.0)

    def _run(self) -> None:
        backoff = Backoff(0.5, 5.0)
        while not self._stopping.is_set():
            try:
                pause_s = self._ask()
                backoff.reset()
            except (CentreUnreachable, _NoConfiguration) as error:
                if str(error) != self._said and not self._stopping.is_set():
                    self._said = str(error)
                    log.warning("configuration_not_available", edge=self._edge, detail=self._said)
                pause_s = backoff.next_s()
            self._stopping.wait(pause_s)
        self._connection.close()

    def _ask(self) -> float:
        """One long poll; returns the real seconds to wait before the next."""
        path = (
            f"/api/v1/edges/{quote(self._edge, safe='')}/configuration"
            f"?after={self._revision}&wait_s={WAIT_S}"
        )
        answer = self._connection.request("GET", path, timeout_s=TIMEOUT_S)
        if answer.status == HTTPStatus.NO_CONTENT:
            return 0.1
        revision = answer.document.get("revision")
        if answer.status != HTTPStatus.OK or not isinstance(revision, int):
            raise _NoConfiguration(answer.code)
        self._said = None
        if revision == self._revision:
            return QUICK_ANSWER_PAUSE_S
        self._revision = revision
        self._on_configuration(answer.document)
        return 0.0


class _NoConfiguration(Exception):
    """The MES answered, but not with a configuration."""
