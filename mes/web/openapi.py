"""OpenAPI 3.1 at `/api/v1/openapi.json` and a page that shows it, made without any script."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint, APIFlask
from flask import Flask, Response, current_app, jsonify, render_template

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457); docs/errors.md explains each code.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "field": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
METHODS = ("get", "post", "put", "patch", "delete")

documentation = APIBlueprint("documentation", __name__, enable_openapi=False)


def init_openapi(app: APIFlask) -> None:
    """Configure what the specification says and register its two addresses."""
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        VALIDATION_ERROR_SCHEMA=PROBLEM_SCHEMA,
        HTTP_ERROR_SCHEMA=PROBLEM_SCHEMA,
        AUTO_SERVERS=False,
        INFO={"description": "Work orders, machines and OEE of a pilot factory."},
        SECURITY_SCHEMES={
            "token": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": "mes-session"},
        },
    )
    app.spec_processor(_finish)
    app.register_blueprint(documentation)


@documentation.get("/api/v1/openapi.json")
def specification() -> Response:
    """The specification for programs."""
    return jsonify(_specification(current_app))


@documentation.get("/api/docs")
def page() -> str:
    """The specification for people."""
    spec = _specification(current_app)
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "answers": sorted(operation.get("responses", {})),
            "tag": (operation.get("tags") or [""])[0],
        }
        for path, item in sorted(spec["paths"].items())
        for method, operation in item.items()
        if method in METHODS
    ]
    return render_template("api-docs.html", operations=operations, version=spec["info"]["version"])


def _specification(app: Flask) -> dict[str, Any]:
    assert isinstance(app, APIFlask)
    for blueprint in app.blueprints.values():
        if not isinstance(blueprint, APIBlueprint):
            vars(blueprint).setdefault("enable_openapi", False)  # APIFlask expects it of all
    spec = app._get_spec("json")  # the cached one; the public property makes it anew each time
    assert isinstance(spec, dict)
    return spec


def _finish(spec: dict[str, Any] | str) -> dict[str, Any] | str:
    """Say that errors are problem documents, and how callers identify themselves."""
    assert isinstance(spec, dict)
    spec["security"] = [{"token": []}, {"session": []}]
    spec["paths"] = {
        path: item for path, item in spec.get("paths", {}).items() if path.startswith("/api/")
    }
    for item in spec["paths"].values():
        for operation in item.values():
            for status, answer in operation.get("responses", {}).items():
                content = answer.get("content", {})
                if status >= "400" and "application/json" in content:
                    content["application/problem+json"] = content.pop("application/json")
    return spec
