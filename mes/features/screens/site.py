"""The plant as pages need it: site, lines and work units with both names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.db import Database
from mes.models import Equipment

DEFAULT_ZONE = "Asia/Seoul"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One element of the hierarchy; `parent` is the code of the element above, None for a site."""

    code: str
    names: Mapping[str, str]
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site a page belongs to; `zone` is an IANA name."""

    code: str
    names: Mapping[str, str]
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Lines and work units in plant order."""

    lines: tuple[Place, ...]
    work_units: tuple[Place, ...]

    def work_unit(self, code: str) -> Place | None:
        """The work unit of that code, or None."""
        return next((unit for unit in self.work_units if unit.code == code), None)

    def line(self, code: str | None) -> Place | None:
        """The line of that code, or None."""
        return next((line for line in self.lines if line.code == code), None)


def read_site(database: Database) -> Site:
    """The first site; a nameless one in Seoul time while no plant is loaded."""
    with database.reading() as session:
        row = session.scalar(
            select(Equipment).where(Equipment.level == "site").order_by(Equipment.id).limit(1)
        )
    if row is None:
        return Site(code="", names={"ko": "MES", "en": "MES"}, zone=DEFAULT_ZONE)
    zone = (row.settings or {}).get("time_zone", DEFAULT_ZONE)
    return Site(code=row.code, names=row.names, zone=zone)


def read_layout(session: Session) -> Layout:
    """Lines and work units that are not retired, in plant order."""
    rows = session.scalars(
        select(Equipment)
        .where(Equipment.retired_at.is_(None))
        .order_by(Equipment.position, Equipment.id)
    ).all()
    codes = {row.id: row.code for row in rows}
    places = {
        level: tuple(
            Place(code=row.code, names=row.names, parent=codes.get(row.parent_id or 0))
            for row in rows
            if row.level == level
        )
        for level in ("work_center", "work_unit")
    }
    return Layout(lines=places["work_center"], work_units=places["work_unit"])
