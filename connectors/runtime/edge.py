"""The edge process: runners, spool, sink and configuration under one roof.

Start-up needs nothing but the data directory: with the last configuration on disk the edge reads
its sources while the MES is away.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from connectors.clock import PlantClock, plant_clock
from connectors.runtime.applied import Applied
from connectors.runtime.calls import SourceCaller
from connectors.runtime.centre import CentreConnection, token_reader
from connectors.runtime.configuration import (
    EdgeConfiguration,
    SourceDocument,
    check_source,
    load_cached,
    parse_configuration,
    save_cached,
)
from connectors.runtime.listener import RequestListener
from connectors.runtime.pauses import PauseWatch
from connectors.runtime.puller import ConfigurationPuller
from connectors.runtime.requests import RequestHost, answer_request
from connectors.runtime.runner import SourceRunner
from connectors.runtime.sink import EdgeReport, Sink
from connectors.runtime.spool import DEFAULT_LIMIT_BYTES, Spool
from connectors.runtime.writes import SourceWriter
from connectors.sdk.call_rules import CallRule
from connectors.sdk.connector import Connector, ConnectorContext
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.form import form_of
from connectors.sdk.links import LinkRegistry
from connectors.sdk.messages import LinkState, LinkStatus
from connectors.sdk.references import check_references
from connectors.sdk.registry import manifest_of
from connectors.sdk.write_rules import WriteRule

STOP_RUNNERS_S = 1.0
STOP_SINK_S = 0.7

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeOptions:
    """How an edge is started.

    Attributes:
        data: directory of the spool and the cached configuration.
        edge: name of this edge.
        server: address of the MES; None only fills the spool.
        token_file: file with the ingest token; needed with `server`.
        configuration: fixed configuration; None pulls it from the MES.
        spool_limit_bytes: size at which the spool refuses records.
    """

    data: Path
    edge: str
    server: str | None = None
    token_file: Path | None = None
    configuration: EdgeConfiguration | None = None
    spool_limit_bytes: int = DEFAULT_LIMIT_BYTES


@dataclass(slots=True)
class _Running:
    document: SourceDocument
    runner: SourceRunner | None
    task: asyncio.Task[None] | None
    status: LinkStatus
    applied: Applied


class Edge:
    """One edge. Use `run` from an asyncio program; `stop` ends it within two seconds."""

    def __init__(self, options: EdgeOptions, clock: PlantClock | None = None) -> None:
        self._options = options
        self._clock = clock or plant_clock()
        self._links = LinkRegistry()
        self._pauses = PauseWatch(self._clock)
        self._running: dict[str, _Running] = {}
        self._revision = 0
        self._writes: Mapping[str, WriteRule] = {}
        self._calls: Mapping[str, CallRule] = {}
        self._stopping = asyncio.Event()
        self._changing = asyncio.Lock()
        self._cache = options.data / f"configuration-{options.edge}.json"
        self._spool = Spool(
            options.data / f"spool-{options.edge}.db",
            limit_bytes=options.spool_limit_bytes,
            on_commit=self._records_committed,
        )
        self._sink: Sink | None = None
        self._puller: ConfigurationPuller | None = None
        self._listener: RequestListener | None = None

    @property
    def spool(self) -> Spool:
        """The spool of this edge."""
        return self._spool

    @property
    def statuses(self) -> list[LinkStatus]:
        """The link state of every configured source."""
        return [running.status for running in self._running.values()]

    @property
    def revision(self) -> int:
        """Revision of the configuration that really runs."""
        return self._revision

    def stop(self) -> None:
        """Ask the edge to end; safe to call twice, from its own event loop only."""
        self._stopping.set()

    async def run(self) -> None:
        """Run until `stop`."""
        configuration = self._options.configuration or load_cached(self._cache)
        self._start_centre(configuration.revision)
        self._pauses.start()
        await self.apply(configuration)
        log.info("edge_started", edge=self._options.edge, sources=len(self._running))
        try:
            await self._stopping.wait()
        finally:
            await self._shut_down()
            log.info("edge_stopped", edge=self._options.edge)

    async def apply(self, configuration: EdgeConfiguration) -> None:
        """Run this configuration: only sources that differ are stopped and started.

        A source whose new configuration cannot work goes on with its old one, and says so.
        """
        async with self._changing:
            wanted = {source.source: source for source in configuration.sources}
            changed = [
                name
                for name, running in self._running.items()
                if name not in wanted or not wanted[name].runs_like(running.document)
            ]
            await asyncio.to_thread(_load_connectors, configuration)
            fresh = {
                name: self._connector(source)
                for name, source in wanted.items()
                if name in changed or name not in self._running
            }
            for name, made in fresh.items():
                if isinstance(made, ConfigurationError) and self._goes_on(name):
                    self._keep(name, made, configuration.revision)
                    changed.remove(name)
            await self._stop_runners(changed)
            for name in changed:
                del self._running[name]
            for name, source in wanted.items():
                if name not in self._running:
                    self._begin(source, fresh[name], configuration.revision)
                elif name not in fresh:
                    self._confirm(self._running[name], source, configuration.revision)
            self._revision = configuration.revision
            self._writes, self._calls = configuration.writes, configuration.calls
            log.info(
                "configuration_applied",
                revision=configuration.revision,
                sources=len(wanted),
                restarted=len(changed),
            )
        if self._sink is not None:
            self._sink.status_changed()

    def _start_centre(self, revision: int) -> None:
        options = self._options
        if options.server is None or options.token_file is None:
            return
        connect = partial(CentreConnection, options.server, token_reader(options.token_file))
        self._sink = Sink(connect(), options.edge, self._spool, self._edge_report)
        self._sink.start()
        loop = asyncio.get_running_loop()
        host = RequestHost(
            clock=self._clock,
            links=self._links,
            folder=options.data,
            writer=SourceWriter(lambda: self._writes, self._connector_of),
            caller=SourceCaller(lambda: self._calls, self._connector_of),
            running=self._connector_of,
        )
        answer = partial(answer_request, host)
        self._listener = RequestListener(connect, options.edge, loop, answer)
        self._listener.start()
        if options.configuration is None:
            self._puller = ConfigurationPuller(
                connect(),
                options.edge,
                revision,
                self._from_thread(loop),
            )
            self._puller.start()

    def _from_thread(self, loop: asyncio.AbstractEventLoop) -> Callable[[dict[str, object]], None]:
        def take(document: dict[str, object]) -> None:
            asyncio.run_coroutine_threadsafe(self._received(document), loop)

        return take

    async def _received(self, document: dict[str, object]) -> None:
        try:
            configuration = parse_configuration(document)
        except ConfigurationError as error:
            log.error("configuration_refused", reason=error.code, detail=error.detail)
            return
        await self.apply(configuration)
        try:
            save_cached(self._cache, document)
        except OSError as error:
            log.error("configuration_not_cached", error=str(error))

    def _connector(self, source: SourceDocument) -> Connector | ConfigurationError:
        """A connector that has not connected yet, or why there can be none."""
        try:
            config = check_source(source.document)
            manifest = manifest_of(config.protocol)
            if source.is_of_a_page:
                check_references(config, form_of(manifest), self._options.data)
            connector_class = manifest.connector_class()
            context = ConnectorContext(
                clock=self._clock, links=self._links, folder=self._options.data
            )
            return connector_class(config, context)
        except ConfigurationError as error:
            return error

    def _begin(
        self, source: SourceDocument, connector: Connector | ConfigurationError, revision: int
    ) -> None:
        if isinstance(connector, ConfigurationError):
            status = LinkStatus(
                source=source.source,
                state=LinkState.REFUSED,
                since=self._clock.now_us(),
                reason=connector.code,
                detail=connector.detail,
            )
            log.error("source_refused", source=source.source, reason=connector.code)
            applied = _refused(None, connector, revision)
            self._running[source.source] = _Running(source, None, None, status, applied)
            return
        runner = SourceRunner(
            connector,
            source.streams,
            self._spool,
            self._clock,
            self._status_changed,
            self._pauses,
        )
        task = asyncio.create_task(runner.run(), name=f"source {source.source}")
        applied = Applied(revision=revision)
        self._running[source.source] = _Running(source, runner, task, runner.status, applied)

    def _goes_on(self, name: str) -> bool:
        running = self._running.get(name)
        return running is not None and running.runner is not None

    def _keep(self, name: str, error: ConfigurationError, revision: int) -> None:
        running = self._running[name]
        log.error("configuration_refused", source=name, reason=error.code, revision=revision)
        running.applied = _refused(running.applied.revision, error, revision)

    def _confirm(self, running: _Running, source: SourceDocument, revision: int) -> None:
        """What runs is what this revision wants; at most its streams are others."""
        if running.runner is not None:
            running.applied = Applied(revision=revision)
        if running.document.streams == source.streams:
            return
        running.document = source
        if running.runner is not None:
            running.runner.set_streams(source.streams)

    async def _stop_runners(self, names: list[str]) -> None:
        tasks = [task for name in names if (task := self._running[name].task) is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_RUNNERS_S)
            for task in late:
                log.error("source_does_not_stop", task=task.get_name())
                task.cancel()

    async def _shut_down(self) -> None:
        self._pauses.stop()
        for asking in (self._puller, self._listener):
            if asking is not None:
                await asyncio.to_thread(asking.stop)
        await self._stop_runners(list(self._running))
        await asyncio.to_thread(self._spool.flush, 0.5)
        if self._sink is not None:
            await asyncio.to_thread(self._sink.stop, STOP_SINK_S)
        await asyncio.to_thread(self._spool.close)

    def _connector_of(self, source: str) -> Connector | None:
        running = self._running.get(source)
        return None if running is None or running.runner is None else running.runner.connector

    def _edge_report(self) -> EdgeReport:
        running = dict(self._running)
        return EdgeReport(
            revision=self._revision,
            links=[each.status for each in running.values()],
            applied={name: each.applied for name, each in running.items()},
        )

    def _records_committed(self) -> None:
        if self._sink is not None:
            self._sink.wake()

    def _status_changed(self) -> None:
        if self._sink is not None:
            self._sink.status_changed()


def _refused(runs: int | None, error: ConfigurationError, revision: int) -> Applied:
    return Applied(revision=runs, refused_revision=revision, reason=error.code, detail=error.detail)


def _load_connectors(configuration: EdgeConfiguration) -> None:
    """Import protocol libraries away from the event loop; one takes half a second."""
    for source in configuration.sources:
        with suppress(ConfigurationError):
            manifest_of(str(source.document.get("protocol"))).connector_class()


def read_options(data: Path, path: Path) -> EdgeOptions:
    """Options from a JSON file: `edge`, `sources`, and optionally `server` and `token_file`.

    Raises:
        ConfigurationError: the file cannot be used; the detail says why.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        detail = f"{path.name} cannot be read: {error}"
        raise ConfigurationError("configuration_malformed", detail) from error
    configuration = parse_configuration(document)
    server, token_file = document.get("server"), document.get("token_file")
    if server is not None and token_file is None:
        detail = "`server` needs `token_file`"
        raise ConfigurationError("configuration_malformed", detail, field="token_file")
    return EdgeOptions(
        data=data,
        edge=str(document.get("edge", "edge-1")),
        server=server,
        token_file=Path(token_file) if token_file is not None else None,
        configuration=configuration,
    )
