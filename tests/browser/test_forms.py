"""Every form of every page in a browser: an ended session, a double tap, the back button.

The forms are found by the routes and the pages; nobody keeps a list. What was typed comes back
after the sign-in, two taps and two presses of Enter send one request, and going back sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.web.html_forms import TYPED, Form
from tests.web.rivals import Plant, standing_plant
from tests.web.test_every_form import LEAVE, OWN

FORMS_LEAST = 12
OPENED = """(form) => {
  for (let up = form; up; up = up.parentElement) if (up.matches('details')) up.open = true;
  form.noValidate = true;
}"""
FILLED = """(form) => [...form.elements].filter((one) => one.name
    && (one.matches('textarea') || ['text', 'search', 'number', 'date', 'tel'].includes(one.type)))
  .map((one, place) => {
    one.value = one.type === 'date' ? '2026-11-25' : one.type === 'number' ? '3' : `t${place}`;
    return [one.name, one.value];
  })"""
TYPED_IN = """(form) => [...form.elements].filter((one) => one.name
    && (one.matches('textarea') || ['text', 'search', 'number', 'date', 'tel'].includes(one.type)))
  .map((one) => [one.name, one.value])"""


@pytest.fixture(scope="module")
def plant(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """A small plant in which there is something of everything that a form changes."""
    with standing_plant(tmp_path_factory, sqlite_template) as plant:
        yield plant


@pytest.fixture(scope="module")
def forms(plant: Plant) -> list[Form]:
    """One form of each endpoint."""
    found: dict[str, Form] = {}
    for form in plant.forms():
        if form.action not in LEAVE and not form.action.startswith(OWN):
            found.setdefault(plant.place(form.action).endpoint, form)
    return list(found.values())


@pytest.fixture
def context(plant: Plant, chromium: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody signed in."""
    made = chromium.new_context(base_url=plant.served.url, locale="ko-KR")
    made.set_default_timeout(10_000)
    made.add_cookies(cookies_of(plant))
    yield made
    made.close()


def cookies_of(plant: Plant, *, enrolled: bool = False) -> Any:
    """The session of the administrator, at an enrolled tablet or at another browser."""
    return [
        {"name": one.name, "value": one.value, "url": plant.served.url}
        for one in plant.client.cookies.jar
        if enrolled or "terminal" not in one.name
    ]


def shown(page: Page, form: Form) -> Any:
    """The form on the page that is open, ready to be pressed; None: it is not there."""
    found = page.locator(f'form[method="post"][action="{form.action}"]').last
    if not found.count():
        return None
    found.evaluate(OPENED)
    return found


def button(page: Page, form: Form) -> Any:
    inside = page.locator(f'form[method="post"][action="{form.action}"]').last
    own = inside.locator("button:not([type=button])")
    return own.last if own.count() else page.locator(f'button[form="{form.identity}"]').last


@pytest.mark.parametrize("enrolled", [False, True], ids=["office", "enrolled-tablet"])
def test_what_was_typed_in_a_session_that_ended_is_there_after_the_sign_in(
    plant: Plant, forms: list[Form], context: BrowserContext, enrolled: bool
) -> None:
    context.add_cookies(cookies_of(plant, enrolled=enrolled))
    assert any("terminal" in one.get("name", "") for one in context.cookies()) is enrolled
    page, lost, looked = context.new_page(), [], 0
    for form in forms:
        if not any(one.kind in TYPED for one in form.fields):
            continue
        page.goto(form.page)
        found = shown(page, form)
        typed = found.evaluate(FILLED)
        context.clear_cookies(name="mes-session")
        button(page, form).click()
        try:
            page.wait_for_selector("#login", timeout=3000)
        except Error:
            lost.append(f"{form.page} {form.action}: ends at {page.url}")
            context.add_cookies(cookies_of(plant))
            continue
        back = page.locator("form[action='/sign-in'] [name=next]").input_value()
        context.add_cookies(cookies_of(plant))
        page.goto(back)
        again = shown(page, form)
        looked += 1
        if again is None or again.evaluate(TYPED_IN) != typed:
            lost.append(f"{form.page} {form.action}: {again and again.evaluate(TYPED_IN)}")
    assert not lost, "\n".join(lost)
    assert looked >= FORMS_LEAST


def test_a_double_tap_and_a_double_enter_send_one_request_and_back_sends_none(
    plant: Plant, forms: list[Form], context: BrowserContext
) -> None:
    page, wrong = context.new_page(), []
    posts: list[str] = []
    page.on("request", lambda one: posts.extend([one.url] * (one.method == "POST")))
    for form in forms:
        for press in ("tap", "enter"):
            page.goto(form.page)
            found = shown(page, form)
            if found is None:
                continue
            posts.clear()
            with page.expect_navigation():
                if press == "tap":
                    button(page, form).dblclick(no_wait_after=True)
                else:
                    button(page, form).focus()
                    page.keyboard.press("Enter")
                    page.keyboard.press("Enter")
            page.wait_for_load_state()
            if len(posts) != 1:
                wrong.append(f"{form.page} {form.action}: {press} sent {len(posts)}")
            before = plant.cells()
            page.go_back()
            page.reload()
            if len(posts) != 1 or plant.cells() != before:
                wrong.append(f"{form.page} {form.action}: back sent {len(posts)}")
    assert not wrong, "\n".join(wrong)
