"""Pages of integrators: add a source, change it, look into it. Their islands read the API."""

from __future__ import annotations

from flask import render_template

from mes.features.plant.writer import DEFAULT_EDGE
from mes.features.screens.routes import screens, work_units
from mes.web.roles import Role, maybe_actor

__all__ = ["screens"]


@screens.get("/sources/new")
def new_source() -> str:
    """The flow that adds a source."""
    return render_template(
        "source-flow.html", code=None, edge=DEFAULT_EDGE, may_change=may_change()
    )


@screens.get("/sources/templates")
def source_templates() -> str:
    """Device templates: looked at, brought in from files, taken out as files."""
    return render_template("source-templates.html", may_change=may_change())


@screens.get("/sources/<code>/change")
def change_source(code: str) -> str:
    """The same flow for a source that exists."""
    return render_template(
        "source-flow.html", code=code, edge=DEFAULT_EDGE, may_change=may_change()
    )


@screens.get("/sources/<code>")
def source(code: str) -> str:
    """One source: link, values, tag browser, signals, frames, writes, holes."""
    who = maybe_actor()
    roles = [] if who is None else sorted(who.roles)
    return render_template(
        "source.html", code=code, units=work_units(), may_change=may_change(), roles=roles
    )


def may_change() -> bool:
    """Whether the reader may change sources."""
    who = maybe_actor()
    return who is not None and who.has(Role.INTEGRATOR)
