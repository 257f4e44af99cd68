"""How a page is looked at: size, language, theme."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from playwright.sync_api import Page

from tests.browser.test_pages import CUT

SIZES = ((1280, 800), (800, 1280), (1920, 1080))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One way of looking."""

    width: int
    height: int
    language: str
    theme: str

    @property
    def name(self) -> str:
        """Such as `1280x800-ko-light`."""
        return f"{self.width}x{self.height}-{self.language}-{self.theme}"


EVERY = [
    Look(width=width, height=height, language=language, theme=theme)
    for (width, height), language, theme in product(SIZES, ("ko", "en"), ("light", "dark"))
]


def fits(page: Page, look: Look) -> None:
    """Nothing is cut off or wider than the screen, and it is the look that was asked for."""
    seen = page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]")
    assert seen == [look.language, look.theme], page.url
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"
    assert page.evaluate(CUT) == [], page.url
