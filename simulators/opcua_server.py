"""The CNC cell as an OPC UA server: string node ids in namespace urn:demo:cnc.

Per machine `Cnc1.State` (0 off 1 stopped 2 running 3 down 4 setup 5 waiting), `.Parts`,
`.Rejects`, `.WaitReason` (text: blocked, starved or empty), `.Alarm` (code), `.Program` (item),
`.SpindleLoad` (percent). Source timestamps are the simulated instants of the events. Everybody may
connect and nobody may write: it listens on loopback only.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from datetime import UTC, timedelta

from asyncua import Server, ua
from asyncua.common.utils import ServiceError
from asyncua.server.internal_subscription import InternalSubscription

from simulators.plant.machine import Machine
from simulators.plant.model import STATE_CODES, State
from simulators.plant.plant import Listener, Plant
from simulators.scenarios.model import CellNode

NAMESPACE = "urn:demo:cnc"
_MAX_WAITING_WRITES = 20_000
_TYPES = {
    "State": ua.VariantType.UInt16,
    "Parts": ua.VariantType.UInt32,
    "Rejects": ua.VariantType.UInt32,
    "WaitReason": ua.VariantType.String,
    "Alarm": ua.VariantType.UInt16,
    "Program": ua.VariantType.String,
    "SpindleLoad": ua.VariantType.Double,
}
_SPINDLE_LOAD = {State.RUNNING: 62.0}

Write = tuple[str, object, int]


def node_values(machine: Machine) -> dict[str, object]:
    """What the nodes of a machine show now."""
    return {
        "State": STATE_CODES[machine.state],
        "Parts": machine.total % (1 << 32),
        "Rejects": machine.rejects % (1 << 32),
        "WaitReason": machine.reason or "" if machine.state is State.WAITING else "",
        "Alarm": machine.fault,
        "Program": machine.job.item if machine.job else "",
        "SpindleLoad": _SPINDLE_LOAD.get(machine.state, 0.0),
    }


class CellServer(Listener):
    """Serves machines; hears of every change and writes them in their order.

    Attributes:
        skew_us: added to source timestamps (a fault: the cell's clock is wrong).
        frozen: changes are no longer shown (a fault).
        dropped: writes lost because more than a fixed number waited.
    """

    def __init__(self, nodes: Sequence[CellNode]) -> None:
        self._prefixes = {node.machine: node.prefix for node in nodes}
        self._waiting: deque[Write] = deque()
        self._shown: dict[str, object] = {}
        self._node_ids: dict[str, ua.NodeId] = {}
        self._server: Server | None = None
        self.skew_us = 0
        self.frozen = False
        self.dropped = 0
        self.address = ("127.0.0.1", 0)

    @property
    def has_news(self) -> bool:
        """Whether changes wait to be published."""
        return bool(self._waiting)

    def on_state(self, machine: Machine, at: int) -> None:
        """Note the nodes that changed."""
        self._note(machine, at)

    def on_parts(self, machine: Machine, at: int, good: int, scrap: int) -> None:
        """Note the nodes that changed."""
        self._note(machine, at)

    async def start(self, host: str, port: int, machines: Sequence[Machine], at: int) -> None:
        """Listen and show the present values.

        Args:
            host: a loopback address.
            port: a free port, not 0.
            machines: those to show.
            at: source time of the first values, UTC microseconds.
        """
        quieten()
        server = Server()
        await server.init()
        server.set_endpoint(f"opc.tcp://{host}:{port}")
        server.set_server_name("Simulated CNC cell")
        server.set_identity_tokens([ua.AnonymousIdentityToken])
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        namespace = await server.register_namespace(NAMESPACE)
        for machine in machines:
            await self._add_machine(server, namespace, machine)
        await server.start()
        self._server, self.address = server, (host, port)
        self._shown.clear()
        self._waiting.clear()
        for machine in machines:
            self._note(machine, at)
        await self.publish()

    async def stop(self) -> None:
        """Close the port and every session; stopping twice is harmless."""
        server, self._server = self._server, None
        if server is None:
            return
        # The library would sleep out a second of its own clock before it ends.
        clock, server.iserver.time_task = server.iserver.time_task, None
        if clock is not None:
            clock.cancel()
            await asyncio.gather(clock, return_exceptions=True)
        await server.stop()

    async def publish(self) -> None:
        """Write what changed since the last call, oldest first."""
        while self._waiting and self._server is not None:
            name, value, at = self._waiting.popleft()
            stamp = _instant(at + self.skew_us)
            kind = _TYPES[name.rpartition(".")[2]]
            await self._server.write_attribute_value(
                self._node_ids[name],
                ua.DataValue(
                    ua.Variant(value, kind),
                    SourceTimestamp=stamp,
                    ServerTimestamp=stamp,
                ),
            )

    def show_all(self, plant: Plant) -> None:
        """Show the present values, after a fault that kept them back."""
        for name in self._prefixes:
            self._note(plant.machine(name), plant.now)

    async def _add_machine(self, server: Server, namespace: int, machine: Machine) -> None:
        prefix = self._prefixes[machine.id]
        folder = await server.nodes.objects.add_object(
            _node_id(prefix, namespace), ua.QualifiedName(prefix, namespace)
        )
        for name, value in node_values(machine).items():
            node_id = _node_id(f"{prefix}.{name}", namespace)
            await folder.add_variable(
                node_id, ua.QualifiedName(name, namespace), value, _TYPES[name]
            )
            self._node_ids[f"{prefix}.{name}"] = node_id

    def _note(self, machine: Machine, at: int) -> None:
        prefix = self._prefixes.get(machine.id)
        if prefix is None or self.frozen:
            return
        for name, value in node_values(machine).items():
            key = f"{prefix}.{name}"
            if self._shown.get(key) == value:
                continue
            self._shown[key] = value
            if self._server is None:
                continue
            if len(self._waiting) >= _MAX_WAITING_WRITES:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append((key, value, at))


def quieten() -> None:
    """Library habits that would hide faults or fill logs, put right.

    asyncua 2.1 answers Republish for an unknown number with Good and an empty message, which keeps
    a client asking for ever; the specification (OPC 10000-4, 5.14.6) wants BadMessageNotAvailable.
    """
    for name in ("asyncua", "asyncua.server", "asyncua.common", "asyncua.client"):
        logging.getLogger(name).setLevel(logging.WARNING)
    setattr(InternalSubscription, "republish", _republish)  # noqa: B010 - a deliberate patch


def _instant(at: int) -> ua.DateTime:
    return ua.DateTime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)


def _node_id(name: str, namespace: int) -> ua.NodeId:
    return ua.NodeId(ua.String(name), ua.Int16(namespace))


def _republish(subscription: InternalSubscription, number: int) -> ua.NotificationMessage:
    result = subscription._not_acknowledged_results.get(number)
    if result is None:
        raise ServiceError(ua.StatusCodes.BadMessageNotAvailable)
    message: ua.NotificationMessage = result.NotificationMessage
    return message


async def stop_within(server: CellServer, seconds: float) -> None:
    """Stop, but do not wait longer than `seconds` of real time for clients to go."""
    try:
        await asyncio.wait_for(server.stop(), seconds)
    except TimeoutError:
        logging.getLogger(__name__).info("the OPC UA server did not close in time")
