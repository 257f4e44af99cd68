"""`mes template`: list, show, check, import and export device templates, without a server."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from connectors.sdk.documents import Mistake
from connectors.sdk.registry import manifests
from connectors.templates.catalogue import FOLDER, Catalogue, Listed, catalogue_for
from connectors.templates.expansion import TemplateError, example_of
from connectors.templates.importing import Header, Imported, read_import, store
from connectors.templates.model import Template
from connectors.templates.reading import read_file
from connectors.templates.register_list import OnDuplicate
from connectors.templates.writing import as_document, as_list, as_yaml, sample_list

BYTE_ORDER_MARK = "\ufeff"
"""Tells Excel that a CSV is UTF-8."""
DATA = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data directory of a plant, with templates of its own.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
TO = click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Default: print.")


@click.group("template")
def template_command() -> None:
    """List, check, import and export device templates."""


@template_command.command("list")
@DATA
@JSON
def list_command(data: Path | None, as_json: bool) -> None:
    """List the templates that ship and those of a plant; exit 1 when one is broken."""
    found = list(catalogue_for(data=data).all())
    for each in found:
        click.echo(json.dumps(_listed(each), ensure_ascii=False) if as_json else _line(each))
    sys.exit(1 if any(each.template is None for each in found) else 0)


@template_command.command("show")
@click.argument("name")
@DATA
@JSON
def show_command(name: str, data: Path | None, as_json: bool) -> None:
    """Show a template: NAME is its id, or ID@VERSION."""
    template = _named(name, data)
    if as_json:
        click.echo(json.dumps(as_document(template), ensure_ascii=False))
    else:
        _print(template)


@template_command.command("check")
@FILE
@JSON
def check_command(file: Path, as_json: bool) -> None:
    """List every mistake of a template FILE with its line; exit 1 when there is one."""
    found = read_file(file)
    _report(file, found.mistakes, as_json, {})
    sys.exit(1 if found.mistakes else 0)


@template_command.command("import")
@FILE
@DATA
@JSON
@click.option("--dry-run", is_flag=True, help="Check only; nothing is stored.")
@click.option(
    "--on-duplicate",
    "duplicates",
    type=click.Choice([each.value for each in OnDuplicate]),
    default=OnDuplicate.REFUSE.value,
    help="A second tag of a name or place, and a template that is there.",
)
@click.option("--id", "identity", help="Id of the template; for a register list.")
@click.option("--version", type=click.IntRange(1, 10_000), default=1)
@click.option("--vendor", default="unknown")
@click.option("--model", default="unknown")
@click.option("--name", help="Name for people.")
@click.option("--author", default="plant")
@click.option("--protocol", default="modbus", help="Protocol of a register list.")
def import_command(
    file: Path,
    data: Path | None,
    as_json: bool,
    dry_run: bool,
    duplicates: str,
    identity: str | None,
    **header: Any,
) -> None:
    """Take in FILE: a register list (CSV) or a template (YAML); mistakes are listed by line."""
    if data is None and not dry_run:
        raise click.UsageError("give --data, or --dry-run to check only")
    told = None if identity is None else Header(id=identity, **header)
    found = read_import(file, told, OnDuplicate(duplicates))
    stored = False
    try:
        if found.template is not None and data is not None and not dry_run:
            stored = store(found.template, data / FOLDER, OnDuplicate(duplicates))
    except TemplateError as error:
        raise click.ClickException(f"{error.code}: {error}") from error
    _report(file, found.mistakes, as_json, {"stored": stored, **_summary(found)})
    if not as_json and found.template is not None:
        _print(found.template)
        click.echo("stored" if stored else "not stored" if not dry_run else "dry run, not stored")
    sys.exit(1 if found.mistakes else 0)


@template_command.command("export")
@click.argument("name")
@DATA
@click.option("--format", "kind", type=click.Choice(["yaml", "csv"]), default="yaml")
@TO
def export_command(name: str, data: Path | None, kind: str, to: Path | None) -> None:
    """Write a template as YAML or as a register list (CSV) that a spreadsheet opens."""
    template = _named(name, data)
    try:
        text = as_yaml(as_document(template)) if kind == "yaml" else as_list(template)
    except TemplateError as error:
        raise click.ClickException(f"{error.code}: {error}") from error
    _write(text, to, with_mark=kind == "csv")


@template_command.command("sample")
@TO
def sample_command(to: Path | None) -> None:
    """Write a register list with three example rows, to be filled in."""
    _write(sample_list(), to, with_mark=True)


def _named(name: str, data: Path | None) -> Template:
    """The template of an id, in its newest version, or of ID@VERSION."""
    identity, _, version = name.partition("@")
    catalogue = catalogue_for(data=data)
    try:
        if version and not version.isdecimal():
            raise TemplateError("template_unknown", f"{version!r} is no version")
        return catalogue.get(identity, int(version) if version else _newest(catalogue, identity))
    except TemplateError as error:
        raise click.ClickException(f"{error.code}: {error}") from error


def _newest(catalogue: Catalogue, identity: str) -> int:
    return max((each.version for each in catalogue.all() if each.id == identity), default=1)


def _write(text: str, to: Path | None, *, with_mark: bool) -> None:
    if to is None:
        click.echo(text, nl=False)
    else:
        mark = BYTE_ORDER_MARK if with_mark else ""
        to.write_text(mark + text, encoding="utf-8", newline="")


def _listed(each: Listed) -> dict[str, object]:
    template = each.template
    return {
        "id": each.id,
        "version": each.version,
        "ships": each.ships,
        "vendor": template.vendor if template else None,
        "model": template.model if template else None,
        "variant": template.variant if template else None,
        "name": template.name.model_dump() if template else None,
        "protocol": template.protocol if template else None,
        "tags": len(template.tags) if template else 0,
        "unverified": len(template.unverified) if template else 0,
        "mistakes": [asdict(mistake) for mistake in each.mistakes],
    }


def _line(each: Listed) -> str:
    if each.template is None:
        return f"{each.id}@{each.version}  broken: {each.mistakes[0]}"
    template = each.template
    owner = "" if each.ships else "  (own)"
    return (
        f"{template.key}  {template.name.en}  {template.protocol}, {len(template.tags)} tags{owner}"
    )


def _summary(found: Imported) -> dict[str, object]:
    template = found.template
    return {
        "template": template.key if template else None,
        "tags": len(template.tags) if template else 0,
        "skipped_lines": list(found.skipped),
    }


def _report(file: Path, mistakes: Sequence[Mistake], as_json: bool, more: dict[str, Any]) -> None:
    if as_json:
        told = {"ok": not mistakes, "mistakes": [asdict(mistake) for mistake in mistakes], **more}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for mistake in mistakes:
        click.echo(f"{file}: {mistake}")
    if not mistakes:
        click.echo(f"{file}: no mistakes")


def _print(template: Template) -> None:
    click.echo(f"{template.key}  {template.name.en} / {template.name.ko}")
    click.echo(f"vendor {template.vendor}, model {template.model}, author {template.author}")
    for title, lines in (
        ("source of the map", template.origin),
        ("tested with", [f"{each.what}: {each.result}" for each in template.tested_with]),
        ("not verified", template.unverified),
        ("identified by", template.identification),
    ):
        for line in lines:
            click.echo(f"{title}: {line}")
    for parameter in template.parameters:
        default = "" if parameter.default is None else f" (default {parameter.default})"
        click.echo(f"parameter {parameter.name}: {parameter.label.en}{default}")
    plain = {tag["name"]: tag for tag in example_of(template)["tags"]}
    for tag in template.tags:
        where = _place(template.protocol, plain[tag.name])
        meaning = "" if tag.signal is None else f"  {tag.meaning} {tag.signal or ''}".rstrip()
        doubt = "" if tag.unverified is None else f"  not verified: {tag.unverified}"
        click.echo(f"tag {tag.name}: {where}{meaning}{doubt}")


def _place(protocol: str, tag: dict[str, Any]) -> str:
    """Where a tag lies, a register both as on the wire and as manuals count."""
    manifest = manifests().get(protocol)
    lists = None if manifest is None else manifest.register_lists()
    show = None if lists is None else lists.show_place
    path = " / ".join(map(str, tag.get("path", ())))
    place = (show and show(tag)) or tag.get("node") or tag.get("address") or path
    parts = [place, tag.get("type"), tag.get("order"), tag.get("unit")]
    return ", ".join(str(part) for part in parts if part)
