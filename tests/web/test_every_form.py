"""Every form of every page, found by the pages themselves, with the worst that can be typed.

Never an error of the program, always a sentence, what was typed is still there; sent twice it does
nothing twice; a session that ended in between leads to the sign-in page and back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import func, select

from mes.models import Base
from tests.browser.site import asked_pages
from tests.web.html_forms import SECRET, Form, forms_of
from tests.web.serving import PASSWORD, Served, csrf_token, plant_of_its_own

GIVEN = {"work_unit": "unit-11", "line": "line-1"}
ADDRESSES = {
    "explain.explain": "/explain?work_unit=unit-11",
    "explain.explain_group": "/explain/group?place=unit-11&by=shift&value=D&period=day",
    "screens.source": "/sources/plc",
    "screens.change_source": "/sources/plc/change",
}
FORMS_LEAST = 10
LEAVE = {"/sign-out", "/sign-in", "/enrol", "/password"}
"""Forms that end or begin the session of the test itself, or that need none."""
OWN = "/roles/accounts/boss/"
"""Forms about the account of the test itself."""
KEPT_MIN = 60
"""Of a text that is too long, at least so much stands in the field again."""

WORST = {
    "empty": "",
    "blanks": "   ",
    "long": "x" * 10_000,
    "control": "a\x00b\x07c\x1b",
    "lines": "one\r\ntwo",
    "script": "<script>alert(1)</script>",
    "sql": "'; DROP TABLE person; --",
    "percent": "%s%n%(x)s{0}{{7*7}}",
    "negative": "-1",
    "nan": "NaN",
    "infinite": "1e400",
    "digits": "９９９９９９９９９９９９９９９９９９９９",
    "big": "9" * 40,
    "right_to_left": "\u202eabc\u200f",
    "emoji": "😀👩‍👩‍👧‍👦́́́",
    "path": "../../etc/passwd",
    "date": "99999-99-99",
    "far": "9999-12-31T23:59:59.999999Z",
    "surrogate": "\ud800",
}
INSIDE = re.compile(r"Traceback \(most recent|sqlalchemy|werkzeug\.exceptions|File \"/")
LOGGED = {"audit_log", "account_session", "sign_in_attempt", "audit_entry"}
"""Tables that note what was tried."""


@pytest.fixture(scope="module")
def plant(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A plant of its own: its people and reasons are changed here."""
    folder = tmp_path_factory.mktemp("forms")
    with plant_of_its_own(folder, sqlite_template) as running:
        yield running


@pytest.fixture(scope="module")
def forms(plant: Served, tmp_path_factory: pytest.TempPathFactory) -> list[Form]:
    """One form for each address that pages post to."""
    with plant.signed_in() as client:
        site = asked_pages(client, tmp_path_factory.mktemp("routes"), GIVEN, ADDRESSES)
        found: dict[str, Form] = {}
        for page in site.pages:
            for form in forms_of(page.address, client.get(page.address).text):
                kind = re.sub(r"/[^/]+/([a-z-]+)$", r"/*/\1", form.action)
                if form.action not in LEAVE and not form.action.startswith(OWN):
                    found.setdefault(kind, form)
    return list(found.values())


def send(
    client: httpx.Client, form: Form, fields: list[tuple[str, str]], token: str
) -> httpx.Response:
    """A form as a browser sends it from its page; a lone surrogate as the bytes it would be."""
    sent = [*fields, ("csrf_token", token)]
    body = urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in sent])
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": str(client.base_url.join(form.page)),
    }
    return client.post(form.action, content=body, headers=headers)


def test_forms_are_found(forms: list[Form]) -> None:
    assert len(forms) >= FORMS_LEAST, [form.action for form in forms]


def test_the_worst_values_are_answered_in_words_and_stay(plant: Served, forms: list[Form]) -> None:
    wrong: list[str] = []
    with plant.signed_in() as client:
        token = csrf_token(client, "/people")
        for form in forms:
            for place, one in form.typed:
                for name, worst in WORST.items():
                    answer = send(client, form, form.filled({place: worst}), token)
                    where = f"{form.action} {one.name}={name}: {answer.status_code}"
                    wrong += [f"{where} {what}" for what in mistakes(answer, worst, one.kind)]
    assert not wrong, "\n".join(wrong)


def mistakes(answer: httpx.Response, typed: str, kind: str) -> Iterator[str]:
    """What is wrong with an answer to something bad; browsers show nothing but numbers in a field
    for numbers."""
    if answer.status_code >= 500:
        yield "an error of the program"
    if INSIDE.search(answer.text):
        yield "shows the inside"
    if "<script>alert(1)" in answer.text:
        yield "runs what was typed"
    if answer.status_code in {400, 409, 413, 422}:
        if not re.search(r'role="alert"|class="card problem"', answer.text):
            yield "no sentence"
        if (
            typed.strip()
            and typed.isprintable()
            and kind != "number"
            and not _stands(answer.text, typed)
        ):
            yield "what was typed is gone"


def _stands(text: str, typed: str) -> bool:
    shown = typed.strip()[:KEPT_MIN]
    return escape(shown, quote=True).replace("&#x27;", "&#39;") in text or shown in text


def test_no_answer_to_a_form_can_be_sent_again_by_the_back_button(
    plant: Served, forms: list[Form]
) -> None:
    trapped = []
    with plant.signed_in() as client:
        token = csrf_token(client, "/people")
        for form in forms:
            answer = send(client, form, sample(form, "back"), token)
            if answer.status_code == 200:
                trapped.append(form.action)
    assert not trapped, "\n".join(trapped)


def test_a_form_sent_twice_does_nothing_twice(plant: Served, forms: list[Form]) -> None:
    doubled = []
    with plant.signed_in() as client:
        token = csrf_token(client, "/people")
        for form in forms:
            fields = sample(form, "twice")
            send(client, form, fields, token)
            before = rows(plant)
            answer = send(client, form, fields, token)
            more = {name: count for name, count in rows(plant).items() if count > before[name]}
            if more:
                doubled.append(f"{form.action}: {answer.status_code} {more}")
    assert not doubled, "\n".join(doubled)


def test_a_form_of_a_session_that_ended_leads_to_the_sign_in_page_and_back(
    plant: Served, forms: list[Form]
) -> None:
    lost = []
    with plant.signed_in() as client:
        token = csrf_token(client, "/people")
        client.cookies.delete("mes-session")
        for form in forms:
            before = rows(plant)
            answer = send(client, form, sample(form, "ended"), token)
            to = answer.headers.get("location", "")
            page = form.page.partition("?")[0].replace("/", "%2F")
            if answer.status_code != 303 or f"next={page}" not in to or rows(plant) != before:
                lost.append(f"{form.page} -> {form.action}: {answer.status_code} {to}")
    assert not lost, "\n".join(lost)


def sample(form: Form, mark: str) -> list[tuple[str, str]]:
    """A form filled in with something that fits as often as can be guessed from its fields."""
    text = f"{mark}-{sum(map(ord, mark))}"
    instead: dict[int, str] = {}
    for place, one in enumerate(form.fields):
        if one.kind == SECRET:
            instead[place] = PASSWORD
        elif one.kind in {"text", "textarea", "search"} and not one.value:
            instead[place] = text
        elif one.kind == "number" and not one.value:
            instead[place] = "1"
        elif one.kind == "select" and not one.value and len(one.options) > 1:
            instead[place] = one.options[1]
    return form.filled(instead)


def rows(plant: Served) -> dict[str, int]:
    """How many rows every table has, those that only note what was tried left out."""
    with plant.database.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
            if name not in LOGGED
        }
