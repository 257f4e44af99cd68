"""`mes oee`: compute OEE case files with the kernel, without database and server."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from mes.core.case import Case, CaseError, load_json, parse_case
from mes.core.case_bundle import (
    Bundle,
    Entry,
    bundle_of,
    compute_bundle,
    is_bundle,
    parse_bundle,
)
from mes.core.case_model import Span
from mes.core.case_schema import case_schema, result_schema
from mes.core.oee import OeeResult, result_of, tally
from mes.core.policies import PROFILES, Policy, policy_by_name
from mes.features.oee.case_text import result_text

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

    Exits with status 1, naming field and reason, when a file has a mistake.
    """
    policy = None if policy_name is None else policy_by_name(policy_name)
    read: list[tuple[str, Case | Bundle]] = []
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
            read = [("sum", bundle_of(_all_entries(read), policy))]
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


def _read(file: Path) -> Case | Bundle:
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


def _all_entries(read: list[tuple[str, Case | Bundle]]) -> tuple[Entry, ...]:
    return tuple(
        entry
        for _, one in read
        for entry in (one.entries if isinstance(one, Bundle) else (Entry(case=one),))
    )


def _compute(one: Case | Bundle, policy: Policy | None) -> OeeResult:
    if isinstance(one, Bundle):
        return compute_bundle(one, policy)
    return result_of(tally(one), policy or one.policy)


def _text(title: str, one: Case | Bundle, result: OeeResult) -> str:
    if isinstance(one, Bundle):
        cases = [entry.case for entry in one.entries]
        named = f"{title}: sum of {len(cases)} cases"
        if not cases:
            return named
        first = min(cases, key=lambda case: case.window.start)
        last = max(case.window.end for case in cases)
        whole = replace(first, window=Span(first.window.start, last), as_of=last)
        return result_text(named, whole, result)
    return result_text(title, one, result)
