"""What the routes of this feature take."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictStr, StringConstraints

Short = Annotated[StrictStr, StringConstraints(min_length=1, max_length=80)]
Secret = Annotated[StrictStr, StringConstraints(min_length=1, max_length=200)]


class Input(BaseModel):
    """No unknown fields."""

    model_config = ConfigDict(extra="forbid")


class SessionIn(Input):
    """Sign-in with password."""

    login: Short
    password: Secret


class TerminalSignInIn(Input):
    """Sign-in at a terminal: badge or name, and PIN."""

    badge: Short | None = None
    name: Short | None = None
    pin: Secret
    work_unit: Short | None = None


class HandsIn(Input):
    """Who is the active one at a terminal from now on."""

    badge: Short


class SignOutIn(Input):
    """Who leaves a terminal; by default the active person."""

    badge: Short | None = Field(default=None, description="Whose sessions; absent: the active.")
    everybody: bool = Field(default=False, description="All who are signed in at the terminal.")


class EnrolIn(Input):
    """Enrolment of the asking browser: by a one-time code, or at a place by somebody signed in."""

    code: Short | None = None
    work_unit: Short | None = None


class TerminalIn(Input):
    """A terminal to prepare."""

    work_unit: Short


class PasswordIn(Input):
    """A change of one's own password."""

    password: Secret
    new_password: Secret


class PinIn(Input):
    """A new PIN of a person, given by a supervisor."""

    badge: Short
    pin: Secret
