"""Every page of the product, found by its own routes and links: nobody keeps a list.

A page is an address that answers a GET with HTML. Addresses with a place in them (`/lines/<line>`)
are found by the links of other pages, or filled in from `GIVEN`; one that nothing fills in is named
in `Site.missing`, so that a page nobody thought of fails a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.routing.exceptions import RequestRedirect

from mes.app import create_app
from mes.settings import Settings

GIVEN: Mapping[str, str] = {"work_unit": "press-1", "line": "line-1"}
"""What is put into the place of that name when no page links to one."""
ADDRESSES: Mapping[str, str] = {
    "explain.explain": "/explain?work_unit=press-1",
    "screens.source": "/sources/press-1",
    "screens.change_source": "/sources/press-1/change",
}
"""Addresses of endpoints to which only scripts link, or which need a question."""
LEADS_ON = frozenset({"people_pages.own_terminal"})
"""Endpoints without a page of their own that an account may not follow."""
LOGIN = "admin"
"""The account that may open every page."""
OTHERS = ("/api/v1/", "/static/")
"""Begins of addresses that programs read."""
HTML = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A page: the endpoint that answers it and one real address of it."""

    endpoint: str
    address: str

    @property
    def name(self) -> str:
        """A name for files and reports, made of the rule's endpoint."""
        return re.sub(r"[^a-z0-9]+", "-", self.endpoint.lower()).strip("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The pages of a running plant.

    Attributes:
        pages: in the order of their addresses.
        missing: rules that answer no page for a reason nobody gave: a place that nothing fills in,
            or an answer that is neither a page nor a file nor a way to another page.
    """

    pages: tuple[FoundPage, ...]
    missing: tuple[str, ...]


def find_site(url: str, password: str, folder: Path) -> Site:
    """Ask every address that may be a page.

    Args:
        url: of a running plant.
        password: of its administrator.
        folder: an empty one, for an application of which only the routes are read.
    """
    routes = create_app(Settings(data_dir=folder)).url_map
    with httpx.Client(base_url=url, timeout=30.0) as client:
        sign_in(client, LOGIN, password)
        return _asked(client, routes)


def sign_in(client: httpx.Client, login: str, password: str) -> None:
    """Sign in through the form."""
    token = csrf_token(client.get("/sign-in").text)
    fields = {"login": login, "password": password, "csrf_token": token}
    answer = client.post("/sign-in", data=fields)
    assert answer.status_code == 303, answer.text[-2000:]


def csrf_token(text: str) -> str:
    """The token of a page's forms."""
    return text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


def _asked(client: httpx.Client, routes: Map) -> Site:
    waiting = [rule for rule in routes.iter_rules() if _may_be_page(rule)]
    pages: dict[str, FoundPage] = {}
    missing: list[str] = []
    linked: dict[str, str] = {}
    while waiting:
        known = [(rule, address) for rule in waiting if (address := _address(rule, linked))]
        if not known:
            break
        for rule, address in known:
            waiting.remove(rule)
            answer = client.get(address)
            if answer.status_code == 200 and answer.headers["content-type"].startswith(HTML):
                pages[rule.endpoint] = FoundPage(endpoint=rule.endpoint, address=address)
                linked |= {**_links(routes, answer.text), **linked}
            elif answer.status_code >= 400 and rule.endpoint not in LEADS_ON:
                missing.append(f"{rule.rule}: {address} answers {answer.status_code}")
    missing += [f"{rule.rule}: no page links to one, and GIVEN names none" for rule in waiting]
    ordered = sorted(pages.values(), key=lambda page: page.address)
    return Site(pages=tuple(ordered), missing=tuple(missing))


def _may_be_page(rule: Rule) -> bool:
    """Whether a rule answers GET and is neither of the API nor a file of a page's list."""
    is_file = any("kind" in name for name in rule.arguments)
    opens_by_key = "token" in rule.arguments
    own = "GET" in (rule.methods or set()) and not rule.rule.startswith(OTHERS)
    return own and not is_file and not opens_by_key


def _address(rule: Rule, linked: Mapping[str, str]) -> str | None:
    """A real address of a rule, None while there is none."""
    if rule.endpoint in ADDRESSES:
        return ADDRESSES[rule.endpoint]
    if not rule.arguments:
        return rule.rule
    if rule.endpoint in linked:
        return linked[rule.endpoint]
    places = {name: GIVEN.get(rule.endpoint, GIVEN.get(name)) for name in rule.arguments}
    if None in places.values():
        return None
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: str(places[found[1]]), rule.rule)


def _links(routes: Map, text: str) -> dict[str, str]:
    """Endpoint -> address of the pages that a page links to."""
    adapter = routes.bind("plant")
    found: dict[str, str] = {}
    for address in _paths(text):
        try:
            endpoint, _ = adapter.match(address, "GET")
        except (HTTPException, RequestRedirect):
            continue
        found.setdefault(endpoint, address)
    return found


def _paths(text: str) -> Iterable[str]:
    for address in re.findall(r'href="(/[^"#]*)', text):
        yield urlsplit(address.replace("&amp;", "&")).path
