"""A CSV file; it can be taken away, but it cannot hang."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from connectors.conformance import Mistake, Rig
from connectors.conformance.rig import Document
from tests.connectors.conformance.documents import GONE, mistake

ROWS = "time,tag,value\n0,state,2\n0,parts,10\n1000000,parts,11\n"


class ReplayRig(Rig):
    """Two tags."""

    protocol = "replay"
    noticed_s = 1.0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._file = folder / "day.csv"

    async def start(self) -> None:
        self._file.write_text(ROWS, encoding="utf-8")

    async def stop(self) -> None:
        self._file.unlink(missing_ok=True)

    def document(self) -> Document:
        return {
            "id": "yesterday",
            "protocol": "replay",
            "file": str(self._file),
            "tags": [{"name": "state"}, {"name": "parts"}],
        }

    def absent_tag(self) -> Document:
        return {"name": "absent"}

    def mistakes(self) -> Sequence[Mistake]:
        good = self.document()
        return [
            mistake(good, "file", ""),
            mistake(good, "file", GONE),
            mistake(good, "repeat", "yes"),
            mistake(good, "tags", []),
            mistake(good, "tags.0.name", ""),
            mistake(good, "tags.1.name", "state"),
        ]
