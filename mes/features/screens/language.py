"""Language and theme of a page: a cookie decides, Korean and light are the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from flask import request

LANGUAGES = ("ko", "en")
THEMES = ("light", "dark", "contrast")
COOKIE = "language"
YEAR_S = 365 * 24 * 3600


def select_language() -> str:
    """`?lang=`, else the cookie, else what the browser asks for, else Korean."""
    wanted = request.args.get("lang") or request.cookies.get(COOKIE)
    if wanted in LANGUAGES:
        return str(wanted)
    best = request.accept_languages.best_match(LANGUAGES)
    return "en" if best == "en" else "ko"


def select_theme(default: str = "light") -> str:
    """`light`, `dark` or `contrast` from the cookie, so that no page flashes in the wrong theme."""
    theme = request.args.get("theme") or request.cookies.get("theme") or default
    return theme if theme in THEMES else default


def name_of(names: Mapping[str, str] | str | None, language: str, fallback: str = "") -> str:
    """The name in that language, else in the other one, else the fallback."""
    if isinstance(names, str):
        return names
    names = names or {}
    return names.get(language) or names.get("ko") or names.get("en") or fallback


def language_url(code: str) -> str:
    """Address that sets the language and comes back to the present page."""
    here = request.full_path.rstrip("?")
    return f"/language/{code}?next={quote(here, safe='')}"


def safe_next(address: str | None) -> str:
    """A path on this server to go back to; anything else becomes the overview."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    return address if "\n" not in address and "\r" not in address else "/"
