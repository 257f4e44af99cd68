"""`create_app`: the only place that knows every feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apiflask import APIFlask
from flask import Blueprint
from flask_socketio import SocketIO
from werkzeug.middleware.proxy_fix import ProxyFix

from mes.clock import plant_now_us
from mes.core.instants import parse_instant
from mes.db import Database, make_engine
from mes.features.audit import routes as audit
from mes.features.calendars import routes as calendars
from mes.features.calls import routes as calls
from mes.features.checks import routes as checks
from mes.features.displays import display_pages
from mes.features.displays import routes as displays
from mes.features.downtime import routes as downtime
from mes.features.edge_requests import routes as edge_requests
from mes.features.equipment import pages as plant_pages
from mes.features.execution import routes as execution
from mes.features.explain import routes as explain
from mes.features.first_run import pages as first_run
from mes.features.handover import routes as handover
from mes.features.imports import pages as import_pages
from mes.features.imports import routes as imports
from mes.features.ingest import routes as ingest
from mes.features.ingest.healing import Healer
from mes.features.ingest.metrics import publish as publish_sources
from mes.features.instructions import floor_routes as floor_instructions
from mes.features.instructions import record_pages as instruction_pages
from mes.features.instructions import routes as instructions
from mes.features.labels import printer_pages as label_pages
from mes.features.labels import routes as labels
from mes.features.labels.worker import LabelSender
from mes.features.line_hours import routes as line_hours
from mes.features.lots import pages as lot_pages
from mes.features.lots import routes as lots
from mes.features.materials import pages as item_pages
from mes.features.materials import routes as materials
from mes.features.materials import routing_pages
from mes.features.oee import rollup_routes as rollups
from mes.features.oee import routes as oee
from mes.features.people import role_pages
from mes.features.people import routes as people
from mes.features.plant import routes as plant
from mes.features.policies import routes as policies
from mes.features.production.queries import tiles
from mes.features.publishing import routes as publishing
from mes.features.publishing.worker import Settler
from mes.features.quality import pages as quality_pages
from mes.features.quality import plan_pages as quality_plan_pages
from mes.features.quality import routes as quality
from mes.features.quantities import routes as quantities
from mes.features.reasons import pages as reason_pages
from mes.features.reasons import routes as reasons
from mes.features.reports import list_routes, system_lists
from mes.features.reports import trend_routes as reports
from mes.features.samples.expiry import Kept
from mes.features.samples.worker import Packer
from mes.features.schedules import pages as report_files
from mes.features.schedules.worker import ReportWriter
from mes.features.screens.setup import EXTENSION as SCREENS
from mes.features.screens.setup import Who, init_screens
from mes.features.sources import template_routes as sources
from mes.features.work_orders import routes as work_orders
from mes.features.writes import routes as writes
from mes.live.clients import Clients
from mes.live.garbage import close_on_garbage
from mes.live.hub import Hub
from mes.live.sockets import UNKNOWN_MAX, ConnectionLimit, init_sockets, make_sockets
from mes.settings import Settings
from mes.web.errors import init_errors
from mes.web.forgery import init_forgery
from mes.web.headers import init_headers
from mes.web.health import database_answers, health_blueprint
from mes.web.limits import init_limits
from mes.web.once import init_once
from mes.web.openapi import init_openapi
from mes.web.packing import init_packing
from mes.web.pages import init_pages, shown_role
from mes.web.roles import ActorKind, authorize_request, maybe_actor
from mes.web.secrets import application_key
from mes.web.sessions import init_sessions
from mes.web.static_files import init_static
from mes.web.wiring import init_wiring

BLUEPRINTS: tuple[Blueprint, ...] = (
    ingest.bp,
    oee.bp,
    explain.pages,
    reports.pages,
    list_routes.lists,
    system_lists.files,
    report_files.pages,
    explain.bp,
    rollups.bp,
    plant.bp,
    edge_requests.bp,
    sources.bp,
    policies.bp,
    work_orders.bp,
    execution.bp,
    writes.bp,
    quantities.bp,
    lots.bp,
    lot_pages.pages,
    labels.bp,
    label_pages.pages,
    quality.bp,
    quality_pages.pages,
    quality_plan_pages.pages,
    downtime.bp,
    audit.bp,
    materials.bp,
    item_pages.pages,
    plant_pages.pages,
    routing_pages.pages,
    role_pages.pages,
    reasons.bp,
    reason_pages.pages,
    imports.bp,
    import_pages.pages,
    calendars.bp,
    calls.bp,
    displays.bp,
    display_pages.pages,
    line_hours.bp,
    handover.bp,
    instructions.bp,
    floor_instructions.bp,
    instruction_pages.pages,
    checks.bp,
    publishing.bp,
    people.people,
    people.pages,
    first_run.pages,
)
LIVE = "mes_live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The live parts of an application, for the server that starts and stops them."""

    sockets: SocketIO
    hub: Hub
    database: Database
    settler: Settler
    report_writer: ReportWriter
    healer: Healer
    label_sender: LabelSender
    packer: Packer


