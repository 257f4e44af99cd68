"""Who may do what with quality checks, besides an administrator."""

from __future__ import annotations

from mes.web.roles import Role

EDITORS = (Role.MANAGER, Role.SUPERVISOR, Role.QUALITY, Role.INTEGRATOR)
"""Who changes check plans."""
CHECKERS = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY)
"""Who enters results and takes them back."""
