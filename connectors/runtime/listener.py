"""Fetches requests of people from the MES by long poll, in an own thread; answers go back likewise.

The edge never listens on a port: the connection always goes outwards. A request is worked on once,
within the time the MES gives for it, and never later.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

import structlog

from connectors.clock import monotonic_s
from connectors.runtime.attempts import Claim
from connectors.runtime.backoff import Backoff
from connectors.runtime.centre import CentreConnection, CentreUnreachable
from connectors.sdk.errors import ConfigurationError, ConnectorError, Unavailable

WAIT_S = 25
TIMEOUT_S = WAIT_S + 10.0
ANSWER_TIMEOUT_S = 10.0
LONGEST_WORK_S = 60.0
AT_ONCE_MAX = 8
LARGEST_REPLY = 1024 * 1024

Document = Mapping[str, object]
Answerer = Callable[[str, Document, Claim], Awaitable[Document]]

log = structlog.get_logger()


class RequestListener:
    """Asks for requests again and again; the work itself runs on the edge's event loop."""

    def __init__(
        self,
        connect: Callable[[], CentreConnection],
        edge: str,
        loop: asyncio.AbstractEventLoop,
        answer: Answerer,
    ) -> None:
        """Prepare.

        Args:
            connect: makes a connection to the MES; one fetches, one brings answers.
            answer: works on a request, given its kind, its arguments and how to claim it, on
                `loop`.
        """
        self._fetching = connect()
        self._answering = connect()
        self._path = f"/api/v1/edges/{quote(edge, safe='')}/requests"
        self._edge = edge
        self._loop = loop
        self._answer = answer
        self._answer_lock = threading.Lock()
        self._places = threading.BoundedSemaphore(AT_ONCE_MAX)
        self._stopping = threading.Event()
        self._said: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="requests", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """End, also in the middle of a long poll; unfinished work is given up."""
        self._stopping.set()
        self._fetching.abort()
        self._answering.abort()
        self._loop.call_soon_threadsafe(self._give_up)
        self._thread.join(1.0)
        with self._answer_lock:
            self._answering.close()

    def _run(self) -> None:
        backoff = Backoff(0.5, 5.0)
        while not self._stopping.is_set():
            try:
                self._fetch()
                backoff.reset()
            except (CentreUnreachable, _NoRequests) as error:
                if str(error) != self._said and not self._stopping.is_set():
                    self._said = str(error)
                    log.warning("requests_not_available", edge=self._edge, detail=self._said)
                self._stopping.wait(backoff.next_s())
        self._fetching.close()

    def _fetch(self) -> None:
        answer = self._fetching.request("GET", f"{self._path}?wait_s={WAIT_S}", timeout_s=TIMEOUT_S)
        requests = answer.document.get("requests")
        if answer.status != HTTPStatus.OK or not isinstance(requests, list):
            raise _NoRequests(answer.code)
        self._said = None
        for request in requests:
            self._places.acquire()
            self._loop.call_soon_threadsafe(self._begin, request)

    def _begin(self, request: Mapping[str, object]) -> None:
        task = asyncio.create_task(self._work(request), name=f"request {request.get('kind')}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._places.release()

    def _give_up(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _work(self, request: Mapping[str, object]) -> None:
        kind, arguments = str(request["kind"]), request["arguments"]
        timeout_s = min(float(str(request["timeout_s"])), LONGEST_WORK_S)
        reply: dict[str, object]
        try:
            async with asyncio.timeout(timeout_s):
                given = arguments if isinstance(arguments, dict) else {}
                claim = partial(asyncio.to_thread, self._claim, str(request["id"]))
                result = await self._answer(kind, given, claim)
            reply = {"result": result}
        except TimeoutError:
            detail = f"no end within {timeout_s:.0f} s"
            reply = {"code": "request_timeout", "detail": detail}
        except ConnectorError as error:
            reply = {"code": error.code, "detail": error.detail}
            if isinstance(error, ConfigurationError):
                reply["field"] = error.field
        except Exception as error:  # one request must not end the edge
            log.exception("request_fault", kind=kind)
            reply = {"code": "request_fault", "detail": f"{type(error).__name__}: {error}"}
        await asyncio.to_thread(self._send, str(request["id"]), reply)

    def _claim(self, request_id: str) -> float:
        """Take a request for good; the monotonic second before which its work must begin.

        Raises:
            Unavailable: `request_over`: nobody waits for it any more, or the MES did not say.
        """
        asked_s = monotonic_s()
        path = f"{self._path}/{quote(request_id, safe='')}/claim"
        with self._answer_lock:
            try:
                answer = self._answering.request(
                    "POST", path, body=b"{}", timeout_s=ANSWER_TIMEOUT_S
                )
            except CentreUnreachable as error:
                raise Unavailable("request_over", f"the MES did not answer: {error}") from error
        left_s = answer.document.get("begin_within_s")
        if answer.status != HTTPStatus.OK or not isinstance(left_s, int | float):
            raise Unavailable("request_over", f"the MES does not wait for it: {answer.code}")
        return asked_s + left_s

    def _send(self, request_id: str, reply: Document) -> None:
        body = json.dumps(reply, ensure_ascii=False).encode()
        if len(body) > LARGEST_REPLY:
            detail = f"the answer has {len(body)} bytes, at most {LARGEST_REPLY} are sent"
            body = json.dumps({"code": "answer_too_large", "detail": detail}).encode()
        path = f"{self._path}/{quote(request_id, safe='')}/answer"
        with self._answer_lock:
            try:
                answer = self._answering.request(
                    "POST", path, body=body, timeout_s=ANSWER_TIMEOUT_S
                )
            except CentreUnreachable as error:
                log.warning("answer_not_delivered", edge=self._edge, detail=str(error))
                return
        if answer.status != HTTPStatus.NO_CONTENT:
            log.warning("answer_not_taken", edge=self._edge, reason=answer.code)


class _NoRequests(Exception):
    """The MES answered, but not with requests."""
