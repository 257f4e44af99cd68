"""What an edge does for people who ask: each kind of request is one function in `KINDS`.

Arguments and results are plain JSON. The source that is asked about comes as the configuration that
somebody is about to save, so nothing of what runs is touched. Only a write or a call goes to what
runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from connectors.clock import PlantClock
from connectors.runtime import looking
from connectors.runtime.attempts import Claim
from connectors.runtime.calls import SourceCaller
from connectors.runtime.configuration import check_source
from connectors.runtime.source_check import as_line, browse_in_time, open_and_read
from connectors.runtime.writes import SourceWriter
from connectors.sdk.connector import Connector, ConnectorContext
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.form import form_of
from connectors.sdk.links import LinkRegistry
from connectors.sdk.references import check_references
from connectors.sdk.registry import manifest_of

NODES_MAX = 1000
WRITE = "write"
CALL = "call"

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHost:
    """What requests may use of the edge.

    Attributes:
        links: the connections of the edge, so that a serial line is shared and not opened twice.
        folder: data directory of the edge with its keys and approvals.
        writer: writes to the sources that run.
        caller: calls methods of the sources that run.
        running: the connector of a source that runs; None: there is none.
    """

    clock: PlantClock
    links: LinkRegistry
    folder: Path
    writer: SourceWriter
    caller: SourceCaller
    running: Callable[[str], Connector | None]


async def answer_request(
    host: RequestHost, kind: str, arguments: Document, claim: Claim
) -> Document:
    """Work on one request.

    Args:
        claim: takes it for good; needed by what changes something.

    Raises:
        ConnectorError: it failed; the code says why.
    """
    if kind == WRITE:
        return await host.writer.write(arguments, claim)
    if kind == CALL:
        return await host.caller.call(arguments, claim)
    work = KINDS.get(kind)
    if work is None:
        detail = f"this edge knows no request {kind!r}; known: {', '.join([*KINDS, WRITE, CALL])}"
        raise ConfigurationError("request_kind_unknown", detail)
    return await work(host, arguments)


async def test_steps(host: RequestHost, arguments: Document) -> Document:
    """`{source}` -> `{steps}`: walk from the name to the values, and name the step that fails."""
    connector = await _connector(host, arguments)
    return {"steps": [asdict(step) for step in await connector.test()]}


async def preview(host: RequestHost, arguments: Document) -> Document:
    """`{source}` -> `{samples}`: every tag of the configuration read once."""
    connector = await _connector(host, arguments)
    try:
        reading = await open_and_read(connector)
    finally:
        await connector.close()
    source = connector.source_config.id
    return {"samples": [as_line(source, sample) for sample in reading.samples]}


async def browse(host: RequestHost, arguments: Document) -> Document:
    """`{source, pattern, limit}` -> `{nodes, is_complete}`: what the source offers."""
    connector = await _connector(host, arguments)
    pattern, limit = arguments.get("pattern", "*"), arguments.get("limit", NODES_MAX)
    if not isinstance(pattern, str) or not isinstance(limit, int):
        detail = "`pattern` must be a text and `limit` a number"
        raise ConfigurationError("request_malformed", detail)
    found = await browse_in_time(connector, pattern, max(1, min(limit, NODES_MAX)))
    source = connector.source_config.id
    nodes = [
        {
            "path": node.path,
            "kind": node.kind,
            "address": dict(node.address),
            "data_type": node.data_type,
            "unit": node.unit,
            "writable": node.writable,
            "sample": None if node.sample is None else as_line(source, node.sample),
        }
        for node in found.nodes
    ]
    return {"nodes": nodes, "is_complete": found.is_complete}


KINDS: Mapping[str, Callable[[RequestHost, Document], Awaitable[Document]]] = {
    "test": test_steps,
    "preview": preview,
    "browse": browse,
    "registers": lambda host, asked: looking.registers(partial(_made, host), asked),
    "frames": lambda host, asked: looking.frames(host.running, asked),
    "call_state": lambda host, asked: host.caller.state(asked),
    "diagnose": lambda host, asked: looking.diagnose(host.running, asked),
}


async def _connector(host: RequestHost, arguments: Document) -> Connector:
    document = arguments.get("source")
    if not isinstance(document, dict):
        raise ConfigurationError("request_malformed", "`source` must be an object")
    return await _made(host, document)


async def _made(host: RequestHost, document: Document) -> Connector:
    config = check_source(document)
    manifest = manifest_of(config.protocol)
    check_references(config, form_of(manifest), host.folder)
    connector_class = await asyncio.to_thread(manifest.connector_class)
    context = ConnectorContext(clock=host.clock, links=host.links, folder=host.folder)
    return connector_class(config, context)
