"""Contrast of the colour tokens by WCAG 2.2 (relative luminance, success criteria 1.4.3, 1.4.11).

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TEXT = 4.5
"""Least contrast of text, WCAG 2.2 AA."""
GRAPHIC = 3.0
"""Least contrast of what must be seen to understand or operate, WCAG 2.2 AA."""
GROUNDS = ("bg", "surface", "inset")
INKS = ("ink", "ink-2", "ink-3", "good", "bad", "accent")
STATE_SIGNS = {"stopped": "edge-stopped"}
"""What sets a state off from the ground where it is not its colour: yellow has a dark edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A token must stand out from each of the others; `least` None: it only decorates."""

    against: tuple[str, ...]
    least: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The smallest contrast of a token in one theme, and against which other."""

    ratio: float
    against: str
    least: float | None

    @property
    def enough(self) -> bool:
        """Whether it meets its rule."""
        return self.least is None or self.ratio >= self.least


def rule_of(token: str) -> Rule:
    """What a colour token is measured against."""
    family, _, name = token.partition("-")
    if token in INKS:
        return Rule(against=GROUNDS, least=TEXT)
    if token == "line-strong":  # noqa: S105 - the name of a colour
        return Rule(against=GROUNDS, least=GRAPHIC)
    if family == "on":
        return Rule(against=(name if name == "accent" else f"st-{name}",), least=TEXT)
    if family == "st":
        return Rule(against=("bg",), least=None if name in STATE_SIGNS else GRAPHIC)
    if token in STATE_SIGNS.values():
        return Rule(against=("bg",), least=GRAPHIC)
    if token in GROUNDS or token == "accent-soft":  # noqa: S105 - the name of a colour
        return Rule(against=("ink",), least=TEXT)
    return Rule(against=("surface",), least=None)


def measured(token: str, colours: Mapping[str, str]) -> Measured:
    """The smallest contrast of a token in a theme."""
    rule = rule_of(token)
    ratio, against = min((contrast(colours[token], colours[one]), one) for one in rule.against)
    return Measured(ratio=ratio, against=against, least=rule.least)


def contrast(one: str, other: str) -> float:
    """Contrast of two colours `#rrggbb`, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
