"""People of the floor. PINs are never in a file: new people get theirs on the page of people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.features.imports.cells import CellMistake, narrow, read_choice, read_choices, read_words
from mes.features.imports.columns import Column, Needed, choice_words
from mes.features.imports.kind import Details, Kind, Plan, Row, RowState, Value, needed_new
from mes.features.imports.table import Cell, Mistake
from mes.features.imports.words import _
from mes.features.people.blueprints import LEADERS
from mes.features.people.changes import change_person
from mes.features.people.service import BADGE, BADGE_GIVEN, NAME_MAX, create_person
from mes.models import AuditLog, Person, RoleGrant
from mes.web.roles import Role

ROWS_MAX = 2_000
ROLES = {
    Role.OPERATOR.value: _("Operator"),
    Role.QUALITY.value: _("Quality"),
    Role.MAINTENANCE.value: _("Maintenance"),
}
"""What who leads the floor may make somebody; other roles stay as they are."""
LANGUAGES = {"ko": _("Korean"), "en": _("English")}


def _badge(cell: Cell) -> str:
    text = narrow(cell)
    if not BADGE.fullmatch(text):
        raise CellMistake("badge_invalid")
    return text


def _plan(session: Session, now_us: int, rows: Sequence[Row]) -> Plan:
    people = {one.badge_no: one for one in session.scalars(select(Person))}
    roles = _granted(session)
    given_once = set(
        session.scalars(select(AuditLog.subject).where(AuditLog.action.in_(BADGE_GIVEN)))
    )
    states: dict[int, RowState] = {}
    mistakes: list[Mistake] = []
    for row in rows:
        badge = row.given["badge"]
        person = people.get(badge)
        try:
            if person is None or person.retired_at is not None:
                if person is not None or badge in given_once:
                    raise CellMistake("badge_taken", column="badge")
                needed_new(row, "name", "roles")
                states[row.number] = RowState.NEW
            else:
                changed = _wanted(row, person, roles[person.id]) != _present(
                    person, roles[person.id]
                )
                states[row.number] = RowState.CHANGED if changed else RowState.UNCHANGED
        except CellMistake as mistake:
            mistakes.append(row.mistake(mistake))

    def write(session: Session, context: Context, details: Details) -> None:
        for row in rows:
            _write(session, context, row, states[row.number], people, roles)
        record(session, context.actor, "people.imported", str(details["file"]), details)

    return Plan(states=states, mistakes=mistakes, write=write)


def _wanted(row: Row, person: Person, granted: frozenset[str]) -> tuple[str, str, frozenset[str]]:
    """Name, language and roles that a row asks for; roles that are not given here stay."""
    roles = granted
    if "roles" in row.given:
        roles = frozenset(row.given["roles"]) | (granted - set(ROLES))
    return (
        row.given.get("name", person.name),
        row.given.get("language", person.language),
        roles,
    )


def _present(person: Person, granted: frozenset[str]) -> tuple[str, str, frozenset[str]]:
    return person.name, person.language, granted


def _write(
    session: Session,
    context: Context,
    row: Row,
    state: RowState,
    people: Mapping[str, Person],
    roles: Mapping[int, frozenset[str]],
) -> None:
    badge = row.given["badge"]
    if state is RowState.NEW:
        create_person(
            session,
            context.actor,
            name=row.given["name"],
            badge_no=badge,
            pin=None,
            roles=[Role(role) for role in row.given["roles"]],
            language=row.given.get("language", "ko"),
        )
    elif state is RowState.CHANGED:
        person = people[badge]
        name, language, granted = _wanted(row, person, roles[person.id])
        change_person(session, context.actor, badge, name=name, language=language, roles=granted)


def _granted(session: Session) -> Mapping[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = defaultdict(frozenset)
    rows = session.execute(
        select(RoleGrant.person_id, RoleGrant.role).where(RoleGrant.person_id.is_not(None))
    )
    for person_id, role in rows:
        found[person_id or 0] |= {role}
    return found


def _current(session: Session, now_us: int) -> Iterable[Mapping[str, Value]]:
    roles = _granted(session)
    people = session.scalars(
        select(Person).where(Person.retired_at.is_(None)).order_by(Person.badge_no)
    )
    for person in people:
        yield {
            "badge": person.badge_no,
            "name": person.name,
            "roles": tuple(sorted(roles[person.id] & set(ROLES))),
            "language": person.language,
        }


PEOPLE = Kind(
    key="people",
    title=_("People"),
    about=_("Who works on the floor: badges, names and roles. PINs are never in a file."),
    columns=(
        Column(
            key="badge",
            label=_("Badge number"),
            about=_("1 to 31 letters, digits and '-'; it is never used twice."),
            example="1001",
            read=_badge,
            needed=Needed.ALWAYS,
        ),
        Column(
            key="name",
            label=_("Name"),
            about=_("1 to 80 characters."),
            example="김민수",
            read=read_words(NAME_MAX),
            needed=Needed.NEW,
            width=20,
        ),
        Column(
            key="roles",
            label=_("Roles"),
            about=_("One or more, with commas between them; other roles of a person stay."),
            example="operator",
            read=read_choices(lambda: choice_words(ROLES)),
            needed=Needed.NEW,
            choices=ROLES,
            width=24,
        ),
        Column(
            key="language",
            label=_("Language"),
            about=_("Of the screens; a new row without it takes Korean."),
            example="ko",
            read=read_choice(lambda: choice_words(LANGUAGES)),
            choices=LANGUAGES,
        ),
    ),
    identity=("badge",),
    editors=LEADERS,
    tokens=False,
    rows_max=ROWS_MAX,
    page="/people",
    current=_current,
    plan=_plan,
)
