"""`/healthz` (the process answers), `/readyz` (tiles can be served), `/metrics`."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Blueprint, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import DBAPIError

from mes.core.refusal import Refusal
from mes.web.roles import actor
from mes.web.wiring import database

LOOPBACK = frozenset({"127.0.0.1", "::1"})

log = logging.getLogger("mes.web")


def health_blueprint(
    ready: Callable[[], str | None], publish: Callable[[], object] = lambda: None
) -> Blueprint:
    """The routes.

    Args:
        ready: why tiles cannot be served yet, None when they can.
        publish: brings gauges up to date before they are shown.
    """
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @health.get("/readyz")
    def readyz() -> Response:
        why = ready()
        if why is not None:
            raise Refusal("not_ready", why, status=503, details={"retry_after_s": 1})
        return jsonify(status="ready")

    @health.get("/metrics")
    def metrics() -> Response:
        if request.remote_addr not in LOOPBACK:
            actor()
        publish()
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return health


def database_answers(read_tiles: Callable[[], object]) -> str | None:
    """Why the present tiles cannot be read, None when they can."""
    try:
        read_tiles()
    except DBAPIError as error:
        log.warning("not ready: %s", type(error).__name__)
        kind = database().engine.dialect.name
        return f"the {kind} database cannot be read; is it up, and upgraded by `mes db upgrade`?"
    return None
