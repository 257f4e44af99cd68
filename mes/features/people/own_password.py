"""The page on which an account changes its own password.

The slow hash runs outside of transactions.
"""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, session
from flask_babel import gettext

from mes.core.refusal import Refusal
from mes.features.people import service
from mes.features.people.blueprints import pages
from mes.features.people.passwords import PASSWORD_MAX, PASSWORD_MIN, check_password
from mes.features.people.responses import end_present_session, with_session
from mes.features.people.sign_in import sign_in_account
from mes.web.limits import limiter, sign_in_limit
from mes.web.roles import Actor, ActorKind, actor, forbidden, require
from mes.web.wiring import database, transaction

TYPED_MAX = 4 * PASSWORD_MAX
"""More characters of a field are not looked at."""
FIELDS = {
    "wrong_credentials": "present",
    "locked": "present",
    "password_weak": "new",
    "password_differs": "again",
}
"""At which field a refusal is told, by its code."""


@pages.get("/password")
@require(tokens=False)
def own_password() -> str:
    """The form."""
    _own_account()
    return _page()


@pages.post("/password")
@limiter.limit(sign_in_limit)
@require(tokens=False)
def own_password_form() -> Response:
    """Take the new password; every session of the account ends, and a new one begins here."""
    who = _own_account()
    given = {name: request.form.get(name, "")[:TYPED_MAX] for name in ("present", "new", "again")}
    try:
        if given["new"] != given["again"]:
            raise Refusal(
                "password_differs",
                "type the new password twice in the same way",
                status=422,
                field="again",
            )
        check_password(given["new"], who.label)
        change_password(who, given["present"], given["new"])
    except Refusal as refusal:
        return make_response(_page(refusal), refusal.status)
    entered = sign_in_account(database(), who.label, given["new"])
    end_present_session()
    session.clear()
    return with_session(make_response(redirect("/password?saved=1", 303)), entered)


def change_password(who: Actor, present: str, new: str) -> None:
    """Give an account the password it chose, if it knows the present one; its sessions end.

    Raises:
        Refusal: `wrong_credentials` (401), `locked` (429) or `password_weak` (422).
    """
    sign_in_account(database(), who.label, present)
    with transaction() as held:
        service.set_password(held, who.to_json(), who.label, new)


def _own_account() -> Actor:
    who = actor()
    if who.kind is not ActorKind.ACCOUNT:
        raise forbidden("only an account has a password; a PIN is given by a shift lead")
    return who


def _page(problem: Refusal | None = None) -> str:
    return render_template(
        "own-password.html",
        field="" if problem is None else FIELDS.get(problem.code, ""),
        problem_text="" if problem is None else _words(problem),
        problem_code="" if problem is None else problem.code,
        was_saved=problem is None and "saved" in request.args,
        least=PASSWORD_MIN,
        login=actor().label,
    )


def _words(problem: Refusal) -> str:
    if problem.code == "wrong_credentials":
        return str(gettext("The present password is not right. Type it again."))
    if problem.code == "locked":
        seconds = problem.details.get("retry_after_s", 60)
        return str(
            gettext("Too many wrong tries. Nothing was changed; wait %(n)s seconds.", n=seconds)
        )
    if problem.code == "password_differs":
        return str(gettext("The two new passwords differ. Type the new one twice in the same way."))
    if problem.code == "password_weak":
        return str(
            gettext(
                "Choose another: at least %(least)s characters, without the sign-in name, and no"
                " common word or few repeated characters.",
                least=PASSWORD_MIN,
            )
        )
    return problem.message
