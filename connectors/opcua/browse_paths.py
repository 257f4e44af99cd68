"""Following browse names from a node: the request, and the one node that it leads to."""

from __future__ import annotations

from collections.abc import Sequence

from asyncua import ua

from connectors.opcua.address_space import AddressSpace
from connectors.opcua.failures import status_name
from connectors.opcua.node_ids import NodeName

_GOOD = 0x80000000
_WHOLE_PATH = (1 << 32) - 1
OBJECTS = ua.NodeId(ua.Int32(ua.ObjectIds.ObjectsFolder))


def browse_path(
    space: AddressSpace, names: Sequence[NodeName], start: ua.NodeId = OBJECTS
) -> ua.BrowsePath | None:
    """The path below a node; None when the server lacks one of its namespaces."""
    qualified = [space.qualified_name(name) for name in names]
    if any(name is None for name in qualified):
        return None
    elements = [
        ua.RelativePathElement(
            ReferenceTypeId=ua.NodeId(ua.Int32(ua.ObjectIds.HierarchicalReferences)),
            IsInverse=False,  # type: ignore[arg-type]  # a bool, typed otherwise there
            TargetName=name,
        )
        for name in qualified
        if name is not None
    ]
    return ua.BrowsePath(StartingNode=start, RelativePath=ua.RelativePath(Elements=elements))


def target_of(result: ua.BrowsePathResult) -> ua.NodeId | str:
    """The node at the end of a path, or why there is none."""
    status = int(result.StatusCode.value)
    if status & _GOOD:
        return status_name(status)
    whole = [each for each in result.Targets or () if each.RemainingPathIndex == _WHOLE_PATH]
    if not whole:
        return "BadNoMatch"
    target = whole[0].TargetId
    return ua.NodeId(target.Identifier, target.NamespaceIndex, target.NodeIdType)
