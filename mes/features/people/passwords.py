"""Hashing and judging passwords and PINs (argon2id: 19 MiB, 2 passes, 1 lane).

Parameters: OWASP Password Storage Cheat Sheet, argon2id row with the least memory.
"""

from __future__ import annotations

import itertools
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mes.core.refusal import Refusal

PASSWORD_MIN = 12
PASSWORD_MAX = 200
PIN_DIGITS = 6
COMMON = ("password", "qwerty", "123456789", "factory", "administrator", "changeme", "letmein")
"""Words that may not make up the greater part of a password."""
AT_ONCE_MAX = 2
"""Hashes computed at the same time; the rest waits (memory)."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = threading.BoundedSemaphore(AT_ONCE_MAX)
_nobody = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43
"""A hash that no password has: checked when the account is unknown, so that it takes as long."""


def hash_secret(secret: str) -> str:
    """The argon2id hash of a password or PIN."""
    with _at_once:
        return _hasher.hash(secret)


def verify(secret_hash: str | None, secret: str) -> bool:
    """Whether the secret has this hash; takes as long when there is none (None)."""
    with _at_once:
        try:
            return _hasher.verify(secret_hash or _nobody, secret)
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(secret_hash: str) -> bool:
    """Whether a hash was made with older parameters."""
    return _hasher.check_needs_rehash(secret_hash)


def check_password(password: str, login: str) -> None:
    """Refuse a weak password.

    Raises:
        Refusal: `password_weak` (422).
    """
    lowered = password.lower()
    if len(password) < PASSWORD_MIN:
        raise _weak(f"a password has at least {PASSWORD_MIN} characters")
    if len(password) > PASSWORD_MAX:
        raise _weak(f"a password has at most {PASSWORD_MAX} characters")
    if login.lower() in lowered or len(set(password)) < 5:
        raise _weak("a password must not hold the sign-in name or a few repeated characters")
    if any(word in lowered and len(word) * 2 > len(password) for word in COMMON):
        raise _weak("this password is too common")


def check_pin(pin: str, badge_no: str) -> None:
    """Refuse a PIN that is not six digits or is easily guessed.

    Raises:
        Refusal: `pin_weak` (422).
    """
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise _weak_pin(f"a PIN is {PIN_DIGITS} digits")
    steps = {int(b) - int(a) for a, b in itertools.pairwise(pin)}
    if steps <= {0} or steps <= {1} or steps <= {-1} or pin == badge_no.zfill(PIN_DIGITS):
        raise _weak_pin("a PIN must not be a row of digits or the badge number")


def new_password() -> str:
    """A random password that passes `check_password` (96 bits)."""
    return secrets.token_urlsafe(12)


def new_pin(badge_no: str) -> str:
    """A random PIN that passes `check_pin`."""
    while True:
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        try:
            check_pin(pin, badge_no)
        except Refusal:
            continue
        return pin


def _weak(message: str) -> Refusal:
    return Refusal("password_weak", message, status=422, field="password")


def _weak_pin(message: str) -> Refusal:
    return Refusal("pin_weak", message, status=422, field="pin")
