"""Raw Modbus frames and simulator processes for the tests of the simulators."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def seoul_us(day: int, hour: int, minute: int = 0) -> int:
    """An instant of November 2026 (the 23rd is a Monday) by Seoul wall time, in UTC us."""
    november_us = 1_793_491_200_000_000 - 9 * 3_600_000_000
    return november_us + ((day - 1) * 1440 + hour * 60 + minute) * 60_000_000


def frame(unit: int, pdu: bytes, transaction: int = 1) -> bytes:
    """A Modbus TCP frame."""
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


class RawClient:
    """A Modbus client of nothing but sockets; each answer within `timeout_s` real seconds."""

    def __init__(self, port: int, timeout_s: float = 2.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self._transaction = 0

    def ask(self, unit: int, pdu: bytes) -> bytes:
        """The PDU of the answer.

        Raises:
            TimeoutError: there was none.
        """
        self._transaction = self._transaction % 0xFFFF + 1
        self.socket.sendall(frame(unit, pdu, self._transaction))
        header = self._exactly(7)
        transaction, protocol, length, answered_unit = struct.unpack(">HHHB", header)
        assert (transaction, protocol, answered_unit) == (self._transaction, 0, unit)
        return self._exactly(length - 1)

    def registers(self, unit: int, function: int, address: int, count: int) -> list[int]:
        """Registers read by function 3 or 4."""
        answer = self.ask(unit, struct.pack(">BHH", function, address, count))
        assert answer[0] == function, f"exception {answer[1]}"
        return list(struct.unpack(f">{count}H", answer[2:]))

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise ConnectionError("the server closed the connection")
            data += piece
        return data


class SimulatorProcess:
    """`python -m simulators run` as its own process, ready to serve."""

    def __init__(self, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulators", "run", "--modbus-port", "0", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        line = read_line(self.process, 20.0)
        self.ready: dict[str, Any] = json.loads(line)

    @property
    def modbus_port(self) -> int:
        """The Modbus port."""
        return int(self.ready["modbus_port"])

    def end(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Send a signal; returns the real seconds until the process ended."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(10)
        return time.monotonic() - began


def read_line(process: subprocess.Popen[str], within_s: float) -> str:
    """The first line a process prints; fails when there is none in time."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], within_s)
    assert readable, "the simulator printed nothing"
    return process.stdout.readline()


@contextmanager
def simulator(
    *arguments: str, environment: dict[str, str] | None = None
) -> Iterator[SimulatorProcess]:
    """A running simulator that does not outlive the test."""
    running = SimulatorProcess(*arguments, environment=environment)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait(5)
        if running.process.stdout is not None:
            running.process.stdout.close()


def journal(directory: Path) -> list[dict[str, Any]]:
    """The lines of a journal."""
    text = (directory / "journal.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def pieces(lines: list[dict[str, Any]], unit: str) -> Counter[bool]:
    """Good (True) and bad (False) pieces of a work unit in a journal."""
    counted: Counter[bool] = Counter()
    for line in lines:
        if line["kind"] == "part" and line["unit"] == unit:
            counted[line["good"]] += line["count"]
    return counted
