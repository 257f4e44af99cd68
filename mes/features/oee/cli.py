"""`mes oee`: compute OEE case files with the kernel, without database and server."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from mes.core.case import Case, CaseError, load_json, parse_case
from mes.core.case_bundle import (
    Bundle,
    Entry,
    bundle_of,
    compute_bundle,
    is_bundle,
    one_policy,
    parse_bundle,
)
from mes.core.case_schema import case_schema, result_schema
from mes.core.oee import OeeResult, result_of, tally
from mes.core.policies import PROFILES, Policy, policy_by_name
from mes.core.tally import sum_of
from mes.features.oee.case_archive import Archive, framed, is_archive, read_archive
from mes.features.oee.case_text import result_text

Read = Case | Bundle | Archive

FILE_BYTES_MAX = 64 * 1024 * 1024
"""Largest case file that is read."""


@click.group()
def oee() -> None:
    """Compute OEE case files."""


@oee.command("case")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one result, or a list.")
@click.option(
    "--policy",
    "policy_name",
    type=click.Choice(list(PROFILES)),
    help="Use this profile instead of the policy of each file.",
)
@click.option("--sum", "as_sum", is_flag=True, help="Print the figure of all files together.")
def case(files: tuple[Path, ...], as_json: bool, policy_name: str | None, as_sum: bool) -> None:
    """Compute each case FILE and print its result; a bundle of cases gives that of their sum.

    A figure in parts (a ZIP file) is read part by part, each compared with the index.

    Exits with status 1, naming field and reason, when a file has a mistake.
    """
    policy = None if policy_name is None else policy_by_name(policy_name)
    read: list[tuple[str, Read]] = []
    mistakes = 0
    for file in files:
        try:
            read.append((_shown(file), _read(file)))
        except CaseError as mistake:
            mistakes += 1
            click.echo(f"{_shown(file)}: {mistake.field}: {mistake.reason}", err=True)
    if mistakes:
        sys.exit(1)
    try:
        if as_sum:
            read = [("sum", _together([one for _, one in read], policy))]
        computed = [(title, one, _compute(one, policy)) for title, one in read]
    except CaseError as mistake:
        click.echo(f"{mistake.field}: {mistake.reason}", err=True)
        sys.exit(1)
    if as_json:
        results = [result.to_json() for _, _, result in computed]
        shown = results[0] if len(results) == 1 else results
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join(_text(*entry) for entry in computed))


@oee.command("schema")
@click.argument("which", type=click.Choice(["case", "result"]), default="case")
def schema(which: str) -> None:
    """Print the JSON Schema of case files, or of their results."""
    made = case_schema() if which == "case" else result_schema()
    click.echo(json.dumps(made, ensure_ascii=False, indent=2))


def _shown(file: Path) -> str:
    """The name as text that any output can carry, whatever bytes the file system has."""
    return click.format_filename(file)


def _read(file: Path) -> Read:
    if is_archive(file):
        return read_archive(file)
    if file.stat().st_size > FILE_BYTES_MAX:
        raise CaseError("(file)", f"is larger than {FILE_BYTES_MAX} bytes")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CaseError("(file)", "is not UTF-8 text") from None
    except OSError as error:
        raise CaseError("(file)", f"cannot be read: {error.strerror}") from None
    data = load_json(text)
    return parse_bundle(data) if is_bundle(data) else parse_case(data)


def _together(read: Sequence[Read], policy: Policy | None) -> Bundle | Archive:
    archives = [one for one in read if isinstance(one, Archive)]
    entries = tuple(entry for one in read for entry in _entries(one))
    if not archives:
        return bundle_of(entries, policy)
    policies = [one.policy for one in archives] + [entry.case.policy for entry in entries]
    return Archive(
        policy=policy or one_policy(policies),
        sums=sum_of([*(one.sums for one in archives), *(entry.tally for entry in entries)]),
        frame=framed(
            [
                *(one.frame for one in archives if one.frame is not None),
                *(entry.case for entry in entries),
            ]
        ),
        cases=sum(one.cases for one in archives) + len(entries),
    )


def _entries(one: Read) -> tuple[Entry, ...]:
    if isinstance(one, Archive):
        return ()
    return one.entries if isinstance(one, Bundle) else (Entry(case=one),)


def _compute(one: Read, policy: Policy | None) -> OeeResult:
    if isinstance(one, Archive):
        return result_of(one.sums, policy or one.policy)
    if isinstance(one, Bundle):
        return compute_bundle(one, policy)
    return result_of(tally(one), policy or one.policy)


def _text(title: str, one: Read, result: OeeResult) -> str:
    if isinstance(one, Case):
        return result_text(title, one, result)
    cases = len(one.entries) if isinstance(one, Bundle) else one.cases
    frame = framed([entry.case for entry in one.entries]) if isinstance(one, Bundle) else one.frame
    named = f"{title}: sum of {cases} cases"
    return named if frame is None else result_text(named, frame, result)
