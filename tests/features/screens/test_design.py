"""The design system is documented from its own sources, whole, and its colours can be read."""

from __future__ import annotations

import re

import pytest

from mes.features.screens.design.contrast import contrast, measured
from mes.features.screens.design.sources import SPRITE, TOKENS, icon_names, read_tokens
from mes.features.screens.language import THEMES


def test_every_token_and_icon_of_the_source_is_read() -> None:
    text = TOKENS.read_text(encoding="utf-8")
    assert set(read_tokens()["light"]) == set(re.findall(r"--([\w-]+):", text))
    assert len(icon_names()) == SPRITE.read_text(encoding="utf-8").count("<symbol ")


def test_dark_and_high_contrast_define_the_same_tokens_anew() -> None:
    blocks = re.findall(r'\[data-theme="(?:dark|contrast)"\] \{([^}]*)\}', TOKENS.read_text())
    dark, high = (set(re.findall(r"--([\w-]+):", block)) for block in blocks)
    assert dark == high
    colours = {name for name, value in read_tokens()["light"].items() if value.startswith("#")}
    assert dark == colours


def test_contrast_agrees_with_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_stands_out_as_its_rule_asks(theme: str) -> None:
    colours = read_tokens()[theme]
    for name, value in colours.items():
        if value.startswith("#"):
            found = measured(name, colours)
            assert found.enough, (name, found)


def test_text_in_high_contrast_is_seven_to_one() -> None:
    colours = read_tokens()["contrast"]
    for name in ("ink", "ink-2", "ink-3", "good", "bad", "accent", "line-strong"):
        assert measured(name, colours).ratio >= 7, name
