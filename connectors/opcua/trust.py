"""Which server certificates a person has approved, in a folder of the edge.

    trusted/SOURCE/FINGERPRINT.der   approved
    refused/SOURCE/FINGERPRINT.der   seen, waiting for a person

The configuration of a source may name approved fingerprints too (`security.trusted`), so that an
approval can also come from the MES. No protocol library is imported here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

MOST_REFUSED = 10
FOLDER = "opcua"
_IS_SHA256 = re.compile(r"[0-9a-f]{64}").fullmatch


class Trust(StrEnum):
    """What a person has said of a certificate."""

    APPROVED = "approved"
    UNKNOWN = "unknown"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCertificate:
    """A server certificate that lies in the folder."""

    source: str
    fingerprint: str
    trusted: bool
    der: bytes


class CertificateNotSeen(LookupError):
    """No server of the source has shown this certificate."""


def fingerprint_of(der: bytes) -> str:
    """SHA-256 of a certificate, in hexadecimal."""
    return hashlib.sha256(der).hexdigest()


def normal_fingerprint(text: str) -> str:
    """A fingerprint as people write it, without colons and in small letters."""
    return text.replace(":", "").strip().lower()


class TrustList:
    """The approvals of one source."""

    def __init__(self, folder: Path | None, source: str, configured: Collection[str]) -> None:
        """Look at a folder; nothing is written yet.

        Args:
            folder: the edge's folder; None: only the configured fingerprints count.
            configured: fingerprints that the configuration approves.
        """
        root = folder / FOLDER if folder is not None else None
        self._configured = frozenset(configured)
        self._trusted = root / "trusted" / source if root is not None else None
        self._refused = root / "refused" / source if root is not None else None

    def judge(self, der: bytes) -> Trust:
        """Whether a person has approved a certificate; another approved one makes it changed."""
        approved = self.approved()
        if fingerprint_of(der) in approved:
            return Trust.APPROVED
        return Trust.CHANGED if approved else Trust.UNKNOWN

    def remember_refused(self, der: bytes) -> None:
        """Keep a certificate for a person to look at; only the newest ones are kept."""
        if self._refused is None:
            return
        self._refused.mkdir(parents=True, exist_ok=True)
        (self._refused / f"{fingerprint_of(der)}.der").write_bytes(der)
        files = sorted(self._refused.glob("*.der"), key=lambda path: path.stat().st_mtime_ns)
        for path in files[:-MOST_REFUSED]:
            path.unlink(missing_ok=True)

    def approve(self, fingerprint: str) -> None:
        """Trust a certificate that was refused, in place of the one trusted before.

        Raises:
            CertificateNotSeen: it is not among the refused ones.
        """
        if self._refused is None or self._trusted is None or not _IS_SHA256(fingerprint):
            raise CertificateNotSeen(fingerprint)
        path = self._refused / f"{fingerprint}.der"
        if not path.is_file():
            raise CertificateNotSeen(fingerprint)
        self._trusted.mkdir(parents=True, exist_ok=True)
        before = list(self._trusted.glob("*.der"))
        path.replace(self._trusted / path.name)
        for other in before:
            if other.name != path.name:
                other.unlink()

    def known(self) -> list[KnownCertificate]:
        """What lies in the folder of this source."""
        return [
            KnownCertificate(
                source=place.name, fingerprint=path.stem, trusted=trusted, der=path.read_bytes()
            )
            for place, trusted in ((self._trusted, True), (self._refused, False))
            if place is not None
            for path in sorted(place.glob("*.der"))
        ]

    def approved(self) -> frozenset[str]:
        """Fingerprints that are approved now."""
        files = self._trusted.glob("*.der") if self._trusted is not None else ()
        return self._configured | {path.stem for path in files}


def sources_with_certificates(folder: Path) -> list[str]:
    """Sources whose servers have shown a certificate to this edge."""
    root = folder / FOLDER
    return sorted(
        {place.name for kind in ("trusted", "refused") for place in root.glob(f"{kind}/*")}
    )
