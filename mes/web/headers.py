"""Security headers of every answer."""

from __future__ import annotations

from flask import Flask, Response, request

from mes.settings import Settings
from mes.web.sessions import uses_tls
from mes.web.static_files import PARTS

CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
OF_PARTS = ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
"""What scripts and style sheets need: the others speak of pages, and a tablet loads many parts."""


def init_headers(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer; what belongs to a person is never stored by a cache."""

    @app.after_request
    def add(response: Response) -> Response:
        is_part = request.endpoint == PARTS
        for name in OF_PARTS if is_part else HEADERS:
            response.headers.setdefault(name, HEADERS[name])
        if uses_tls(settings):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        response.headers.setdefault("Cache-Control", "no-store")
        return response
