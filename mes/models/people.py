"""People, accounts, sessions, tokens and terminals."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Names, Text


class Person(Base):
    """Somebody who acts on the floor; the badge number identifies, a PIN proves."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("badge_no"),)

    id: Mapped[Identity]
    name: Mapped[Code]
    badge_no: Mapped[Code]
    language: Mapped[Code]
    retired_at: Mapped[Instant | None]


class Account(Base):
    """A sign-in with password; may belong to a person."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("login"),)

    id: Mapped[Identity]
    login: Mapped[Code]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    disabled_at: Mapped[Instant | None]
    must_change: Mapped[bool]


class Credential(Base):
    """An argon2id hash: kind `password` of an account or `pin` of a person.

    `failures` in a row since the last success; `day_failures` on `day` (days since 1970, UTC).
    """

    __tablename__ = "credential"

    id: Mapped[Identity]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[Code]
    secret_hash: Mapped[Text]
    set_at: Mapped[Instant]
    failures: Mapped[int]
    day: Mapped[Code | None]
    day_failures: Mapped[int]
    locked_until: Mapped[Instant | None]


class RoleGrant(Base):
    """A role of an account or of a person."""

    __tablename__ = "role_grant"

    id: Mapped[Identity]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Code]


class UserSession(Base):
    """A browser session; the cookie holds a random key, the table its hash. Real time."""

    __tablename__ = "session"
    __table_args__ = (UniqueConstraint("key_hash"),)

    id: Mapped[Identity]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    terminal_id: Mapped[int | None] = mapped_column(ForeignKey("terminal.id"))
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    data: Mapped[Json]


class ApiToken(Base):
    """A token of a machine client: scope read, write or ingest; only its hash is kept.

    `last_used_at` is kept to about a minute; None: never used.
    """

    __tablename__ = "api_token"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[Identity]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    scope: Mapped[Code]
    label: Mapped[Code]
    edge_id: Mapped[int | None] = mapped_column(ForeignKey("edge.id"))
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]
    last_used_at: Mapped[Instant | None]


class Terminal(Base):
    """A tablet enrolled once to a work unit or line.

    Until `enrolled_at`, `key_hash` is that of a one-time code that ends at `code_expires_at`
    (real time); afterwards it is that of the terminal's own key. `seen_at` is kept to about a
    minute of real time; None: never heard of.
    """

    __tablename__ = "terminal"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Identity]
    code: Mapped[Code]
    names: Mapped[Names]
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    key_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    code_expires_at: Mapped[Instant | None]
    enrolled_at: Mapped[Instant | None]
    retired_at: Mapped[Instant | None]
    seen_at: Mapped[Instant | None]
