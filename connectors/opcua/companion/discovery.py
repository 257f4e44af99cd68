"""Finding machines that follow a companion specification on a server, and proposing their tags."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.opcua.browsing import found_nodes, names_of
from connectors.opcua.companion.euromap77 import EUROMAP77
from connectors.opcua.companion.machinery import MACHINERY
from connectors.opcua.companion.model import (
    CompanionModel,
    CompanionVariable,
    signal_document,
    tag_document,
)
from connectors.opcua.companion.packml import PACKML
from connectors.opcua.node_ids import NodeName
from connectors.opcua.session import OpcuaSession

MODELS: Sequence[CompanionModel] = (MACHINERY, PACKML, EUROMAP77)
MOST_MARKERS = 200
MOST_NODES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A machine that follows a companion specification.

    Attributes:
        path: browse names from the Objects folder to it.
        variables: those of the specification that this machine really has.
    """

    model: CompanionModel
    path: tuple[NodeName, ...]
    variables: tuple[CompanionVariable, ...]

    @property
    def prefix(self) -> str:
        """Beginning of its tag names, made of its own name."""
        return re.sub(r"[^A-Za-z0-9_\-]+", "_", self.path[-1].text).strip("_")[:30] or "machine"

    def tags(self) -> list[dict[str, object]]:
        """Its tags as a plant file writes them."""
        return [tag_document(each, self.path, self.prefix) for each in self.variables]

    def signals(self, source: str) -> Mapping[str, object]:
        """Its signals as a plant file writes them, for the work unit that it is."""
        signals: dict[str, object] = {}
        for variable in self.variables:
            signals |= signal_document(variable, source, self.prefix)
        return signals


async def instances(session: OpcuaSession) -> list[Instance]:
    """The machines of a server, by all specifications that are known here.

    Raises:
        Unavailable: the server does not answer.
        Refused: it does not let us browse.
    """
    found: list[Instance] = []
    for model in MODELS:
        if all(name.uri not in session.space.namespaces for name in model.marker):
            continue
        pattern = "**/" + "/".join(name.text for name in model.marker)
        markers, _ = await found_nodes(session, pattern, MOST_MARKERS)
        for marker in markers:
            names = names_of(session, marker)
            depth = len(model.marker)
            if len(names) > depth and names[-depth:] == model.marker:
                found.append(await _instance(session, model, names[:-depth]))
    return found


async def _instance(
    session: OpcuaSession, model: CompanionModel, path: tuple[NodeName, ...]
) -> Instance:
    pattern = "/".join(name.text for name in path) + "/**"
    nodes, _ = await found_nodes(session, pattern, MOST_NODES)
    below = {names_of(session, node)[len(path) :] for node in nodes}
    has = tuple(variable for variable in model.variables if variable.path in below)
    return Instance(model=model, path=path, variables=has)
