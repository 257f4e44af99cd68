"""Limits on requests: how often one address may try to sign in, and how large a body is."""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from mes.settings import Settings
from mes.web import wiring

limiter = Limiter(
    get_remote_address,
    storage_uri="memory://",
    strategy="moving-window",
    headers_enabled=True,
)
"""Counts in the memory of the one web process."""


def sign_in_limit() -> str:
    """Most sign-ins from one address; each account and badge has its own limits besides."""
    return f"{wiring.settings().sign_ins_per_minute} per minute"


def init_limits(app: Flask, settings: Settings) -> None:
    """Bind the limits to an application."""
    app.config["MAX_CONTENT_LENGTH"] = settings.request_bytes_max
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.request_bytes_max
    app.config["MAX_FORM_PARTS"] = 200
    limiter.init_app(app)
