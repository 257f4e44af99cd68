"""What the application registers of this feature: all its routes hang on two blueprints."""

from __future__ import annotations

from mes.features.people import (
    floor_pages,
    floor_routes,
    own_password,
    session_routes,
    terminal_routes,
)
from mes.features.people.blueprints import pages, people

__all__ = [
    "floor_pages",
    "floor_routes",
    "own_password",
    "pages",
    "people",
    "session_routes",
    "terminal_routes",
]
