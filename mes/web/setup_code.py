"""The one-time code of the first start: while nobody has an account, it makes the first one.

Whoever starts the system reads it from the terminal, or from a file in the data folder that only
its owner may read. It is new at every start and gone with the first account.
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.models import Account
from mes.web.secrets import write_secret_file

SETUP_CODE_FILE = "setup-code"
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
GROUPS, LENGTH = 4, 4
"""A code is so many groups of so many characters: 79 bits, which nobody guesses."""
PATH = "/welcome"
"""Where the code is given."""


def renew_setup_code(session: Session, data: Path) -> bool:
    """Write a new code into the data folder while nobody has an account, else take it away.

    Returns:
        Whether the first account is still to be made.
    """
    file = data / SETUP_CODE_FILE
    if has_account(session):
        file.unlink(missing_ok=True)
        return False
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(GROUPS))
    write_secret_file(file, "-".join(groups) + "\n")
    return True


def read_setup_code(data: Path) -> str | None:
    """The code of this start; None: there is none, the first account was made already."""
    try:
        return (data / SETUP_CODE_FILE).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def is_setup_code(given: str, code: str | None) -> bool:
    """Whether that is the code, however it is grouped; takes as long for every wrong one."""
    plain = "".join(given.upper().replace("-", " ").split())
    known = (code or "").replace("-", "")
    return bool(known) and hmac.compare_digest(plain.encode(), known.encode())


def forget_setup_code(data: Path) -> None:
    """Take the code away."""
    (data / SETUP_CODE_FILE).unlink(missing_ok=True)


def has_account(session: Session) -> bool:
    """Whether anybody has an account, a disabled one included."""
    return session.scalar(select(Account.id).limit(1)) is not None
