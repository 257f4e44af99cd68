"""Who writes work instructions, and who works by them."""

from __future__ import annotations

from mes.web.roles import Role

EDITORS = (Role.MANAGER, Role.SUPERVISOR, Role.INTEGRATOR)
"""Who writes and releases them, besides an administrator; the same people change reasons."""
PEOPLE = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY, Role.MAINTENANCE, Role.MANAGER)
"""Who acknowledges them, types values and proposes changes."""
