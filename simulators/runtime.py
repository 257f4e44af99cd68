"""Runs a plant against the clock and serves it, until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulators import plc_memory
from simulators.build import Built
from simulators.clock import PlantClock, monotonic_s
from simulators.faults import Fault, FaultKind, FaultSchedule
from simulators.journal import Journal
from simulators.modbus_server import ModbusServer, UnitFaults
from simulators.witness import Witness

if TYPE_CHECKING:
    from simulators.opcua_server import CellServer

HOST = "127.0.0.1"
_LOG = logging.getLogger(__name__)
_STEPS_AT_ONCE = 500
_SHORTEST_SLEEP_S = 0.001
_LONGEST_SLEEP_S = 0.1
KEEP_EVERY_S = 0.5
_CLOSE_WITHIN_S = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where to serve; 0 takes a free port, `opcua` None serves no OPC UA."""

    modbus: int
    opcua: int | None


class Runtime:
    """The live plant: steps it, serves it, keeps its journal and memory.

    Args:
        built: the plant, started.
        clock: plant clock.
        journal: the ground truth, already listening.
        directory: where the controllers' memory is kept; None keeps none.
        faults: what goes wrong, and when.
        parent: process id that must stay this process's parent; None has none to watch.
        stop_at: plant time in UTC microseconds at which the plant stands still for good while the
            servers go on; None never.
    """

    def __init__(
        self,
        built: Built,
        *,
        clock: PlantClock,
        journal: Journal,
        directory: Path | None,
        faults: FaultSchedule,
        parent: int | None = None,
        stop_at: int | None = None,
    ) -> None:
        self._built = built
        self._plant = built.plant
        self._clock = clock
        self._journal = journal
        self._directory = directory
        self._faults = faults
        self._parent = parent
        self._stop_at = stop_at
        self._halted = False
        self._reached = built.plant.now
        self._stopping = False
        self._wake = asyncio.Event()
        self._witness()
        self._modbus = ModbusServer(built.units, before_request=self._catch_up)
        self._cell: CellServer | None = None

    def stop(self) -> None:
        """Ask the run to end; may be called from a signal handler of the loop."""
        self._stopping = True
        self._wake.set()

    def halt(self) -> None:
        """Let the plant stand still from now on; may be called from a signal handler."""
        if self._stop_at is None:
            self._stop_at = max(self._clock.now_us(), self._reached)
            self._wake.set()

    async def run(self, ports: Ports, ready: Callable[[str], None]) -> None:
        """Serve until `stop`.

        Args:
            ports: where to serve.
            ready: called once with a line of JSON that names the ports.

        Raises:
            OSError: a port is in use.
        """
        try:
            await self._catch_up_fully()
            modbus_port, opcua_port = await self._open(ports)
            ready(json.dumps({"ready": True, "modbus_port": modbus_port, "opcua_port": opcua_port}))
            await self._loop()
        finally:
            await self._modbus.stop()
            self._journal.note(max(self._plant.now, self._reached), "plant", "stop")
            self._keep(clean=True)
            self._journal.close()
            await self._close_cell()

    def _witness(self) -> None:
        """Have the journal tell when the controllers were asked about what changed."""
        witness = Witness(self._journal, lambda: self._reached)
        self._plant.listeners.append(witness)
        for device in self._built.scenario.devices:
            if device.source in self._built.counters:
                machines = [self._plant.machine(name) for name in device.machines]
                witness.watch(self._built.units[device.unit], machines)

    async def _open(self, ports: Ports) -> tuple[int, int | None]:
        modbus_port = await self._modbus.start(HOST, ports.modbus)
        if ports.opcua is None or not self._built.scenario.nodes:
            return modbus_port, None
        # Imported here, as it takes a second that a plant without OPC UA need not spend.
        from simulators.opcua_server import CellServer

        self._cell = CellServer(self._built.scenario.nodes)
        self._plant.listeners.append(self._cell)
        opcua_port = ports.opcua or free_port()
        await self._start_cell(opcua_port)
        return modbus_port, opcua_port

    async def _start_cell(self, port: int) -> None:
        assert self._cell is not None
        names = [node.machine for node in self._built.scenario.nodes]
        machines = [self._plant.machine(name) for name in names]
        at = min(self._plant.now, self._clock.now_us())
        await self._cell.start(HOST, port, machines, at)

    async def _loop(self) -> None:
        began = kept = monotonic_s()
        while not self._stopping:
            done = self._advance()
            if self._cell is not None:
                await self._cell.publish()
            now = monotonic_s()
            if now - kept >= KEEP_EVERY_S:
                kept = now
                self._keep(clean=False)
                self._watch_parent()
            await self._apply_faults(now - began)
            await self._pause(done)

    async def _pause(self, done: bool) -> None:
        """Sleep until the next event of the plant, but not too long and never not at all."""
        wait = _LONGEST_SLEEP_S if self._halted else 0.0
        if done and not self._halted:
            wait = self._clock.real_seconds_until(int(min(self._plant.env.peek(), 2**62)))
            wait = min(max(wait, _SHORTEST_SLEEP_S), _LONGEST_SLEEP_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), wait)
        self._wake.clear()

    def _catch_up(self) -> None:
        """Before an answer: let happen what has happened by now, and see that OPC UA tells it."""
        self._advance()
        if self._cell is not None and self._cell.has_news:
            self._wake.set()

    def _advance(self) -> bool:
        """Let happen what has happened by now, but nothing after `stop_at`.

        Returns:
            Whether all of it happened; False when there was too much for one call.
        """
        until = self._clock.now_us()
        last = self._stop_at is not None and until >= self._stop_at
        if last and self._stop_at is not None:
            until = self._stop_at
        done = self._plant.advance(until, most_steps=_STEPS_AT_ONCE)
        self._reached = until if done else self._plant.now
        if last and done and not self._halted:
            self._halted = True
            self._journal.note(until, "plant", "halt")
        return done

    async def _catch_up_fully(self) -> None:
        while not self._advance():
            await asyncio.sleep(0)
            if self._stopping:
                return

    def _keep(self, *, clean: bool) -> None:
        self._journal.flush()
        if self._directory is not None:
            plc_memory.save(
                self._directory / plc_memory.FILE_NAME,
                self._plant,
                self._built.counters,
                clean=clean,
            )

    def _watch_parent(self) -> None:
        if self._parent is not None and os.getppid() != self._parent:
            _LOG.info("the parent process is gone")
            self.stop()

    async def _close_cell(self) -> None:
        if self._cell is not None:
            from simulators.opcua_server import stop_within

            await stop_within(self._cell, _CLOSE_WITHIN_S)

    async def _apply_faults(self, elapsed_s: float) -> None:
        begin, end = self._faults.due(elapsed_s)
        for fault in begin:
            self._note_fault("begin", fault)
            await self._begin(fault)
        for fault in end:
            self._note_fault("end", fault)
            await self._end(fault)

    def _note_fault(self, action: str, fault: Fault) -> None:
        self._journal.note(
            self._plant.now,
            "fault",
            action,
            fault=fault.kind,
            target=fault.unit,
            on_opcua=fault.opcua,
        )

    async def _begin(self, fault: Fault) -> None:
        unit = self._built.units.get(fault.unit)
        unit_faults = unit.faults if unit is not None else UnitFaults()
        match fault.kind:
            case FaultKind.REBOOT:
                unit_faults.silent = True
                for device in self._built.counters.values():
                    if unit is not None and device.memory is unit.memory:
                        device.reboot()
            case FaultKind.LINK_DROP if fault.opcua:
                if self._cell is not None:
                    await self._cell.stop()
            case FaultKind.LINK_DROP:
                await self._modbus.stop()
            case FaultKind.FREEZE if fault.opcua:
                if self._cell is not None:
                    self._cell.frozen = True
            case FaultKind.FREEZE:
                unit_faults.frozen = True
            case FaultKind.SILENCE:
                unit_faults.silent = True
            case FaultKind.DELAY:
                unit_faults.delay_s = fault.ms / 1000.0
            case FaultKind.EXCEPTION:
                unit_faults.exception = fault.code
            case FaultKind.SKEW:
                if self._cell is not None:
                    self._cell.skew_us = fault.ms * 1000

    async def _end(self, fault: Fault) -> None:
        if fault.kind is FaultKind.LINK_DROP:
            if not fault.opcua:
                await self._modbus.resume()
            elif self._cell is not None:
                await self._start_cell(self._cell.address[1])
            return
        unit = self._built.units.get(fault.unit)
        if unit is not None and not fault.opcua and fault.kind is not FaultKind.SKEW:
            unit.faults = UnitFaults()
        if self._cell is not None and (fault.opcua or fault.kind is FaultKind.SKEW):
            self._cell.skew_us = 0
            self._cell.frozen = False
            self._cell.show_all(self._plant)


def free_port() -> int:
    """A port nobody listens on; OPC UA needs its number before it listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def print_line(text: str) -> None:
    """One line to standard output, at once; a parent that stopped reading is no reason to end."""
    with suppress(BrokenPipeError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
