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
    "explain.explain_group": "/explain/group?place=press-1&by=shift&value=D&period=day",
    "screens.source": "/sources/press_plc",
    "screens.change_source": "/sources/press_plc/change",
}
"""Addresses of endpoints to which only scripts link, or which need a question."""
LEADS_ON = frozenset({"people_pages.own_terminal"})
"""Endpoints without a page of their own that an account may not follow."""
OF_ENTRIES = frozenset({"lot_pages.lot_page"})
"""Pages about a lot that only entries of a running plant name; their tests open them."""
LOGIN = "admin"
"""The account that may open every page."""
OTHERS = ("/api/v1/", "/static/")
"""Begins of addresses that programs read."""
HTML = "text/html"
PLACE = r"<(?:[^:>]+:)?(\w+)>"
"""A place in the address of a rule."""


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
    """Ask every address of a running demo plant that may be a page.

    Args:
        url: of the plant.
        password: of its administrator.
        folder: an empty one, for an application of which only the routes are read.
    """
    with httpx.Client(base_url=url, timeout=30.0) as client:
        sign_in(client, LOGIN, password)
        return asked_pages(client, folder, GIVEN, ADDRESSES)


def asked_pages(
    client: httpx.Client, folder: Path, given: Mapping[str, str], addresses: Mapping[str, str]
) -> Site:
    """The pages that a signed-in client finds; see `GIVEN` and `ADDRESSES`."""
    routes = create_app(Settings(data_dir=folder)).url_map
    return _Finder(client, routes, given, addresses).found()


def sign_in(client: httpx.Client, login: str, password: str) -> None:
    """Sign in through the form."""
    token = csrf_token(client.get("/sign-in").text)
    fields = {"login": login, "password": password, "csrf_token": token}
    answer = client.post("/sign-in", data=fields)
    assert answer.status_code == 303, answer.text[-2000:]


def csrf_token(text: str) -> str:
    """The token of a page's forms."""
    return text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


@dataclass(frozen=True, slots=True)
class _Finder:
    client: httpx.Client
    routes: Map
    given: Mapping[str, str]
    addresses: Mapping[str, str]

    def found(self) -> Site:
        """Ask rule by rule, as far as links and given values lead."""
        rules = [rule for rule in self.routes.iter_rules() if _may_be_page(rule)]
        waiting = [rule for rule in rules if rule.endpoint not in OF_ENTRIES]
        pages: dict[str, FoundPage] = {}
        missing: list[str] = []
        linked: dict[str, str] = {}
        while known := [(rule, at) for rule in waiting if (at := self._address(rule, linked))]:
            for rule, address in known:
                waiting.remove(rule)
                answer = self.client.get(address)
                if answer.status_code == 200 and answer.headers["content-type"].startswith(HTML):
                    pages[rule.endpoint] = FoundPage(endpoint=rule.endpoint, address=address)
                    linked |= {**self._links(answer.text), **linked}
                elif answer.status_code >= 400 and rule.endpoint not in LEADS_ON:
                    missing.append(f"{rule.rule}: {address} answers {answer.status_code}")
        missing += [f"{rule.rule}: no page links to one, and nothing is given" for rule in waiting]
        ordered = sorted(pages.values(), key=lambda page: page.address)
        return Site(pages=tuple(ordered), missing=tuple(missing))

    def _address(self, rule: Rule, linked: Mapping[str, str]) -> str | None:
        """A real address of a rule, None while there is none."""
        if rule.endpoint in self.addresses:
            return self.addresses[rule.endpoint]
        if not rule.arguments:
            return rule.rule
        if rule.endpoint in linked:
            return linked[rule.endpoint]
        chosen = re.sub(r"<any\(\s*(\w+)[^>]*>", r"\1", rule.rule)
        if any(name not in self.given for name in re.findall(PLACE, chosen)):
            return None
        return re.sub(PLACE, lambda found: self.given[found[1]], chosen)

    def _links(self, text: str) -> dict[str, str]:
        """Endpoint -> address of the pages that a page links to."""
        adapter = self.routes.bind("plant")
        found: dict[str, str] = {}
        for address in _paths(text):
            try:
                endpoint, _ = adapter.match(address, "GET")
            except (HTTPException, RequestRedirect):
                continue
            found.setdefault(endpoint, address)
        return found


def _may_be_page(rule: Rule) -> bool:
    """Whether a rule answers GET and is neither of the API nor a file of a page's list."""
    is_file = "kind" in rule.arguments or "/files/" in rule.rule
    opens_by_key = "token" in rule.arguments
    own = "GET" in (rule.methods or set()) and not rule.rule.startswith(OTHERS)
    return own and not is_file and not opens_by_key


def _paths(text: str) -> Iterable[str]:
    for address in re.findall(r'href="(/[^"#]*)', text):
        yield urlsplit(address.replace("&amp;", "&")).path
