"""Wires the pages into the application: translations, template helpers, blueprint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, request
from flask_babel import Babel

from mes.clock import plant_clock
from mes.db import Database
from mes.features.checks.suspects import open_count
from mes.features.screens.assets import Assets, read_assets
from mes.features.screens.language import language_url, name_of, select_language, select_theme
from mes.features.screens.navigation import may_read_checks, menu
from mes.features.screens.report.tabs import report_tabs
from mes.features.screens.report.views import View, views_of
from mes.features.screens.site import read_site
from mes.web.roles import maybe_actor

EXTENSION = "mes_screens"
TYPED_MAX = 80
TYPED_FIELDS_MAX = 20
UNTYPED = ("csrf_token", "command_id", "seen", "mark", "next", "password")
"""Beginnings of the names of fields into which nobody types, or whose text is a secret."""
TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who is signed in, as the header shows it; `role` is already translated, may be empty.

    Attributes:
        account: whether it is an account, which has a password of its own.
    """

    name: str
    role: str = ""
    account: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Screens:
    """What page routes need: the database and the signed-in person."""

    database: Database
    assets: Assets
    who: Callable[[], Who | None]


def init_screens(app: Flask, database: Database, who: Callable[[], Who | None]) -> None:
    """Register the page blueprint, Flask-Babel and the helpers of `base.html` on `app`.

    Args:
        app: the application; its template folder must be `mes/templates`.
        database: where pages read from.
        who: the person or account of the present request, None when nobody is signed in.
    """
    from mes.features.screens import source_pages  # noqa: F401  # its pages join the blueprint
    from mes.features.screens.calendar_page import screens  # with the pages of all modules
    from mes.features.screens.design import page as design_page  # noqa: F401
    from mes.features.screens.floor import (  # noqa: F401  # their pages join the blueprint
        calls_page,
        handover_page,
        line_page,
    )

    app.extensions[EXTENSION] = Screens(database=database, assets=read_assets(), who=who)
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(TRANSLATIONS))
    Babel(app, locale_selector=select_language, default_locale="en")
    app.context_processor(lambda: page_helpers(app))
    app.register_blueprint(screens)


def page_helpers(app: Flask) -> dict[str, object]:
    """Names every template may use."""
    held: Screens = app.extensions[EXTENSION]
    language = select_language()
    clock = plant_clock()
    site = read_site(held.database)
    return {
        "language": language,
        "theme": select_theme("dark" if request.endpoint == "screens.overview" else "light"),
        "build": held.assets.build,
        "asset": held.assets.url,
        "script": held.assets.script,
        "site": {"code": site.code, "name": name_of(site.names, language), "zone": site.zone},
        "clock": {"us": clock.now_us(), "speed": format(float(clock.speed), "g")},
        "who": held.who(),
        "page": "report"
        if request.blueprint in ("reports", "report_files")
        else (request.endpoint or "").rpartition(".")[2],
        "report_tabs": lambda: report_tabs(request.args),
        "saved_views": lambda: saved_views(held.database),
        "menu": lambda: menu(open_checks(held.database) if may_read_checks() else 0),
        "reads_checks": may_read_checks(),
        "language_url": language_url,
        "page_csrf_token": csrf_token,
        "typed_texts": typed_texts,
        "name_of": lambda names, fallback="": name_of(names, language, fallback),
    }


def open_checks(database: Database) -> int:
    """How many suspect counts wait for a decision."""
    with database.reading() as session:
        return open_count(session)


def saved_views(database: Database) -> list[View]:
    """The report views that the reader named."""
    who = maybe_actor()
    if who is None:
        return []
    with database.reading() as session:
        return views_of(session, f"{who.kind.value}:{who.id}")


def typed_texts() -> str:
    """What people typed or chose in the form that was sent, for a refusal of something gone."""
    typed = [
        text.strip()[:TYPED_MAX]
        for name, text in request.form.items(multi=True)
        if not name.startswith(UNTYPED)
    ]
    return ", ".join(text for text in typed[:TYPED_FIELDS_MAX] if text)


def csrf_token() -> str:
    """The token that forms and scripts send back."""
    from flask_wtf.csrf import generate_csrf

    return str(generate_csrf())
