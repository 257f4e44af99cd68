"""What a server says of itself when a session begins: its namespaces, its start, its limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asyncua import ua
from asyncua.client.ua_session import UaSession

from connectors.opcua.node_ids import NodeName

DEFAULT_PER_CALL = 100
LARGEST_PER_CALL = 1000
"""Small controllers need minutes for large requests; a limit that is not stated is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSpace:
    """The identity of what a server offers; another one means that every node is resolved anew.

    Attributes:
        namespaces: addresses of the namespaces in the order of the server's own indices.
        started: when the server started, as it says; None when it does not.
    """

    namespaces: tuple[str, ...]
    started: object

    def node_id(self, name: NodeName) -> ua.NodeId | None:
        """The node id with the server's index; None when it has no such namespace."""
        index = self._index(name.uri)
        return ua.NodeId.from_string(f"ns={index};{name.text}") if index is not None else None

    def qualified_name(self, name: NodeName) -> ua.QualifiedName | None:
        """The browse name with the server's index; None when it has no such namespace."""
        index = self._index(name.uri)
        return ua.QualifiedName(name.text, index) if index is not None else None

    def address_of(self, node_id: ua.NodeId) -> str:
        """A node id as a plant file writes it."""
        plain = ua.NodeId(node_id.Identifier, ua.Int16(0), node_id.NodeIdType)
        text = plain.to_string().removeprefix("ns=0;")
        return str(NodeName(self.uri_of(int(node_id.NamespaceIndex)), text))

    def uri_of(self, index: int) -> str | None:
        """Address of a namespace; None for the standard one."""
        return self.namespaces[index] if 0 < index < len(self.namespaces) else None

    def _index(self, uri: str | None) -> int | None:
        if uri is None:
            return 0
        return self.namespaces.index(uri) if uri in self.namespaces else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Nodes that one request may name (OperationLimits, OPC 10000-5, 6.3.11)."""

    read: int
    monitor: int
    browse: int
    history: int


_QUESTIONS = (
    ua.ObjectIds.Server_NamespaceArray,
    ua.ObjectIds.Server_ServerStatus_StartTime,
    ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
    ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
    ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadData,
)


async def look_around(session: UaSession, per_call: int | None) -> tuple[AddressSpace, Limits]:
    """Ask a server about itself.

    Args:
        per_call: limit from the configuration; None takes the server's.

    Raises:
        ua.UaError, OSError, TimeoutError: as the library raises them.
    """
    nodes = [ua.NodeId(ua.Int32(number)) for number in _QUESTIONS]
    answers: list[object] = [
        answer.Value.Value if answer.Value is not None else None
        for answer in await session.read_attributes(nodes, ua.AttributeIds.Value)
    ]
    answers += [None] * (len(_QUESTIONS) - len(answers))
    namespaces, started, limits = answers[0], answers[1], answers[2 : len(_QUESTIONS)]
    known = tuple(namespaces) if isinstance(namespaces, list) else ()
    return AddressSpace(namespaces=known, started=started), _limits(limits, per_call)


def _limits(stated: Sequence[object], per_call: int | None) -> Limits:
    read, monitor, browse, history = (
        min(per_call or LARGEST_PER_CALL, _limit(each, per_call)) for each in stated
    )
    return Limits(read=read, monitor=monitor, browse=browse, history=history)


def _limit(stated: object, per_call: int | None) -> int:
    if isinstance(stated, int) and stated > 0:
        return stated
    return per_call or DEFAULT_PER_CALL
