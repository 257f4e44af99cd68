"""Every form of every page in a browser: an ended session, a double tap, the back button.

The forms are found by the routes and the pages; nobody keeps a list. What was typed comes back
after the sign-in, two taps and two presses of Enter send one request, and going back sends nothing.
A page that "back" brings again, as it was left or asked for anew, undoes no newer change: what is
saved from it changes what stands now, or is refused with 409 and stays typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Response

from tests.browser.conftest import started
from tests.web.html_forms import TYPED, Form
from tests.web.rivals import Change, Plant, standing_plant, values
from tests.web.serving import until
from tests.web.test_every_form import LEAVE, OWN, send

FORMS_LEAST = 12
EDITS_LEAST = 12
LEFT_LEAST = 3
TRIED = {True: ("61", "62"), False: ("{} A", "{} B")}
"""What is typed into a field that holds a number and into others, one after the other."""
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
ELEMENT = "(form, [name, nth]) => [...form.elements].filter((one) => one.name === name)[nth]"
Edit = tuple[Form, Change, Change]
ANEW = """() => document.readyState === 'complete'
  && performance.getEntriesByType('navigation')[0].type !== 'navigate'"""
VALUES = "(form, name) => new FormData(form).getAll(name)"
SAVED, REFUSED = 200, 409
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
    """One form of each endpoint, the one that shows most in its fields."""
    found: dict[str, Form] = {}
    for form in plant.forms():
        if form.action not in LEAVE and not form.action.startswith(OWN):
            endpoint = plant.place(form.action).endpoint
            if endpoint not in found or _shows(form) > _shows(found[endpoint]):
                found[endpoint] = form
    return list(found.values())


def _shows(form: Form) -> int:
    return sum(bool(one.value) for _, one in form.typed)


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


@pytest.fixture(scope="module")
def edits(plant: Plant, forms: list[Form]) -> list[Edit]:
    """Forms that edit what stands, each with two changes of one field that the plant takes."""
    found = []
    for form in forms:
        if any(one.name.startswith("seen") for one in form.fields):
            taken = (pair for pair in _chances(form) if _is_taken(plant, form, pair))
            found += [(form, mine, theirs) for mine, theirs in islice(taken, 1)]
    return found


def _chances(form: Form) -> Iterator[tuple[Change, Change]]:
    for place, field in enumerate(form.fields):
        if field.kind in TYPED:
            is_number = field.kind == "number" or field.value.replace(".", "").isdigit()
            for texts in (TRIED[is_number], TRIED[not is_number]):
                one, other = (text.format(field.value).strip() for text in texts)
                yield Change(place, one), Change(place, other)
        elif field.kind == "checkbox":
            yield (Change(place, None), Change(place, None))


def _moved(change: Change, form: Form, now: Form) -> Change:
    """A change of a form at the same field of the form as it is shown now."""
    name = form.fields[change.place].name
    nth = [at for at, one in enumerate(form.fields) if one.name == name].index(change.place)
    return Change([at for at, one in enumerate(now.fields) if one.name == name][nth], change.value)


def _now(plant: Plant, form: Form) -> Form:
    now = plant.again(form)
    assert now is not None, form.action
    return now


def _changed(plant: Plant, form: Form, change: Change) -> int:
    """Make a change at the form as it is shown now; the status of the answer."""
    now = _now(plant, form)
    made = _moved(change, form, now).made_in(now)
    return send(plant.client, form, made.filled(), plant.token).status_code


def _is_taken(plant: Plant, form: Form, pair: tuple[Change, Change]) -> bool:
    return all(_changed(plant, form, one) == 303 for one in pair)


@pytest.mark.parametrize("kept", [False, True], ids=["asked-anew", "as-it-was-left"])
def test_a_page_that_back_brings_again_takes_nothing_back(
    chromium: Browser, plant: Plant, edits: list[Edit], kept: bool
) -> None:
    with started(chromium.browser_type, keeps_pages=kept) as browser:
        context = browser.new_context(base_url=plant.served.url, locale="ko-KR")
        context.set_default_timeout(10_000)
        context.add_cookies(cookies_of(plant))
        page = context.new_page()
        wrong = [
            f"{form.page} {form.action}: {problem}"
            for form, mine, theirs in edits
            if (problem := _gone_back(plant, page, form, mine, theirs))
        ]
    assert not wrong, "\n".join(wrong)
    assert len(edits) >= EDITS_LEAST, [form.action for form, _, _ in edits]


def _element(page: Page, form: Form, place: int) -> Any:
    name = form.fields[place].name
    before = sum(one.name == name for one in form.fields[:place])
    return shown(page, form).evaluate_handle(ELEMENT, [name, before]).as_element()


def _type(page: Page, form: Form, change: Change) -> None:
    element = _element(page, form, change.place)
    if change.value is None:
        element.set_checked(not element.is_checked())
    else:
        element.fill(change.value)


def _shown_values(page: Page, form: Form, name: str) -> list[str]:
    found: list[str] = shown(page, form).evaluate(VALUES, name)
    return found


def _saved(page: Page, form: Form) -> int:
    shown(page, form)
    with page.expect_navigation() as landed:
        button(page, form).click()
    answer: Response = landed.value
    return answer.status


def _is_anew(page: Page) -> bool:
    """Whether the page shows what stands now: loaded again, though it was kept as it was left."""
    try:
        return bool(page.evaluate(ANEW))
    except Error:
        return False  # It is loading just now.


def _gone_back(plant: Plant, page: Page, form: Form, mine: Change, theirs: Change) -> str:
    """What is wrong with a page to which somebody comes back after another has saved as well."""
    name = form.fields[mine.place].name
    page.goto(form.page)
    _type(page, form, mine)
    if (answer := _saved(page, form)) != SAVED:
        return f"is not saved: {answer}"
    typed = _now(plant, form)
    _changed(plant, form, theirs)
    wanted = _now(plant, form)
    page.go_back(wait_until="commit")
    until(lambda: _is_anew(page))
    answer = _saved(page, form)
    if values(_now(plant, form), name) != values(wanted, name):
        return f"takes back what another has saved, with {answer}"
    if answer == REFUSED:
        if _shown_values(page, form, name) != values(typed, name):
            return "refuses it, and what was typed is gone"
        answer = _saved(page, form)
    return "" if answer == SAVED else f"is answered {answer}"


def test_what_was_left_unsent_stands_there_after_back_and_undoes_no_newer_change(
    plant: Plant, edits: list[Edit], context: BrowserContext
) -> None:
    page = context.new_page()
    for form, theirs, _ in [one for one in edits if one[1].value][:LEFT_LEAST]:
        name = form.fields[theirs.place].name
        page.goto(form.page)
        _type(page, form, Change(theirs.place, f"{theirs.value}0"))
        typed = _shown_values(page, form, name)
        page.goto("/people")
        _changed(plant, form, theirs)
        wanted = _now(plant, form)
        page.go_back()
        assert _shown_values(page, form, name) == typed, form.action
        assert _saved(page, form) == REFUSED, form.action
        assert _shown_values(page, form, name) == typed, form.action
        assert values(_now(plant, form), name) == values(wanted, name), form.action


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
    for form, press in zip(forms, cycle(("tap", "enter")), strict=False):
        page.goto(form.page)
        if shown(page, form) is None:
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
        page.go_back()
        if len(posts) != 1:
            wrong.append(f"{form.page} {form.action}: back sent {len(posts)}")
    assert not wrong, "\n".join(wrong)
