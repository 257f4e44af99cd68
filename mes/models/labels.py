"""Label printers that an administrator has entered."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from mes.models.base import Base, Code, Identity, Instant, Text


class LabelPrinter(Base):
    """A printer that takes ZPL over TCP; only these are ever sent to. Retired, never deleted.

    `dpi` 203 or 300; `width_mm` and `height_mm` of the label in it; `graphics`: how pictures are
    written, `hex` (every ZPL printer and emulation) or `z64` (shorter). `local`: entered on the
    server itself, may be a port of this machine.
    """

    __tablename__ = "label_printer"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Identity]
    code: Mapped[Code]
    name: Mapped[Code]
    host: Mapped[Text]
    port: Mapped[int]
    dpi: Mapped[int]
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    graphics: Mapped[Code]
    local: Mapped[bool]
    version: Mapped[int]
    retired_at: Mapped[Instant | None]
