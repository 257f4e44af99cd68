"""What routes need of the running application: its database and its settings."""

from __future__ import annotations

from contextlib import AbstractContextManager

from flask import Flask, current_app
from sqlalchemy.orm import Session

from mes.db import Database
from mes.settings import Settings

EXTENSION = "mes_wiring"


class Held:
    """The parts of one application."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings


def init_wiring(app: Flask, database: Database, settings: Settings) -> None:
    """Put database and settings where `database()` and `settings()` find them."""
    app.extensions[EXTENSION] = Held(database, settings)


def held() -> Held:
    """The parts of the current application."""
    parts: Held = current_app.extensions[EXTENSION]
    return parts


def database() -> Database:
    """The database of the current application."""
    return held().database


def settings() -> Settings:
    """The settings of the current application."""
    return held().settings


def reading() -> AbstractContextManager[Session]:
    """A session of the current application that cannot write, on one snapshot."""
    return database().reading()


def transaction() -> AbstractContextManager[Session]:
    """A writing session of the current application, committed at its end."""
    return database().transaction()
