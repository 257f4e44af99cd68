"""The two blueprints of this feature: addresses of the API, and pages."""

from __future__ import annotations

from apiflask import APIBlueprint

from mes.web.roles import Role

people = APIBlueprint("people", __name__, tag="People")
pages = APIBlueprint("people_pages", __name__, enable_openapi=False)

ENROLLERS = (Role.SUPERVISOR, Role.INTEGRATOR)
"""Who may make a browser a terminal, besides an administrator."""
LEADERS = (Role.SUPERVISOR,)
"""Who manages the people of the floor, besides an administrator."""
