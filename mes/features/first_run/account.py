"""The first account: made once, by the code of the first start. Real time."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.first_run.progress import BEGIN, SUBJECT
from mes.features.people.service import create_account
from mes.web.roles import Role
from mes.web.setup_code import has_account, is_setup_code, read_setup_code

ACTOR = {"kind": "setup_code", "id": 0, "label": "first start"}


def check_code(data: Path, given: str) -> None:
    """Refuse a code that is not the one of this start.

    Raises:
        Refusal: `setup_code_wrong` (401), also when there is no code any more.
    """
    if not is_setup_code(given, read_setup_code(data)):
        raise Refusal(
            "setup_code_wrong",
            "this is not the code that the present start printed",
            status=401,
            field="code",
        )


def make_first_account(session: Session, *, login: str, password: str) -> None:
    """Make the first administrator, and begin the guide.

    Of two at once one does it; the other finds an account.

    Raises:
        Refusal: `setup_over` (409): somebody has an account already; `login_invalid`,
            `password_weak` (422).
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE"))
    if has_account(session):
        raise Refusal("setup_over", "the first account was made already; sign in with it")
    create_account(session, ACTOR, login=login, password=password, roles=[Role.ADMINISTRATOR])
    record(session, ACTOR, BEGIN, SUBJECT, {"login": login})
