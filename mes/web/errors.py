"""Errors as answers: RFC 9457 problem objects for programs, an HTML page for people.

Every problem has a stable `code` that `docs/errors.md` explains; nothing of the inside (trace,
statement, path) ever leaves the process: it goes to the log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from apiflask import APIFlask, HTTPError
from flask import Response, json, redirect, render_template, request
from flask.json.provider import DefaultJSONProvider
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateError
from prometheus_client import Counter
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES

from mes.core.refusal import Refusal
from mes.web.pages import OPEN_PAGES, wanted_page
from mes.web.roles import ActorKind, maybe_actor

PROBLEM = "application/problem+json"
RETRY_AFTER_S = 1
READ_AWAY_MAX = 64 * 1024 * 1024
READ_AWAY_PART = 64 * 1024
"""Bytes of a request that is too large which are read and thrown away, all and at a time."""

log = logging.getLogger("mes.web")

REFUSED = Counter("mes_refused", "Requests refused, by code", ["code"])

TITLES = {
    400: "The request is malformed",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Refused",
    413: "Too large",
    415: "Unsupported media type",
    422: "The input has mistakes",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Not available now",
}
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "validation",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}


def init_errors(app: APIFlask) -> None:
    """Turn every exception of a route into an answer."""
    app.error_callback = _http_error
    app.json = _Json(app)
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(HTTPException, _http_exception)
    app.register_error_handler(OperationalError, _database_busy)
    app.register_error_handler(Exception, _unexpected)


class _Json(DefaultJSONProvider):
    """JSON of requests and answers; nesting too deep to read is as malformed as anything else."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The data in a text.

        Raises:
            ValueError: it is not JSON.
        """
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def problem(
    status: int,
    code: str,
    detail: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    **further: object,
) -> Response:
    """An answer for a program (under `/api`) or a page for a person."""
    REFUSED.labels(code).inc()
    title = TITLES.get(status, HTTP_STATUS_CODES.get(status, "Error"))
    body: dict[str, object] = {
        "type": f"urn:mes:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "instance": request.path,
    }
    if detail:
        body["detail"] = detail
    body.update(further)
    response = Response(json.dumps(body), status, mimetype=PROBLEM) if wants_json() else _page(body)
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def wants_json() -> bool:
    """Whether the present request comes from a program."""
    if request.path.startswith(("/api/", "/healthz", "/readyz", "/metrics", "/socket.io")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def _page(body: dict[str, Any]) -> Response:
    shown = {**body, "title": gettext(body["title"]), "detail": body.get("detail", "")}
    try:
        text = render_template("error.html", problem=shown)
    except (TemplateError, OperationalError, RuntimeError):
        log.exception("the error page cannot be shown")
        text = f"{body['status']} {body['title']} ({body['code']})"
        return Response(text, int(body["status"]), mimetype="text/plain")
    return Response(text, int(body["status"]), mimetype="text/html")


def _refusal(error: Refusal) -> Any:
    if error.status in {401, 403} and _is_bare_terminal():
        return redirect(f"/sign-in?next={quote(wanted_page(), safe='')}", 303)
    further = {key: value for key, value in error.details.items() if key not in {"code", "status"}}
    retry = further.get("retry_after_s")
    headers = {"Retry-After": str(retry)} if isinstance(retry, int) else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.field is not None:
        further["field"] = error.field
        further.setdefault("errors", [{"field": error.field, "message": error.message}])
    return problem(error.status, error.code, error.message, headers=headers, **further)


def _is_bare_terminal() -> bool:
    """Whether a page is refused to an enrolled tablet without a person: its session has ended."""
    who = maybe_actor()
    bare = who is not None and who.kind is ActorKind.TERMINAL
    return bare and not wants_json() and request.endpoint not in OPEN_PAGES


def _http_error(error: HTTPError) -> Any:
    """An error of APIFlask: validation with its fields, or an abort."""
    headers = {name: str(value) for name, value in dict(error.headers).items()}
    errors = field_errors(error.detail)
    code = CODES.get(error.status_code, f"http_{error.status_code}")
    if not errors:
        return problem(error.status_code, code, error.message, headers=headers)
    text = "; ".join(f"{entry['field']}: {entry['message']}" for entry in errors[:5])
    return problem(error.status_code, code, text, headers=headers, errors=errors)


def field_errors(detail: object) -> list[dict[str, str]]:
    """The fields of a validation error with their messages, flattened to dotted names."""
    found: list[dict[str, str]] = []

    def walk(prefix: str, value: object) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else str(key), inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                walk(prefix, inner)
        elif value:
            where = prefix.partition(".")[2] or prefix
            found.append({"field": where, "message": str(value).removeprefix("Value error, ")})

    walk("", detail)
    return found[:100]


def _http_exception(error: HTTPException) -> Response:
    status = error.code or 500
    headers = {key: value for key, value in error.get_headers() if key.lower() != "content-type"}
    if isinstance(error, CSRFError):
        return problem(
            400, "csrf_failed", "the page is out of date: load it again and repeat what you did"
        )
    if isinstance(error, RequestEntityTooLarge):
        _read_away()
        return problem(413, "too_large", "the request is larger than this server accepts")
    code = CODES.get(status, f"http_{status}")
    detail = error.description if status < 500 else None
    return problem(status, code, detail, headers=headers)


def _read_away() -> None:
    """Take in what is still coming, so that the client reads the answer and may ask again.

    A server that closes a connection with bytes unread loses its answer on the way.
    """
    body, left = request.environ["wsgi.input"], READ_AWAY_MAX
    while left > 0 and (part := body.read(min(left, READ_AWAY_PART))):
        left -= len(part)


def _database_busy(error: OperationalError) -> Response:
    log.exception("the database did not answer %s %s", request.method, request.path)
    return problem(
        503,
        "database_busy",
        "the database is busy or unreachable; nothing was changed, try again",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _unexpected(error: Exception) -> Response:
    log.exception("%s %s failed", request.method, request.path)
    return problem(500, "internal", "an error of the program; it is in the log of the server")