def create_app(settings: Settings) -> APIFlask:
    """The web application: pages, REST, ingest and live tiles; the hub is not started yet."""
    app = APIFlask(
        "mes",
        title="Pilot MES",
        version="1",
        spec_path=None,
        docs_path=None,
        json_errors=False,
    )
    app.config["SECRET_KEY"] = application_key(settings)
    database = Database(make_engine(settings.url))
    init_wiring(app, database, settings)
    edge_requests.init_edge_requests(app)
    writes.init_writes(app)
    init_errors(app)
    init_limits(app, settings)
    init_packing(app)
    init_headers(app, settings)
    init_sessions(app, settings)
    init_pages(app, settings)
    app.before_request(authorize_request)
    init_forgery(app)
    init_once(app)
    init_static(app)
    init_screens(app, database, _who)
    init_openapi(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _init_live(app, database, settings)
    sockets = app.extensions[LIVE].sockets
    limited = ConnectionLimit(app.wsgi_app, sockets, settings.socket_clients_max + UNKNOWN_MAX)
    app.wsgi_app = _Proxied(limited, trusted=settings.tls_proxy)  # type: ignore[method-assign]
    return app


def _boundary(tile: dict[str, Any]) -> int | None:
    at = tile["next_change_at"]
    return None if at is None else parse_instant(at)


def _init_live(app: APIFlask, database: Database, settings: Settings) -> None:
    sockets = make_sockets()
    clients = Clients(
        total_max=settings.socket_clients_max, per_token_max=settings.sockets_per_token_max
    )
    hub = Hub(
        sockets,
        database,
        clients,
        tiles=tiles,
        boundary=_boundary,
        merge_window_s=settings.merge_window_ms / 1000,
        build=app.extensions[SCREENS].assets.build,
    )
    database.on_commit = hub.on_commit
    sockets.init_app(app)
    close_on_garbage(sockets)
    init_sockets(sockets, hub, database, settings)
    app.extensions[LIVE] = Live(
        sockets=sockets,
        hub=hub,
        database=database,
        settler=Settler(database),
        report_writer=ReportWriter(database, settings.data_dir),
        healer=Healer(database),
        label_sender=labels.init_labels(app),
        packer=Packer(
            database,
            Kept(
                values=settings.sample_days,
                minutes=settings.sample_minute_days,
                hours=settings.sample_hour_days,
            ),
        ),
    )

    def read_some_tiles() -> None:
        with database.reading() as session:
            tiles(session, None, plant_now_us())

    def publish() -> None:
        with database.reading() as session:
            publish_sources(session)

    app.register_blueprint(health_blueprint(lambda: database_answers(read_some_tiles), publish))


def _who() -> Who | None:
    known = maybe_actor()
    if known is None:
        return None
    return Who(name=known.label, role=shown_role(), account=known.kind is ActorKind.ACCOUNT)


class _Proxied:
    """Believes forwarding headers only of our own TLS proxy."""

    def __init__(self, application: Any, *, trusted: bool) -> None:
        self._application = ProxyFix(application, x_host=0) if trusted else application
        self._trusted = trusted

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ.pop("HTTP_X_FORWARDED_HOST", None)
        if not self._trusted:
            environ.pop("HTTP_X_FORWARDED_PROTO", None)
        return self._application(environ, start_response)
