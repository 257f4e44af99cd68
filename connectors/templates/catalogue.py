"""Where templates are found: those that ship, and those in folders of a plant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from connectors.sdk.documents import Mistake
from connectors.templates.expansion import TemplateError
from connectors.templates.model import Template
from connectors.templates.reading import CheckedTemplate, read_file

SHIPPED = Path(__file__).parent / "devices"
FOLDER = "templates"
"""Name of a folder with templates, in a data directory or beside a plant file."""
FILES_MAX = 2000

_FILE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,59})@([1-9]\d{0,4})\.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A template as it was found.

    Attributes:
        ships: whether it belongs to this program.
        template: None when its file has mistakes.
    """

    id: str
    version: int
    file: Path
    ships: bool
    template: Template | None
    mistakes: Sequence[Mistake]


class Catalogue:
    """Templates that ship, then those of the given folders; no folder has to exist.

    A file is named `ID@VERSION.yaml`. A template that ships cannot be replaced by a plant's own:
    a plant file that names it means the same map everywhere.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self.folders = (SHIPPED, *folders)

    def get(self, identity: str, version: int) -> Template:
        """The template of that id and version.

        Raises:
            TemplateError: `template_unknown` or `template_broken`, with what to do.
        """
        for folder in self.folders:
            file = folder / file_name(identity, version)
            if file.is_file():
                return _usable(file)
        versions = sorted(v for _, name, v in self._files() if name == identity)
        if versions:
            known = ", ".join(str(each) for each in versions)
            message = f"there is no version {version} of template {identity!r}, but: {known}"
        else:
            message = f"there is no template {identity!r}; see `mes template list`"
        raise TemplateError("template_unknown", message)

    def all(self) -> Iterator[Listed]:
        """Every template, also those with mistakes; the newest version of each last."""
        seen: set[tuple[str, int]] = set()
        for file, identity, version in self._files():
            if (identity, version) in seen:
                continue
            seen.add((identity, version))
            checked = _read(file, file.stat().st_mtime_ns)
            yield Listed(
                id=identity,
                version=version,
                file=file,
                ships=file.parent == SHIPPED,
                template=checked.template,
                mistakes=checked.mistakes,
            )

    def _files(self) -> Iterator[tuple[Path, str, int]]:
        for folder in self.folders:
            found = []
            for file in folder.glob("*.yaml") if folder.is_dir() else ():
                match = _FILE.fullmatch(file.name)
                if match is not None:
                    found.append((match[1], int(match[2]), file))
            for identity, version, file in sorted(found)[:FILES_MAX]:
                yield file, identity, version


def file_name(identity: str, version: int) -> str:
    """The name of the file of a template."""
    return f"{identity}@{version}.yaml"


def catalogue_for(plant_file: Path | None = None, data: Path | None = None) -> Catalogue:
    """The templates that a plant file may name.

    Args:
        plant_file: its folder may hold a folder `templates`.
        data: data directory of a plant, which may hold one too.
    """
    homes = [data, plant_file.parent if plant_file is not None else None]
    return Catalogue([home / FOLDER for home in homes if home is not None])


def _usable(file: Path) -> Template:
    checked = _read(file, file.stat().st_mtime_ns)
    template = checked.template
    if template is None:
        message = f"the template {file.name} has mistakes; see `mes template check {file.name}`"
        raise TemplateError("template_broken", message)
    if file_name(template.id, template.version) != file.name:
        message = f"the file {file.name} holds the template {template.key}; rename it"
        raise TemplateError("template_broken", message)
    return template


@lru_cache(maxsize=FILES_MAX)
def _read(file: Path, changed_ns: int) -> CheckedTemplate:
    """A file as it was at that instant of its last change."""
    return read_file(file)
