"""Where edges deliver: one POST, answered after everything in it has been committed."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apiflask import APIBlueprint
from flask import request

from mes.core.refusal import Refusal
from mes.features.ingest.queries import sources
from mes.features.ingest.service import ingest
from mes.web.roles import Scope, actor, require, require_scope
from mes.web.wiring import database, reading, settings

bp = APIBlueprint("ingest", __name__, url_prefix="/api/v1")

UNPACKED_TIMES_MAX = 20
"""A packed body may grow by this factor of the largest request, no more."""


class BytesInFlight:
    """How many bytes of requests are being worked on; more than the limit must wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.bytes = 0
        self.refused = 0

    @contextmanager
    def holding(self, size: int, limit: int) -> Iterator[None]:
        """Count a request while it is worked on.

        Raises:
            Refusal: `ingest_busy` (429).
        """
        with self._lock:
            if self.bytes and self.bytes + size > limit:
                self.refused += 1
                raise Refusal(
                    "ingest_busy",
                    "too much is being written at the moment; send it again",
                    status=429,
                    details={"retry_after_s": 1},
                )
            self.bytes += size
        try:
            yield
        finally:
            with self._lock:
                self.bytes -= size


in_flight = BytesInFlight()


@bp.post("/ingest")
@bp.doc(summary="Deliver readings of an edge", tags=["ingest"])
@require_scope(Scope.INGEST)
def deliver() -> dict[str, Any]:
    """Store readings, gaps and link states; what the answer acknowledges is on disk."""
    edge = actor().edge
    if edge is None:
        raise Refusal("source_not_allowed", "this token belongs to no edge", status=403)
    limits = settings()
    packed = request.get_data(cache=False)
    with in_flight.holding(len(packed), limits.ingest_bytes_in_flight_max):
        body = _parsed(_unpacked(packed, limits.request_bytes_max * UNPACKED_TIMES_MAX))
        return ingest(database(), edge, body)


def _unpacked(packed: bytes, bytes_max: int) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        return packed
    if encoding != "gzip":
        raise Refusal("unsupported_encoding", "send the body plain or as gzip", status=415)
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(packed, bytes_max)
    except zlib.error:
        raise Refusal("ingest_malformed", "the body is not gzip", status=422) from None
    if unpacker.unconsumed_tail:
        raise Refusal("ingest_too_large", "the unpacked body is too large; split it", status=413)
    if not unpacker.eof:
        raise Refusal("ingest_malformed", "the gzip body ends too early", status=422)
    return body


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal("ingest_malformed", "the body is not JSON", status=422) from None


@bp.get("/sources")
@bp.doc(summary="Sources with link state and last values", tags=["sources"])
@require()
def list_sources() -> dict[str, Any]:
    """All sources; `advice` is a code that says what to do."""
    with reading() as session:
        return {"items": sources(session), "next": None}
