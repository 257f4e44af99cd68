"""The built front end: files named by their content, packed beforehand, kept by browsers."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask, Response, request, send_from_directory

DIST = Path(__file__).resolve().parents[1] / "static" / "dist"
IMMUTABLE = "public, max-age=31536000, immutable"
PARTS = "dist"
"""Endpoint of the built files."""
NEEDLESS = ("Content-Disposition", "Accept-Ranges", "Last-Modified")
"""A file whose name holds its content is never asked for again."""
PACKED_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}


def init_static(app: Flask) -> None:
    """Serve `/static/dist/<file>`; the packed twin when the browser takes it."""

    @app.get("/service-worker.js")
    def service_worker() -> Response:
        """The worker that keeps the pages of terminals; from here it may serve every page."""
        entry = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))[
            "service-worker.js"
        ]
        response = send_from_directory(DIST, entry["file"], mimetype="text/javascript")
        response.headers["Cache-Control"] = "no-cache"
        return response

    @app.get("/static/dist/<path:name>", endpoint=PARTS)
    def dist(name: str) -> Response:
        kind = PACKED_TYPES.get(Path(name).suffix)
        packed = f"{name}.gz"
        if kind and request.accept_encodings["gzip"] > 0 and (DIST / packed).is_file():
            response = send_from_directory(DIST, packed, mimetype=kind, etag=False)
            response.headers["Content-Encoding"] = "gzip"
        else:
            response = send_from_directory(DIST, name, etag=False)
        for needless in NEEDLESS:
            response.headers.pop(needless, None)
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = IMMUTABLE
        return response
