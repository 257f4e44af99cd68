"""Reading a figure that is given in parts: one ZIP file with an index and a bundle a part.

One part is held in memory at a time; nothing is unpacked to disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile

from mes.core.case import Case, CaseError, load_json
from mes.core.case_bundle import Bundle, parse_bundle
from mes.core.case_model import Span
from mes.core.case_parts import INDEX, Part, PartsIndex, differing_kpi, parse_parts
from mes.core.oee import result_of
from mes.core.policies import Policy
from mes.core.tally import EMPTY, Tally, sum_of

ENTRY_BYTES_MAX = 64 * 1024 * 1024
"""Largest file inside an archive that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A figure in parts, every part read and found to be what the index says.

    Attributes:
        frame: the first case over the window of all; None: there is no case.
        cases: how many cases its parts have.
    """

    policy: Policy
    sums: Tally
    frame: Case | None
    cases: int


def is_archive(file: Path) -> bool:
    """Whether a file is a ZIP file."""
    return is_zipfile(file)


def read_archive(file: Path) -> Archive:
    """Read all parts and add them up.

    Raises:
        CaseError: the first mistake, with field and reason.
    """
    try:
        with ZipFile(file) as packed:
            return _added(packed, parse_parts(load_json(_text(packed, INDEX, "(index)"))))
    except (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError) as error:
        raise CaseError("(file)", f"is no whole archive, get it again: {error}") from None


def framed(cases: Sequence[Case]) -> Case | None:
    """The earliest case over the window of all, to be named when their sum is printed."""
    if not cases:
        return None
    first = min(cases, key=lambda case: case.window.start)
    last = max(case.window.end for case in cases)
    return replace(first, window=Span(first.window.start, last), as_of=last)


def _added(packed: ZipFile, index: PartsIndex) -> Archive:
    files = {name for name in packed.namelist() if not name.endswith("/")}
    strangers = files - {INDEX} - {part.file for part in index.parts}
    if strangers:
        raise CaseError(min(strangers), "is not in the index")
    sums, cases = EMPTY, 0
    frame: Case | None = None
    for number, part in enumerate(index.parts):
        bundle = _part(packed, part, f"parts[{number}]")
        sums += part.sums
        cases += len(bundle.entries)
        known = () if frame is None else (frame,)
        frame = framed([*known, *(entry.case for entry in bundle.entries)])
    wrong = differing_kpi(index, result_of(sums, index.policy))
    if wrong is not None:
        raise CaseError(f"result.kpis.{wrong}", "is not what the parts add up to")
    return Archive(policy=index.policy, sums=sums, frame=frame, cases=cases)


def _part(packed: ZipFile, part: Part, field: str) -> Bundle:
    text = _text(packed, part.file, field)
    if hashlib.sha256(text.encode()).hexdigest() != part.sha256:
        raise CaseError(field, f"{part.file} was changed: its hash is not that of the index")
    try:
        bundle = parse_bundle(load_json(text))
        sums = sum_of(entry.tally for entry in bundle.entries)
    except CaseError as mistake:
        raise CaseError(f"{part.file}: {mistake.field}", mistake.reason) from None
    if sums != part.sums:
        raise CaseError(f"{field}.sums", f"are not those of the cases of {part.file}")
    return bundle


def _text(packed: ZipFile, name: str, field: str) -> str:
    try:
        size = packed.getinfo(name).file_size
    except KeyError:
        raise CaseError(field, f"{name} is missing: the archive is not whole") from None
    if size > ENTRY_BYTES_MAX:
        raise CaseError(field, f"{name} is larger than {ENTRY_BYTES_MAX} bytes")
    try:
        return packed.read(name).decode()
    except UnicodeDecodeError:
        raise CaseError(field, f"{name} is not UTF-8 text") from None
