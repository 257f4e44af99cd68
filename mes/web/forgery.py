"""Protection against forged requests: unsafe methods with a cookie need the page's token."""

from __future__ import annotations

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect

from mes.web.roles import SAFE_METHODS


def init_forgery(app: Flask) -> None:
    """Check the field `csrf_token` or the header `X-CSRFToken`.

    Requests with an Authorization header are exempt: their cookies are ignored, and no page of
    another site can set that header.
    """
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_HEADERS=["X-CSRFToken"],
    )
    protection = CSRFProtect()
    protection.init_app(app)

    @app.before_request
    def check() -> None:
        if request.method not in SAFE_METHODS and "Authorization" not in request.headers:
            protection.protect()
