"""`mes user ...` and `mes token ...`."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from mes.core.refusal import Refusal
from mes.features.people import queries, service
from mes.features.people.passwords import new_password, new_pin
from mes.features.storage.opening import opened
from mes.web.roles import Role, Scope

DATA = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), required=True, help="Data folder."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
ROLE = click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    help="May be given several times.",
)


@click.group()
def user() -> None:
    """Manage people and accounts."""


@user.command("add")
@DATA
@click.argument("login")
@ROLE
@click.option("--badge", help="Make a person with this badge number too.")
@click.option("--name", help="Name of that person.")
@click.option("--generate", is_flag=True, help="Make a password (and PIN) and print it once.")
def add(
    data: Path,
    login: str,
    roles: tuple[str, ...],
    badge: str | None,
    name: str | None,
    generate: bool,
) -> None:
    """Make the account LOGIN; the password is asked for, or read from a pipe."""
    if not roles:
        raise click.UsageError("give at least one --role")
    granted = [Role(role) for role in roles]
    password = new_password() if generate else _ask(f"Password of {login}: ")
    pin = new_pin(badge) if badge is not None and generate else None
    with opened(data) as database, database.transaction() as session:
        person_id = None
        if badge is not None:
            person = service.create_person(
                session, _who(), name=name or login, badge_no=badge, pin=pin, roles=granted
            )
            person_id = person.id
        service.create_account(
            session, _who(), login=login, password=password, roles=granted, person_id=person_id
        )
    click.echo(f"account {login} made")
    if generate:
        click.echo(f"password {password}")
    if pin is not None:
        click.echo(f"badge {badge} PIN {pin}")


@user.command("list")
@DATA
@JSON
def list_users(data: Path, as_json: bool) -> None:
    """List accounts and persons."""
    with opened(data) as database, database.reading() as session:
        accounts, persons = queries.accounts(session), queries.persons(session)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "accounts": [
                        {"login": a.login, "roles": a.roles, "disabled": a.disabled}
                        for a in accounts
                    ],
                    "persons": [
                        {"badge": p.badge_no, "name": p.name, "roles": p.roles} for p in persons
                    ],
                },
                ensure_ascii=False,
            )
        )
        return
    for account in accounts:
        state = " (disabled)" if account.disabled else ""
        click.echo(f"account {account.login}: {', '.join(account.roles)}{state}")
    for person in persons:
        click.echo(f"person {person.badge_no} {person.name}: {', '.join(person.roles)}")


@user.command("password")
@DATA
@click.argument("login")
@click.option("--generate", is_flag=True, help="Make a password and print it once.")
def password(data: Path, login: str, generate: bool) -> None:
    """Give the account LOGIN a new password."""
    fresh = new_password() if generate else _ask(f"New password of {login}: ")
    with opened(data) as database, database.transaction() as session:
        service.set_password(session, _who(), login, fresh)
    click.echo(f"password {fresh}" if generate else f"account {login} has a new password")


@user.command("pin")
@DATA
@click.argument("badge")
@click.option("--generate", is_flag=True, help="Make a PIN and print it once.")
def pin(data: Path, badge: str, generate: bool) -> None:
    """Give the person with this BADGE a new PIN and lift a lock."""
    fresh = new_pin(badge) if generate else _ask(f"New PIN of badge {badge}: ")
    with opened(data) as database, database.transaction() as session:
        service.set_pin(session, _who(), badge, fresh)
    click.echo(f"PIN {fresh}" if generate else f"badge {badge} has a new PIN")


@user.command("disable")
@DATA
@click.argument("login")
def disable(data: Path, login: str) -> None:
    """Let nobody in with the account LOGIN any more."""
    with opened(data) as database, database.transaction() as session:
        service.disable_account(session, _who(), login)
    click.echo(f"account {login} is disabled")


@click.group()
def token() -> None:
    """Make and revoke tokens of machine clients."""


@token.command("create")
@DATA
@click.option("--scope", required=True, type=click.Choice([scope.value for scope in Scope]))
@click.option("--edge", help="Edge that an ingest token belongs to.")
@click.option("--label", help="What it is for; default: scope and edge.")
def create(data: Path, scope: str, edge: str | None, label: str | None) -> None:
    """Print a new token on one line; it is shown this once."""
    wanted = Scope(scope)
    with opened(data) as database, database.transaction() as session:
        made = service.create_token(
            session,
            _who(),
            scope=wanted,
            label=label or " ".join(filter(None, (scope, edge))),
            edge=edge,
        )
    click.echo(made.token)


@token.command("list")
@DATA
@JSON
def list_tokens(data: Path, as_json: bool) -> None:
    """List tokens without their secrets."""
    with opened(data) as database, database.reading() as session:
        rows = queries.tokens(session)
    for row in rows:
        entry = {
            "id": row.id,
            "scope": row.scope,
            "label": row.label,
            "edge": row.edge,
            "created_at": _text(row.created_at),
            "expires_at": _text(row.expires_at),
            "revoked_at": _text(row.revoked_at),
            "last_used_at": _text(row.last_used_at),
        }
        if as_json:
            click.echo(json.dumps(entry, ensure_ascii=False))
        else:
            state = "revoked" if row.revoked_at else f"until {_text(row.expires_at)}"
            used = _text(row.last_used_at) or "never"
            click.echo(f"{row.id} {row.scope} {row.label!r} {state}, last used {used}")


@token.command("revoke")
@DATA
@click.argument("token_id", type=int)
def revoke(data: Path, token_id: int) -> None:
    """Make the token with this number (see list) open nothing any more."""
    with opened(data) as database, database.transaction() as session:
        service.revoke_token(session, _who(), token_id)
    click.echo(f"token {token_id} is revoked")


def _ask(prompt: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass(prompt)
    if getpass.getpass("Again: ") != first:
        raise Refusal("entries_differ", "the two entries differ; nothing was changed", status=422)
    return first


def _who() -> dict[str, object]:
    return {"kind": "command_line", "id": 0, "label": getpass.getuser()}


def _text(instant: int | None) -> str | None:
    if instant is None:
        return None
    return datetime.fromtimestamp(instant // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
