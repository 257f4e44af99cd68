"""The build: fresh, small, repeatable, without addresses, with every text translated."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest

import hatch_build
from mes.features.screens.assets import AssetsMissing, read_assets
from mes.translations.update import texts_in_code, untranslated, updated

ROOT = Path(__file__).parents[2]
DIST = ROOT / "mes/static/dist"
KIB = 1024
BUDGET = {"terminal": 46 * KIB, "jobs": 52 * KIB, "wall": 36 * KIB, "orders": 52 * KIB}
"""Of scripts and style sheet; page and data come on top (`tests/browser/test_weight.py`)."""


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    hatch_build.build_assets()


def test_a_second_build_does_nothing() -> None:
    assert hatch_build.is_fresh(ROOT)
    assert hatch_build.build_assets() is False


def test_a_changed_source_makes_the_build_stale(tmp_path: Path) -> None:
    for name in ("package.json", "package-lock.json", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "mes/frontend", tmp_path / "mes/frontend")
    before = hatch_build.sources_hash(tmp_path)
    sheet = tmp_path / "mes/frontend/css/tokens.css"
    sheet.write_text(sheet.read_text() + "\n")
    assert hatch_build.sources_hash(tmp_path) != before


def test_without_package_json_the_build_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(hatch_build.AssetsError, match=r"package\.json"):
        hatch_build.build_assets(tmp_path)


def test_a_page_without_a_build_names_the_command() -> None:
    with pytest.raises(AssetsMissing, match="make assets"):
        read_assets(Path("/nowhere")).url("wall.css")


def test_every_file_has_its_packed_twin() -> None:
    for path in DIST.iterdir():
        if path.suffix in {".js", ".css"}:
            assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == (
                path.read_bytes()
            )


@pytest.mark.parametrize("page", sorted(BUDGET))
def test_a_page_stays_within_its_budget(page: str) -> None:
    assets = read_assets(DIST)
    script = assets.entries[f"{page}.js"]
    sheet = {"orders": "office"}.get(page, page)
    files = [script.file, *script.imports, assets.entries[f"{sheet}.css"].file]
    packed = sum((DIST / f"{name}.gz").stat().st_size for name in files)
    assert packed <= BUDGET[page]


def test_nothing_built_refers_to_another_host() -> None:
    allowed = (
        "http://www.w3.org/",
        "https://lit.dev/",
        "http://127.0.0.1",
        "https://socket.io/docs/",
    )
    for path in DIST.glob("*.*s"):
        for address in re.findall(r"https?://[^\s\"'`)\\]+", path.read_text(encoding="utf-8")):
            assert address.startswith(allowed), (path.name, address)


def test_the_npm_lock_names_no_address_and_exact_versions() -> None:
    assert "://" not in (ROOT / "package-lock.json").read_text(encoding="utf-8")
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    for version in (*package["dependencies"].values(), *package["devDependencies"].values()):
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_every_text_of_the_screens_is_translated() -> None:
    texts = texts_in_code()
    assert len(texts) > 300
    for path in hatch_build.po_files(ROOT):
        assert untranslated(updated(path, texts)) == []


def test_translations_keep_their_placeholders() -> None:
    for path in hatch_build.po_files(ROOT):
        for message in updated(path, texts_in_code()):
            if isinstance(message.id, str) and message.id:
                for pattern in (r"\{\w+\}", r"%\(\w+\)s"):
                    wanted = sorted(set(re.findall(pattern, message.id)))
                    assert sorted(set(re.findall(pattern, str(message.string)))) == wanted, (
                        message.id
                    )


def test_no_template_holds_a_script_or_style_of_its_own() -> None:
    for path in (ROOT / "mes/templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<style" not in text, path.name
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path.name
        assert not re.search(r"\son\w+=", text), path.name
