"""Notices that every page shows until the cause is gone: kept in the data folder by the start."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

FILE = "notices.json"
PLAIN_HTTP = "plain_http"
PLANT_CONFLICTS = "plant_conflicts"


def write_notices(data: Path, codes: Sequence[str]) -> None:
    """Keep the codes of the notices for the web process."""
    (data / FILE).write_text(json.dumps(list(codes)), encoding="utf-8")


def read_notices(data: Path) -> tuple[str, ...]:
    """The codes of the notices; none when nothing was kept."""
    try:
        return tuple(map(str, json.loads((data / FILE).read_text(encoding="utf-8"))))
    except (FileNotFoundError, ValueError):
        return ()
