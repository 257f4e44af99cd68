"""The page of the design system: what the style sheets, the sprite and the strip really hold."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext

from mes.clock import plant_now_us
from mes.core.case_model import Span
from mes.core.classes import TimeClass
from mes.features.publishing.standing import FigureState, Standing
from mes.features.reports.grid import Column, Grid, Kind, Row, shown_grid
from mes.features.screens.design.contrast import Measured, measured
from mes.features.screens.design.sources import icon_names, read_tokens
from mes.features.screens.floor.strip import HEIGHT, WIDTH, Bar, bar
from mes.features.screens.floor.words import STATE_ICONS, state_word
from mes.features.screens.language import THEMES
from mes.features.screens.report.signing import chip_of
from mes.features.screens.report.words import class_word
from mes.features.screens.routes import held, screens
from mes.features.screens.site import read_site
from mes.models import ShiftSignoff
from mes.web.roles import ActorKind, actor, forbidden

__all__ = ["screens"]

_WHOLE = Span(start=0, end=WIDTH)
_EXAMPLE = (
    ("running", 260),
    ("minor", 12),
    ("running", 120),
    ("setup", 90),
    ("running", 110),
    ("brk", 60),
    ("running", 80),
    ("unexpl", 50),
    ("waiting", 60),
    ("down", 70),
    ("off", 40),
    ("unknown", 48),
)
"""A shift that has everything: kind and length, `WIDTH` in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """A colour token with its value and contrast in each theme."""

    name: str
    themes: tuple[tuple[str, str, Measured], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state or a kind of time as all screens show it."""

    code: str
    word: str
    icon: str | None
    strip: Bar


@screens.get("/design")
def design() -> str:
    """The design system, for those who sign in with an account."""
    if actor().kind is not ActorKind.ACCOUNT:
        raise forbidden("this page is for the office: sign in with an account")
    tokens = read_tokens()
    colours = [name for name, value in tokens["light"].items() if value.startswith("#")]
    return render_template(
        "design.html",
        themes=THEMES,
        colours=[_colour(name) for name in colours],
        others=[(name, value) for name, value in tokens["light"].items() if name not in colours],
        states=[_state(code) for code in STATE_ICONS],
        kinds=_kinds(),
        example=_example(),
        icons=icon_names(),
        grids=_grids(),
        chips=_chips(),
        strip={"width": WIDTH, "height": HEIGHT},
    )


def _colour(name: str) -> Colour:
    tokens = read_tokens()
    return Colour(
        name=name,
        themes=tuple(
            (theme, tokens[theme][name], measured(name, tokens[theme])) for theme in THEMES
        ),
    )


def _state(code: str) -> State:
    return State(
        code=code, word=state_word(code), icon=STATE_ICONS[code], strip=bar(code, 0, WIDTH, _WHOLE)
    )


def _kinds() -> list[State]:
    """Kinds of time that a strip tells apart beside the states."""
    words = {
        "minor": class_word(TimeClass.MINOR_STOP),
        "unexpl": str(gettext("No reason yet")),
        "brk": class_word(TimeClass.BREAK),
    }
    return [
        State(code=code, word=word, icon=None, strip=bar(code, 0, WIDTH, _WHOLE))
        for code, word in words.items()
    ]


def _example() -> list[Bar]:
    bars, at = [], 0
    for kind, length in _EXAMPLE:
        bars.append(bar(kind, at, at + length, _WHOLE))
        at += length
    return bars


def _chips() -> list[dict[str, object]]:
    """The marks of figures from provisional to opened again, as if the reader had signed."""
    signed = ShiftSignoff(actor={"label": actor().label}, recorded_at=plant_now_us())
    zone = read_site(held().database).zone
    return [
        chip_of(Standing(state=state, signoff=signed), "71.2 → 70.9 %", zone)
        for state in FigureState
    ]


def _grids() -> list[dict[str, object]]:
    """A table with rows and one without, as reports print them."""
    columns = (
        Column(key="machine", label=str(gettext("Machine"))),
        Column(key="good", label=str(gettext("Good")), kind=Kind.PIECES, bar=True),
    )
    rows = (
        Row(values=("Press 1", 1284)),
        Row(values=("Press 2", 912)),
        Row(values=(str(gettext("Sum")), 2196), look="total"),
    )
    return [
        shown_grid(Grid(key="design", title=title, columns=columns, rows=held), "UTC")
        for title, held in ((str(gettext("Machines")), rows), (str(gettext("Nothing to show")), ()))
    ]
