"""Walking the tree of a server from its Objects folder, with globs and a limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from asyncua import ua

from connectors.opcua.decoding import notification_of
from connectors.opcua.node_ids import NodeName
from connectors.opcua.notifications import Notification
from connectors.opcua.portions import in_portions
from connectors.opcua.session import OpcuaSession
from connectors.sdk.capabilities import NodeKind
from connectors.sdk.patterns import path_matcher

MOST_VISITED = 50_000
DEEPEST = 20
REFERENCES_PER_NODE = 1000
_KINDS = {
    ua.NodeClass.Object: NodeKind.FOLDER,
    ua.NodeClass.Variable: NodeKind.VARIABLE,
    ua.NodeClass.Method: NodeKind.METHOD,
}
_SERVER = ua.NodeId(ua.Int32(ua.ObjectIds.Server))
_OBJECTS = ua.NodeId(ua.Int32(ua.ObjectIds.ObjectsFolder))
_WRITABLE = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundNode:
    """A node of the tree.

    Attributes:
        names: browse names from the Objects folder on.
    """

    node_id: ua.NodeId
    names: tuple[ua.QualifiedName, ...]
    kind: NodeKind

    @property
    def path(self) -> str:
        """The browse names without their namespaces, joined by `/`."""
        return "/".join((name.Name or "").replace("/", "_") for name in self.names)


def names_of(session: OpcuaSession, node: FoundNode) -> tuple[NodeName, ...]:
    """The browse names of a node with their namespaces by address."""
    return tuple(
        NodeName(session.space.uri_of(int(name.NamespaceIndex)), name.Name or "")
        for name in node.names
    )


async def found_nodes(
    session: OpcuaSession, pattern: str, limit: int
) -> tuple[list[FoundNode], bool]:
    """Nodes whose path matches, ordered by path, and whether nothing more matches.

    The part of the tree that cannot match is not asked for; neither is the server's own folder,
    unless the pattern names it.

    Raises:
        Unavailable: the server does not answer.
        Refused: it does not let us browse.
    """
    matches = path_matcher(pattern)
    may_contain = _prefix_matcher(pattern)
    found: list[FoundNode] = []
    visited: set[ua.NodeId] = {_OBJECTS}
    level: list[FoundNode] = [FoundNode(node_id=_OBJECTS, names=(), kind=NodeKind.FOLDER)]
    while level and len(visited) <= MOST_VISITED and len(found) <= limit:
        below: list[FoundNode] = []
        for node in await _children(session, level):
            if node.node_id in visited or (
                node.node_id == _SERVER and not pattern.startswith("Server")
            ):
                continue
            visited.add(node.node_id)
            if matches(node.path):
                found.append(node)
            if len(node.names) < DEEPEST and may_contain(node.path):
                below.append(node)
        level = below
    is_complete = not level and len(found) <= limit
    found.sort(key=lambda node: node.path)
    return found[:limit], is_complete


async def details(
    session: OpcuaSession, nodes: Sequence[FoundNode]
) -> Mapping[ua.NodeId, tuple[Notification, str | None, bool | None]]:
    """Present value, type, and whether we may write, of variables.

    Raises:
        Unavailable: the server does not answer.
    """
    wanted = [node.node_id for node in nodes if node.kind is NodeKind.VARIABLE]
    attributes = (ua.AttributeIds.Value, ua.AttributeIds.UserAccessLevel)
    questions = [
        ua.ReadValueId(NodeId=node_id, AttributeId=attribute)
        for node_id in wanted
        for attribute in attributes
    ]

    async def ask(part: Sequence[ua.ReadValueId]) -> list[ua.DataValue]:
        parameters = ua.ReadParameters(
            TimestampsToReturn=ua.TimestampsToReturn.Source, NodesToRead=list(part)
        )
        return await session.services.read(parameters)

    with session.failing:
        answers = await in_portions(questions, session.limits.read, ask)
    pairs = zip(answers[::2], answers[1::2], strict=True)
    return {
        node_id: (notification_of(0, value), _type_name(value), _may_write(level))
        for node_id, (value, level) in zip(wanted, pairs, strict=True)
    }


async def _children(session: OpcuaSession, parents: Sequence[FoundNode]) -> list[FoundNode]:
    descriptions = [
        ua.BrowseDescription(
            NodeId=parent.node_id,
            BrowseDirection=ua.BrowseDirection.Forward,
            ReferenceTypeId=ua.NodeId(ua.Int32(ua.ObjectIds.HierarchicalReferences)),
            IncludeSubtypes=True,
            NodeClassMask=ua.UInt32(0),
            ResultMask=ua.UInt32(ua.BrowseResultMask.All),
        )
        for parent in parents
    ]

    async def ask(part: Sequence[ua.BrowseDescription]) -> list[ua.BrowseResult]:
        parameters = ua.BrowseParameters(
            RequestedMaxReferencesPerNode=ua.UInt32(REFERENCES_PER_NODE),
            NodesToBrowse=list(part),
        )
        return await session.services.browse(parameters)

    with session.failing:
        results = await in_portions(descriptions, session.limits.browse, ask)
        references = [await _all_references(session, result) for result in results]
    return [
        FoundNode(
            node_id=ua.NodeId(
                each.NodeId.Identifier, each.NodeId.NamespaceIndex, each.NodeId.NodeIdType
            ),
            names=(*parent.names, each.BrowseName),
            kind=_KINDS[each.NodeClass],
        )
        for parent, found in zip(parents, references, strict=True)
        for each in found
        if each.NodeClass in _KINDS and not getattr(each.NodeId, "ServerIndex", 0)
    ]


async def _all_references(
    session: OpcuaSession, result: ua.BrowseResult
) -> list[ua.ReferenceDescription]:
    references = list(result.References or ())
    waiting = deque([result.ContinuationPoint] if result.ContinuationPoint else [])
    while waiting and len(references) < MOST_VISITED:
        parameters = ua.BrowseNextParameters(
            ReleaseContinuationPoints=False, ContinuationPoints=[waiting.popleft()]
        )
        for more in await session.services.browse_next(parameters):
            references += more.References or ()
            if more.ContinuationPoint:
                waiting.append(more.ContinuationPoint)
    return references


def _prefix_matcher(pattern: str) -> Callable[[str], bool]:
    """Whether something below a path may match, judged by the names of the pattern before `**`."""
    parts = pattern.strip("/").split("/")
    fixed = parts[: parts.index("**")] if "**" in parts else parts
    tests = [path_matcher("/".join(fixed[:count])) for count in range(1, len(fixed) + 1)]
    is_open = "**" in parts

    def may_contain(path: str) -> bool:
        names = path.split("/")
        depth = min(len(names), len(tests))
        begins_right = depth == 0 or tests[depth - 1]("/".join(names[:depth]))
        return begins_right and (is_open or len(names) < len(tests))

    return may_contain


def _type_name(value: ua.DataValue) -> str | None:
    if value.Value is None or value.Value.VariantType is ua.VariantType.Null:
        return None
    return f"{value.Value.VariantType.name}{'[]' if value.Value.is_array else ''}"


def _may_write(level: ua.DataValue) -> bool | None:
    number = level.Value.Value if level.Value is not None else None
    return bool(number & _WRITABLE) if isinstance(number, int) else None
