"""What a schedule may ask for. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from mes.features.oee.periods import PeriodKind

PERIODS = (PeriodKind.SHIFT, PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH)
"""Periods after which a file is made."""
LANGUAGES = ("ko", "en")
DELAY_MAX_MIN = 1440
KEPT_MAX = 400
FOLDER_MAX = 60
_FOLDER = re.compile(r"[\w .-]+")


class FileKind(StrEnum):
    """Which report as which file."""

    OEE = "oee_xlsx"
    PRODUCTION = "production_xlsx"
    PRODUCTION_CSV = "production_csv"

    @property
    def ending(self) -> str:
        """How the name of the file ends."""
        return self.value.rpartition("_")[2]


class FileState(StrEnum):
    """What became of a period."""

    MADE = "made"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It was too long ago when the program was started again."""
    EXPIRED = "expired"
    """Made, and removed when it was one of too many."""


def folder_ok(name: str) -> bool:
    """Whether a text is the name of one folder: letters, digits, spaces, '.', '_' and '-'."""
    return (
        len(name) <= FOLDER_MAX and _FOLDER.fullmatch(name) is not None and name == name.strip(" .")
    )
