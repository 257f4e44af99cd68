"""Who may look at data checks and decide about them, besides an administrator."""

from __future__ import annotations

from mes.web.roles import Role

READERS = (Role.SUPERVISOR, Role.QUALITY, Role.MANAGER, Role.INTEGRATOR)
"""Who may look at data checks."""
CLEARERS = READERS
"""Who may clear records that ingest kept aside."""
DECIDERS = (Role.SUPERVISOR, Role.QUALITY, Role.MANAGER)
"""Who may decide about suspect counts."""
