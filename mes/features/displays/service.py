"""Making and revoking the tokens of wall displays. Real time."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.people.service import ActorJson, MadeToken, create_token, revoke_token
from mes.models import ApiToken
from mes.web.roles import Scope

DISPLAYS_MAX = 100
"""Most displays that are not revoked."""


def make_display(session: Session, actor: ActorJson, *, label: str) -> MadeToken:
    """A token that only reads the wall and never ends by itself; it is shown this once.

    Args:
        label: where the display hangs.

    Raises:
        Refusal: `display_needs_label` (422), `too_many_displays` (409).
    """
    name = label.strip()
    if not name:
        raise Refusal(
            "display_needs_label", "say where the display hangs", status=422, field="label"
        )
    held = session.scalar(
        select(func.count())
        .select_from(ApiToken)
        .where(ApiToken.scope == Scope.DISPLAY.value, ApiToken.revoked_at.is_(None))
    )
    if (held or 0) >= DISPLAYS_MAX:
        message = f"there are {DISPLAYS_MAX} displays; revoke one that is not used"
        raise Refusal("too_many_displays", message)
    return create_token(session, actor, scope=Scope.DISPLAY, label=name)


def revoke_display(session: Session, actor: ActorJson, number: int) -> None:
    """Make the token of a display open nothing any more.

    Raises:
        Refusal: `display_unknown` (404).
    """
    row = session.get(ApiToken, number)
    if row is None or row.scope != Scope.DISPLAY.value:
        raise Refusal("display_unknown", f"there is no display {number}", status=404)
    revoke_token(session, actor, number)
