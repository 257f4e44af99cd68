"""Files that were checked and wait for a confirmation: kept as tables, a short while, few."""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from mes.clock import real_now_us
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.features.imports.service import Upload
from mes.features.imports.table import from_json

KEPT_S = 3600
FILES_MAX = 20
"""Most files that wait; a further one takes the place of the oldest."""
FOLDER = "imports"
_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that waits, and whose it is."""

    id: str
    owner: str
    upload: Upload


class KeptFiles:
    """The folder of files that wait.

    Args:
        data: the data folder.
    """

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def keep(self, owner: str, upload: Upload) -> str:
        """Keep a file; the identity under which it is found again."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tidy()
        identity = secrets.token_hex(16)
        kept = {
            "owner": owner,
            "kind": upload.kind,
            "file": upload.file,
            "sha256": upload.sha256,
            "tables": [table.to_json() for table in upload.tables],
        }
        path = self._folder / f"{identity}.json"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(kept, file, ensure_ascii=False)
        return identity

    def find(self, identity: str, owner: str, kind: str) -> Kept:
        """A file that waits.

        Raises:
            Refusal: `import_gone` (404): it never was, waited too long, or is somebody else's.
        """
        path = self._folder / f"{identity}.json"
        if not _NAME.fullmatch(identity):
            raise _gone()
        try:
            if self._age_s(path) > KEPT_S:
                raise _gone()
            kept = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise _gone() from None
        if (kept["owner"], kept["kind"]) != (owner, kind):
            raise _gone()
        upload = Upload(
            kind=kept["kind"],
            file=kept["file"],
            sha256=kept["sha256"],
            tables=tuple(from_json(table) for table in kept["tables"]),
        )
        return Kept(id=identity, owner=owner, upload=upload)

    def forget(self, identity: str) -> None:
        """Let go of a file that was imported."""
        if _NAME.fullmatch(identity):
            (self._folder / f"{identity}.json").unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Remove what waited too long, and the oldest where there are too many."""
        ages = sorted((self._age_s(path), path) for path in self._folder.glob("*.json"))
        for place, (age, path) in enumerate(ages):
            if age > KEPT_S or place >= FILES_MAX - 1:
                path.unlink(missing_ok=True)

    def _age_s(self, path: Path) -> float:
        try:
            return real_now_us() / US_PER_S - path.stat().st_mtime
        except FileNotFoundError:
            return 0.0 if not path.exists() else KEPT_S + 1


def _gone() -> Refusal:
    return Refusal(
        "import_gone",
        "this check is over: an hour has passed or the file was imported; send it again",
        status=404,
    )
