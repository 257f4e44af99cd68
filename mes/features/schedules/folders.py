"""Where files of schedules lie: in folders of `reports` in the data folder, nowhere else."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from mes.core.refusal import Refusal
from mes.features.schedules.kinds import folder_ok

ROOT = "reports"
_UNSAFE = re.compile(r"[^\w.-]+", re.UNICODE)


def root_of(data: Path) -> Path:
    """The folder of all report files of a data folder."""
    return data / ROOT


def file_name(*parts: str, ending: str) -> str:
    """A name out of codes, without what file systems do not take."""
    return f"{'-'.join(_UNSAFE.sub('-', part).strip('-.') for part in parts if part)}.{ending}"


def path_in(root: Path, name: str) -> Path:
    """The path of `folder/file` below the root.

    Raises:
        Refusal: `report_file_gone` (404): it would lie outside, also behind a symbolic link.
    """
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or len(Path(name).parts) != 2:
        raise Refusal("report_file_gone", "there is no such file", status=404)
    return path


def put(root: Path, folder: str, name: str, write: Callable[[Path], None]) -> tuple[str, int]:
    """Write a file as a whole: under another name first, then renamed over what was there.

    Returns:
        Its name below the root, and its size in bytes.

    Raises:
        Refusal: `report_folder_invalid` (422): the folder is no folder of the root.
        OSError: it cannot be written.
    """
    if not folder_ok(folder):
        raise Refusal(
            "report_folder_invalid", f"{folder[:80]!r} is no name of a folder", status=422
        )
    root.mkdir(parents=True, exist_ok=True)
    home = root / folder
    if home.is_symlink():
        raise Refusal("report_folder_invalid", f"{folder!r} leads elsewhere", status=422)
    home.mkdir(exist_ok=True)
    number, waiting = tempfile.mkstemp(prefix=".", suffix=".part", dir=home)
    os.close(number)
    path = Path(waiting)
    try:
        write(path)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        size = path.stat().st_size
        path.chmod(0o640)
        path.replace(home / name)
    finally:
        path.unlink(missing_ok=True)
    return f"{folder}/{name}", size


def remove(root: Path, name: str) -> None:
    """Remove a file; one that is gone already is no matter."""
    path_in(root, name).unlink(missing_ok=True)
