"""The board where requests to edges wait: bounded, in memory, every request handed out once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from mes.clock import monotonic_s
from mes.core.refusal import Refusal

OPEN_MAX = 16
"""Requests to one edge that may wait or run at the same time."""

TIMEOUT_S_MAX = 60.0
GRACE_S = 1.0
"""How much longer the asker waits than the edge may work, for the way back."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an edge answered.

    Attributes:
        result: what was found; None when it failed.
        code: stable code of the failure; None when it succeeded.
        detail: a sentence for people; None when there is nothing to say.
        field: path of the offending field of the configuration; None when it is about none.
        was_claimed: whether the edge had taken the request for good: work may have begun.
    """

    result: Document | None = None
    code: str | None = None
    detail: str | None = None
    field: str | None = None
    was_claimed: bool = False


@dataclass(slots=True, kw_only=True)
class _Open:
    id: str
    kind: str
    arguments: Document
    expires_s: float
    claim_by_s: float | None
    is_taken: bool = False
    is_claimed: bool = False
    reply: Reply | None = None


class RequestBoard:
    """The open requests of every edge. Threads of askers and of edges meet here."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: dict[str, OrderedDict[str, _Open]] = {}
        self._calls: dict[str, int] = {}
        outcomes = ("asked", "answered", "not_fetched", "not_claimed", "not_answered", "busy")
        self._counts = dict.fromkeys(outcomes, 0)

    @property
    def counts(self) -> Mapping[str, int]:
        """What became of all requests since the start."""
        with self._changed:
            return dict(self._counts)

    def ask(
        self,
        edge: str,
        kind: str,
        arguments: Document,
        *,
        timeout_s: float,
        begin_within_s: float | None = None,
    ) -> Reply:
        """Put a request up and wait for its answer.

        Args:
            timeout_s: real seconds the edge may need; after that nobody carries it out any more.
            begin_within_s: real seconds in which the edge must have claimed it, for what changes
                something and must not be done late; None: it needs no claim.

        Raises:
            Refusal: `edge_busy` (429), `edge_not_listening`, `edge_too_late` (504: nobody fetched
                or claimed it, so nothing was done) or `edge_no_answer` (504: what came of it is
                not known).
        """
        with self._changed:
            limit_s = min(timeout_s, TIMEOUT_S_MAX)
            request = self._put_up(edge, kind, arguments, limit_s, begin_within_s)
            try:
                if request.claim_by_s is not None:
                    self._changed.wait_for(
                        lambda: request.is_claimed or request.reply is not None,
                        max(0.0, request.claim_by_s - monotonic_s()),
                    )
                if request.claim_by_s is None or request.is_claimed:
                    self._changed.wait_for(
                        lambda: request.reply is not None, _left_s(request) + GRACE_S
                    )
                return self._answer_of(request, edge)
            finally:
                self._take_down(edge, request)

    def fetch(self, edge: str, *, wait_s: float) -> Sequence[Document]:
        """Hand out what waits for an edge, each request once; empty when nothing came in time.

        A later call of the same edge ends an earlier one empty-handed: an edge that was started
        again has left a call behind whose answer nobody would read.
        """
        with self._changed:
            call = self._calls[edge] = self._calls.get(edge, 0) + 1
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._calls[edge] != call or bool(self._waiting(edge)), wait_s
            )
            found = self._waiting(edge) if self._calls[edge] == call else []
            for request in found:
                request.is_taken = True
            return [
                {
                    "id": request.id,
                    "kind": request.kind,
                    "arguments": request.arguments,
                    "timeout_s": _left_s(request),
                }
                for request in found
            ]

    def claim(self, edge: str, request_id: str) -> float:
        """Let the edge take a request for good, once; the real seconds in which it must begin.

        Raises:
            Refusal: `edge_request_over` (410): it is too late, or it was claimed before.
        """
        with self._changed:
            request = self._requests(edge).get(request_id)
            by_s = None if request is None else request.claim_by_s
            if request is None or by_s is None or not request.is_taken or request.is_claimed:
                raise _over("this request cannot be claimed any more")
            left_s = by_s - monotonic_s()
            if left_s <= 0:
                raise _over("the time to begin with this request is over")
            request.is_claimed = True
            self._changed.notify_all()
            return left_s

    def answer(self, edge: str, request_id: str, reply: Reply) -> None:
        """Take the answer of an edge.

        Raises:
            Refusal: `edge_request_over` (410): nobody waits for it any more.
        """
        with self._changed:
            request = self._requests(edge).get(request_id)
            if request is None or not request.is_taken or request.reply is not None:
                raise _over("nobody waits for this answer any more")
            request.reply = replace(reply, was_claimed=request.is_claimed)
            self._counts["answered"] += 1
            self._changed.notify_all()

    def _put_up(
        self,
        edge: str,
        kind: str,
        arguments: Document,
        timeout_s: float,
        begin_within_s: float | None,
    ) -> _Open:
        waiting = self._open.setdefault(edge, OrderedDict())
        if len(waiting) >= OPEN_MAX:
            self._counts["busy"] += 1
            message = f"{edge!r} works on {OPEN_MAX} requests already; try again in a moment"
            raise Refusal("edge_busy", message, status=429, details={"retry_after_s": 2})
        now_s = monotonic_s()
        request = _Open(
            id=str(uuid4()),
            kind=kind,
            arguments=arguments,
            expires_s=now_s + timeout_s,
            claim_by_s=None if begin_within_s is None else now_s + begin_within_s,
        )
        waiting[request.id] = request
        self._counts["asked"] += 1
        self._changed.notify_all()
        return request

    def _answer_of(self, request: _Open, edge: str) -> Reply:
        if request.reply is not None:
            return request.reply
        if not request.is_taken:
            self._counts["not_fetched"] += 1
            message = f"{edge!r} does not ask for requests; nothing was done. Is it running?"
            raise Refusal("edge_not_listening", message, status=504)
        if request.claim_by_s is not None and not request.is_claimed:
            self._counts["not_claimed"] += 1
            message = f"{edge!r} did not begin in time; nothing was done, nor will be"
            raise Refusal("edge_too_late", message, status=504)
        self._counts["not_answered"] += 1
        message = f"{edge!r} took the request and gave no answer in time; look before you repeat it"
        raise Refusal("edge_no_answer", message, status=504)

    def _take_down(self, edge: str, request: _Open) -> None:
        waiting = self._open[edge]
        del waiting[request.id]
        if not waiting:
            del self._open[edge]

    def _requests(self, edge: str) -> Mapping[str, _Open]:
        return self._open.get(edge) or {}

    def _waiting(self, edge: str) -> list[_Open]:
        requests = self._requests(edge).values()
        return [each for each in requests if not each.is_taken and _may_begin(each)]


def _may_begin(request: _Open) -> bool:
    by_s = request.expires_s if request.claim_by_s is None else request.claim_by_s
    return by_s > monotonic_s()


def _over(message: str) -> Refusal:
    return Refusal("edge_request_over", message, status=410)


def _left_s(request: _Open) -> float:
    """Real seconds until the request must not be carried out any more; never negative."""
    return max(0.0, request.expires_s - monotonic_s())
