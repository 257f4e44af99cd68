"""Keeping pictures and PDFs: known by their content, kept once, forgotten when unused."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.features.instructions.content import is_clean
from mes.features.instructions.media import PICTURES, media_of
from mes.models import DocumentFile, DocumentRevisionFile, DocumentValue

FILE_BYTES_MAX = 10 * 1024 * 1024
PHOTO_BYTES_MAX = 2 * 1024 * 1024
ALL_BYTES_MAX = 4 * 1024**3
"""Most bytes of all files together."""
UNUSED_US = 24 * 3600 * US_PER_S
"""How long a file stays that nothing shows, real time: somebody may still be editing."""
NAME_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBrief:
    """A file without its bytes."""

    id: int
    sha256: str
    media_type: str
    name: str
    size: int
    width: int | None
    height: int | None

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture, else a PDF."""
        return self.media_type in PICTURES


def keep_file(
    session: Session, content: bytes, *, name: str = "", photo: bool = False
) -> DocumentFile:
    """Keep a file, unless it is there already.

    Args:
        name: how the sender calls it; only shown.
        photo: only a picture, and a smaller one.

    Raises:
        Refusal: `instruction_file_kind` (422), `instruction_file_too_large` (413),
            `instruction_files_full` (409).
    """
    most = PHOTO_BYTES_MAX if photo else FILE_BYTES_MAX
    if len(content) > most:
        raise too_large(most)
    media = media_of(content)
    if media is None or (photo and media.media_type not in PICTURES):
        raise Refusal(
            "instruction_file_kind",
            "a picture (PNG, JPEG, WebP)" + ("" if photo else " or a PDF") + " is expected",
            status=422,
        )
    sha256 = hashlib.sha256(content).hexdigest()
    known = _file(session, sha256)
    if known is not None:
        known.stored_at = real_now_us()
        return known
    _forget_unused(session)
    if _bytes_kept(session) + len(content) > ALL_BYTES_MAX:
        raise Refusal(
            "instruction_files_full",
            "no room for more files of work instructions; ask the administrator",
        )
    row = DocumentFile(
        sha256=sha256,
        media_type=media.media_type,
        name=_shown_name(name),
        size=len(content),
        width=media.width,
        height=media.height,
        content=content,
        stored_at=real_now_us(),
    )
    session.add(row)
    session.flush()
    return row


def find_file(session: Session, sha256: str) -> DocumentFile:
    """A file by the SHA-256 of its bytes.

    Raises:
        Refusal: `instruction_file_unknown` (404).
    """
    found = _file(session, sha256)
    if found is None:
        raise unknown_file()
    return found


def unknown_file() -> Refusal:
    """There is no such file."""
    return Refusal("instruction_file_unknown", "there is no such file", status=404)


def files_by_hash(session: Session, hashes: Collection[str]) -> dict[str, FileBrief]:
    """What is known of files, without their bytes; those that are not kept are left out."""
    rows = session.execute(
        select(
            DocumentFile.id,
            DocumentFile.sha256,
            DocumentFile.media_type,
            DocumentFile.name,
            DocumentFile.size,
            DocumentFile.width,
            DocumentFile.height,
        ).where(DocumentFile.sha256.in_(sorted(hashes)))
    )
    return {row.sha256: FileBrief(**row._mapping) for row in rows}


def too_large(most: int) -> Refusal:
    """A file has too many bytes."""
    return Refusal(
        "instruction_file_too_large",
        f"a file has at most {most // 1024**2} MB",
        status=413,
        details={"bytes_max": most},
    )


def _file(session: Session, sha256: str) -> DocumentFile | None:
    return session.scalar(select(DocumentFile).where(DocumentFile.sha256 == sha256))


def _bytes_kept(session: Session) -> int:
    return int(session.scalar(select(func.sum(DocumentFile.size))) or 0)


def _forget_unused(session: Session) -> None:
    session.execute(
        delete(DocumentFile)
        .where(
            DocumentFile.stored_at < real_now_us() - UNUSED_US,
            ~exists().where(DocumentRevisionFile.file_id == DocumentFile.id),
            ~exists().where(DocumentValue.file_id == DocumentFile.id),
        )
        .execution_options(synchronize_session=False)
    )


def _shown_name(name: str) -> str:
    plain = name.replace("\\", "/").rpartition("/")[2].strip()
    return plain[-NAME_MAX:] if is_clean(plain) else ""
