"""The page of the design system shows all that its sources hold, in both languages."""

from __future__ import annotations

import re

import pytest

from mes.features.screens.design.sources import icon_names, read_tokens
from mes.features.screens.floor.words import STATE_ICONS
from tests.web.serving import Served


@pytest.mark.parametrize(("language", "word"), [("ko", "디자인 시스템"), ("en", "Design system")])
def test_every_icon_state_and_token_is_on_the_page(
    served: Served, language: str, word: str
) -> None:
    with served.signed_in("office") as client:
        page = client.get(f"/design?lang={language}")
    assert page.status_code == 200, page.text
    assert f"<h1>{word}</h1>" in page.text
    assert '<a href="/design" aria-current="page">' in page.text
    assert re.findall(r'data-icon="([\w-]+)"', page.text) == list(icon_names())
    assert set(re.findall(r'data-token="([\w-]+)"', page.text)) == set(read_tokens()["light"])
    shown = set(re.findall(r'data-state="(\w+)"', page.text))
    assert shown == set(STATE_ICONS) | {"minor", "unexpl", "brk"}
    for state, icon in STATE_ICONS.items():
        mark = rf'class="state is-{state}"><svg[^>]*><use href="#i-{icon}">'
        assert re.search(mark, page.text), state
        assert f'<rect class="{state}"' in page.text, state


def test_only_accounts_read_it(served: Served) -> None:
    with served.client() as stranger:
        assert stranger.get("/design").headers["location"] == "/sign-in?next=%2Fdesign"
        assert stranger.get("/design", headers=served.bearer("read")).status_code == 403
