"""The menu of the office pages: pages that stand by themselves, and groups that open.

A page that somebody may not open is not in their menu; a group without pages is not either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext

from mes.features.checks.access import READERS as CHECK_READERS
from mes.features.plant.forms import EDITORS
from mes.features.quality.access import EDITORS as CHECK_EDITORS
from mes.web.roles import Actor, ActorKind, Role, maybe_actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page of the menu.

    Attributes:
        key: name of its endpoint, by which a page knows that it is open.
        marked: how many things wait there, 0: none.
        others: endpoints of further pages that belong to it.
    """

    key: str
    address: str
    label: str
    marked: int = 0
    others: tuple[str, ...] = ()

    def holds(self, page: str) -> bool:
        """Whether the page with this key is this one, or belongs to it."""
        return page == self.key or page in self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pages of the menu that open under one word; `key` tells groups apart."""

    key: str
    label: str
    entries: tuple[Entry, ...]

    def holds(self, page: str) -> bool:
        """Whether the page with this key is one of the group's."""
        return any(entry.holds(page) for entry in self.entries)


Menu = tuple[Entry | Group, ...]


def menu(open_checks: int) -> Menu:
    """The menu of whoever sent the request.

    Args:
        open_checks: suspect counts that wait for a decision.
    """
    who = maybe_actor()
    found: list[Entry | Group] = list(_daily(who, open_checks))
    groups = (
        Group(key="masters", label=gettext("Master data"), entries=tuple(_masters(who))),
        Group(key="system", label=gettext("System"), entries=tuple(_system(who))),
    )
    return (*found, *(group for group in groups if group.entries))


def may_read_checks() -> bool:
    """Whether the reader may look at data checks."""
    who = maybe_actor()
    return who is not None and who.has(*CHECK_READERS)


def _daily(who: Actor | None, open_checks: int) -> Iterable[Entry]:
    """What people open every day."""
    yield Entry(key="overview", address="/", label=gettext("Overview"))
    yield Entry(key="line_view", address="/lines", label=gettext("Lines"))
    yield Entry(key="handover", address="/handover", label=gettext("Handover"))
    yield Entry(key="call_list", address="/calls", label=gettext("Calls"))
    yield Entry(
        key="orders",
        address="/orders",
        label=gettext("Work orders"),
        others=("lots_page", "lot_page", "labels_page"),
    )
    yield Entry(key="quality", address="/quality", label=gettext("Quality"))
    yield Entry(key="report", address="/report", label=gettext("Reports"))
    if may_read_checks():
        label = gettext("Data checks")
        yield Entry(key="checks", address="/checks", label=label, marked=open_checks)


def _masters(who: Actor | None) -> Iterable[Entry]:
    """What a plant is set up from."""
    edits = _is_office(who, *EDITORS)
    if edits:
        label = gettext("Lines and machines")
        yield Entry(key="plant_page", address="/plant", label=label)
        yield Entry(key="items_page", address="/items", label=gettext("Items"))
        yield Entry(key="routings_page", address="/routings", label=gettext("Routings"))
    yield Entry(key="calendar", address="/calendar", label=gettext("Shifts"))
    if edits:
        yield Entry(key="reasons_page", address="/reasons", label=gettext("Reasons"))
        yield Entry(
            key="instructions_page",
            address="/instructions",
            label=gettext("Work instructions"),
            others=("instruction_page", "instruction_records"),
        )
    if _is_office(who, *CHECK_EDITORS):
        label = gettext("Check plans")
        yield Entry(key="check_plans", address="/quality/plans", label=label)
    if _is_office(who, Role.SUPERVISOR):
        yield Entry(key="people_page", address="/people", label=gettext("People"))
    if _is_office(who, Role.ADMINISTRATOR):
        yield Entry(key="roles_page", address="/roles", label=gettext("Roles"))
    if edits:
        others = ("import_kind", "import_check", "import_result")
        yield Entry(key="import_page", address="/import", label=gettext("Import"), others=others)


def _system(who: Actor | None) -> Iterable[Entry]:
    """What the plant is linked by and watched with."""
    yield Entry(key="sources", address="/sources", label=gettext("Sources"))
    if who is not None and Role.ADMINISTRATOR in who.roles:
        yield Entry(key="displays_page", address="/displays", label=gettext("Displays"))
        yield Entry(key="printers_page", address="/printers", label=gettext("Label printers"))
    elif _is_office(who, Role.SUPERVISOR, Role.MANAGER):
        yield Entry(key="prints_page", address="/prints", label=gettext("Prints"))
    if who is not None and who.has(Role.MANAGER):
        yield Entry(key="audit", address="/audit", label=gettext("Audit log"))


def _is_office(who: Actor | None, *roles: Role) -> bool:
    return who is not None and who.kind is ActorKind.ACCOUNT and who.has(*roles)
