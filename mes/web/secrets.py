"""Random keys and their hashes, and secret files that only their owner may read."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from mes.settings import Settings

SECRET_KEY_FILE = "secret-key"  # noqa: S105 - a file name


def new_key() -> str:
    """A random key of 256 bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def hash_key(key: str) -> bytes:
    """What is stored of a random key; a fast hash is enough because the key cannot be guessed."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def write_secret_file(path: Path, text: str) -> None:
    """Put `text` into a file of mode 0600, replacing what was there in one step."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(path)


def application_key(settings: Settings) -> str:
    """The key that signs cookies: from the settings, else made once and kept in the data folder."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.data_dir / SECRET_KEY_FILE
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        write_secret_file(path, new_key())
    return path.read_text(encoding="utf-8").strip()
