"""Addresses of report pages that a person named, each person's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.models import SavedView
from mes.web.addresses import safe_next

PATHS = ("/report", "/timeline", "/production", "/progress", "/compare", "/trend")
"""Pages that may be saved."""
VIEWS_MAX = 100
"""Most views of one person."""
NAME_MAX = 60
ADDRESS_MAX = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A saved view."""

    id: int
    name: str
    address: str


def views_of(session: Session, owner: str) -> list[View]:
    """The views of a person by name."""
    rows: Sequence[SavedView] = session.scalars(
        select(SavedView).where(SavedView.owner == owner).order_by(SavedView.name)
    ).all()
    return [View(id=row.id, name=row.name, address=row.address) for row in rows]


def save_view(session: Session, owner: str, name: str, address: str) -> None:
    """Keep an address under a name; the same name takes the place of the one before.

    Raises:
        Refusal: `view_invalid`, `too_many_views` (422).
    """
    called, kept = " ".join(name.split())[:NAME_MAX], safe_next(address)
    if not called or kept.partition("?")[0] not in PATHS or len(kept) > ADDRESS_MAX:
        raise Refusal(
            "view_invalid", "give a view of a report page a name", status=422, field="name"
        )
    held = session.scalars(select(SavedView).where(SavedView.owner == owner)).all()
    same = next((view for view in held if view.name == called), None)
    if same is not None:
        same.address, same.saved_at = kept, real_now_us()
        return
    if len(held) >= VIEWS_MAX:
        raise Refusal("too_many_views", f"at most {VIEWS_MAX} views: delete one first", status=422)
    session.add(SavedView(owner=owner, name=called, address=kept, saved_at=real_now_us()))


def delete_view(session: Session, owner: str, identity: int) -> None:
    """Forget a view of this person; one that is not there is gone already."""
    view = session.get(SavedView, identity)
    if view is not None and view.owner == owner:
        session.delete(view)
