"""Node ids and browse paths as a plant file writes them: namespaces by address, never by index."""

from __future__ import annotations

import re
from typing import NamedTuple

from pydantic_core import PydanticCustomError

_NODE = re.compile(
    r"(?:nsu=(?P<uri>[^;\s][^;]*);|ns=(?P<index>\d+);)?(?P<kind>[isgb])=(?P<identifier>\S.*)"
)
_STEP = re.compile(r"(?:nsu=(?P<uri>[^;\s][^;]*);|(?!nsu=))(?P<name>[^\s].*)", re.DOTALL)


class NodeName(NamedTuple):
    """A name in a namespace.

    Attributes:
        uri: address of the namespace; None is the standard namespace of OPC UA.
        text: identifier such as `s=Machine.State`, or a browse name such as `State`.
    """

    uri: str | None
    text: str

    def __str__(self) -> str:
        return self.text if self.uri is None else f"nsu={self.uri};{self.text}"


def checked_node(text: str) -> str:
    """The node id itself when it is well formed.

    Raises:
        PydanticCustomError: `node_id_malformed` or `namespace_by_index`.
    """
    match = _NODE.fullmatch(text)
    if match is None or text != text.strip():
        raise PydanticCustomError(
            "node_id_malformed", "a node id looks like nsu=urn:example:machine;s=Machine.State"
        )
    if match["index"] not in (None, "0"):
        raise PydanticCustomError(
            "namespace_by_index",
            "write the namespace by its address (nsu=URI;), an index changes with the server",
        )
    if match["kind"] == "i" and not match["identifier"].isdecimal():
        raise PydanticCustomError("node_id_malformed", "a node id with i= needs a whole number")
    return text


def checked_step(text: str) -> str:
    """One step of a browse path when it is well formed.

    Raises:
        PydanticCustomError: `browse_path_malformed`.
    """
    if _STEP.fullmatch(text) is None or text != text.strip():
        raise PydanticCustomError(
            "browse_path_malformed", "a step of a path looks like nsu=urn:example:machine;State"
        )
    return text


def node_name(node: str) -> NodeName:
    """The parts of a checked node id."""
    match = _NODE.fullmatch(node)
    assert match is not None
    return NodeName(match["uri"], f"{match['kind']}={match['identifier']}")


def step_name(step: str) -> NodeName:
    """The parts of a checked step of a browse path."""
    match = _STEP.fullmatch(step)
    assert match is not None
    return NodeName(match["uri"], match["name"])
