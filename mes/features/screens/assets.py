"""Addresses of the bundled front end, read from `static/dist/manifest.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape

DIST = Path(__file__).resolve().parents[2] / "static" / "dist"
PREFIX = "/static/dist/"


class AssetsMissing(RuntimeError):
    """The front end was not built; `make assets` builds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One entry of the manifest: its file and the shared chunks it imports."""

    file: str
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """The built front end; `build` changes with every change of its sources."""

    build: str
    entries: dict[str, Asset]

    def url(self, name: str) -> str:
        """Address of an entry such as `wall.css`.

        Raises:
            AssetsMissing: There is no such entry, or nothing was built.
        """
        if name not in self.entries:
            raise AssetsMissing(f"{name} is not built: run `make assets` and start again")
        return PREFIX + self.entries[name].file

    def script(self, name: str) -> Markup:
        """A module script tag with preload hints for its shared chunks."""
        hints = "".join(
            f'<link rel="modulepreload" href="{escape(PREFIX + chunk)}">'
            for chunk in self.entries[name].imports
            if name in self.entries
        )
        return Markup(f'{hints}<script type="module" src="{escape(self.url(name))}"></script>')  # noqa: S704 - parts escaped


def read_assets(dist: Path = DIST) -> Assets:
    """The manifest of the built front end; without one an empty `Assets` with build `none`."""
    manifest, stamp = dist / "manifest.json", dist / "stamp"
    if not manifest.exists() or not stamp.exists():
        return Assets(build="none", entries={})
    return Assets(
        build=stamp.read_text()[:12],
        entries={
            name: Asset(file=entry["file"], imports=tuple(entry["imports"]))
            for name, entry in json.loads(manifest.read_text()).items()
        },
    )
