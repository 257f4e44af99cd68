"""Language, theme and the way back."""

from __future__ import annotations

import pytest
from flask import Flask

from mes.features.screens.language import name_of, safe_next, select_language, select_theme

app = Flask(__name__)


@pytest.mark.parametrize(
    ("cookie", "accepts", "expected"),
    [
        (None, None, "ko"),
        (None, "en-GB,en;q=0.8", "en"),
        (None, "fr", "ko"),
        ("ko", "en", "ko"),
        ("en", "ko", "en"),
        ("xx", "ko", "ko"),
    ],
)
def test_the_cookie_decides_then_the_browser_then_korean(
    cookie: str | None, accepts: str | None, expected: str
) -> None:
    headers = {} if accepts is None else {"Accept-Language": accepts}
    if cookie:
        headers["Cookie"] = f"language={cookie}"
    with app.test_request_context("/", headers=headers):
        assert select_language() == expected


def test_an_unknown_theme_is_the_default() -> None:
    with app.test_request_context("/", headers={"Cookie": "theme=neon"}):
        assert select_theme("dark") == "dark"
    with app.test_request_context("/", headers={"Cookie": "theme=light"}):
        assert select_theme("dark") == "light"


def test_a_name_missing_in_one_language_is_shown_in_the_other() -> None:
    assert name_of({"ko": "프레스"}, "en") == "프레스"
    assert name_of({"en": "Press"}, "ko") == "Press"
    assert name_of(None, "ko", "press-1") == "press-1"


@pytest.mark.parametrize(
    "address", [None, "", "//other.example", "/\\other.example", "x", "/a\nSet-Cookie: x"]
)
def test_the_way_back_never_leaves_the_server(address: str | None) -> None:
    assert safe_next(address) == "/"


def test_a_path_of_this_server_is_kept() -> None:
    assert safe_next("/report?place=press-1") == "/report?place=press-1"
