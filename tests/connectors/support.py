"""What several connector tests need: free ports, waiting, and a small centre over real HTTP."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from connectors.clock import monotonic_s

TOKEN = "throw-away-token"


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until the condition holds; fail with its absence after `seconds`."""
    end = monotonic_s() + seconds
    while not condition():
        assert monotonic_s() < end, "the condition did not come true in time"
        await asyncio.sleep(0.01)


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """The same for tests without an event loop."""
    pause = threading.Event()
    end = monotonic_s() + seconds
    while not condition():
        assert monotonic_s() < end, "the condition did not come true in time"
        pause.wait(0.01)


@dataclass
class Centre:
    """A small MES: takes batches, remembers every record, answers as told.

    Attributes:
        answers: statuses to answer instead of 200, used up one by one, with body and headers.
        bodies: every body received.
        records: records by (source, stream, epoch), by sequence number.
    """

    url: str = ""
    answers: list[tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    refuse: Callable[[dict[str, Any]], tuple[int, dict[str, Any]] | None] = lambda body: None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    records: dict[tuple[str, str, str], dict[int, list[Any]]] = field(default_factory=dict)
    repeated: int = 0
    acknowledge_up_to: int | None = None
    configuration: dict[str, Any] | None = None
    encodings: list[str | None] = field(default_factory=list)
    contiguous: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def values(self, source: str, tag: str, stream: str = "event") -> list[Any]:
        """Values of one tag in order of their sequence numbers."""
        return [
            record[3]
            for (name, kind, _), records in self.records.items()
            if (name, kind) == (source, stream)
            for _, record in sorted(records.items())
            if record[1] == "v" and record[2] == tag
        ]

    def kinds(self, source: str, stream: str = "event") -> list[list[Any]]:
        """All records of one stream in order of their sequence numbers."""
        return [
            record
            for (name, kind, _), records in self.records.items()
            if (name, kind) == (source, stream)
            for _, record in sorted(records.items())
        ]

    def states(self, source: str) -> list[tuple[str, str | None]]:
        """Link states of one source as reported, repeated ones left out."""
        states: list[tuple[str, str | None]] = []
        for body in list(self.bodies):
            for link in body["links"]:
                entry = (link["state"], link["reason"])
                if link["source"] == source and (not states or states[-1] != entry):
                    states.append(entry)
        return states

    def take(self, body: dict[str, Any]) -> dict[str, Any]:
        """Remember the batches and answer with the highest contiguous sequence numbers."""
        acked: dict[str, dict[str, Any]] = {}
        for batch in body["batches"]:
            key = (batch["source"], batch["stream"], batch["epoch"])
            known = self.records.setdefault(key, {})
            for record in batch["records"]:
                last = record[2] if record[1] == "s" else record[0]
                for seq in range(record[0], last + 1):
                    self.repeated += seq in known
                    known.setdefault(seq, record)
            seq = self.contiguous.get(key, 0)
            while seq + 1 in known:
                seq += 1
            self.contiguous[key] = seq
            seq = min(seq, self.acknowledge_up_to or seq)
            entry = {"epoch": batch["epoch"], "seq": seq}
            acked.setdefault(batch["source"], {})[batch["stream"]] = entry
        return {"acked": acked, "quarantined": 0, "config_revision": 0}


@contextmanager
def centre() -> Iterator[Centre]:
    """A running centre on the loopback interface."""
    state = Centre()
    newer = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            state.encodings.append(self.headers["Content-Encoding"])
            if self.headers["Content-Encoding"] == "gzip":
                raw = gzip.decompress(raw)
            body = json.loads(raw)
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                self.answer(401, {"code": "token_invalid"}, {})
                return
            refusal = state.refuse(body)
            if state.answers:
                self.answer(*state.answers.pop(0))
            elif refusal is not None:
                self.answer(*refusal, {})
            else:
                answer = state.take(body)
                state.bodies.append(body)
                self.answer(200, answer, {})

        def do_GET(self) -> None:
            after = int(self.path.partition("after=")[2].partition("&")[0])
            for _ in range(20):
                found = state.configuration
                if found is not None and found["revision"] > after:
                    self.answer(200, found, {})
                    return
                newer.wait(0.05)
            self.answer(204, None, {})

        def answer(self, status: int, body: dict[str, Any] | None, headers: dict[str, str]) -> None:
            text = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that goes away is no error of the test."""

    server = Server(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
