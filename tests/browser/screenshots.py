"""Pictures of every page and state, each beside its mockup: `make screenshots`.

It starts a demo plant of its own, finds the pages by the routes of the product, and writes
`index.html` with the pictures into a folder that git does not keep. A page that cannot be shown is
named at the end and makes the command fail; so does a new page that nobody gave an address.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error

from tests.browser.conftest import launched, signed_in_state
from tests.browser.demo import Demo, credentials, running_demo
from tests.browser.site import FoundPage, find_site
from tests.browser.states import STATES, Quiet, State, at

MOCKUPS = {
    "screens-overview": "overview",
    "screens-terminal": "operator",
    "screens-jobs": "jobs",
    "screens-report": "report",
    "screens-sources": "sources",
    "screens-new-source": "sources",
    "screens-orders": "orders",
    "screens-design": "design",
}
"""Page -> stem of its mockup; states name theirs themselves."""
STRANGERS = frozenset({"screens-sign-in"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a page is looked at: language, width and height in CSS pixels, theme."""

    language: str
    size: tuple[int, int]
    theme: str

    @property
    def name(self) -> str:
        """A name for files."""
        return f"{self.language}-{self.size[0]}x{self.size[1]}-{self.theme}"


def main(arguments: Sequence[str]) -> int:
    """Make the pictures; 1 when a page is missing or could not be shown."""
    asked = _asked(arguments)
    shutil.rmtree(asked.out, ignore_errors=True)
    asked.out.mkdir(parents=True)
    looks = [
        Look(language=language, size=size, theme=theme)
        for language, size, theme in product(asked.languages, asked.sizes, asked.themes)
    ]
    with tempfile.TemporaryDirectory() as folder, _plant(asked, Path(folder)) as demo:
        (Path(folder) / "routes").mkdir()
        site = find_site(demo.url, demo.passwords["admin"], Path(folder) / "routes")
        shown = [one for one in (*map(_state_of, site.pages), *STATES) if _wanted(one, asked.only)]
        with launched() as browser:
            failed = _take(browser, demo, shown, looks, asked.out)
    (asked.out / "index.html").write_text(_index(shown, looks, asked), encoding="utf-8")
    print(f"{len(shown)} pages and states, {len(looks)} looks: {asked.out / 'index.html'}")
    for line in (*site.missing, *failed):
        print(f"missing: {line}")
    return 1 if site.missing or failed else 0


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--mockups", type=Path, help="folder with the pictures to lay beside")
    parser.add_argument("--languages", type=_list, default=["ko", "en"])
    parser.add_argument("--sizes", type=_sizes, default=[(1280, 800)], help="1280x800,800x1280,...")
    parser.add_argument("--themes", type=_list, default=["light", "dark"])
    parser.add_argument("--only", default="", help="pattern of names; empty: all")
    parser.add_argument("--url", help="a running demo plant instead of one of its own")
    parser.add_argument("--log", type=Path, help="what that plant printed: its passwords")
    return parser.parse_args(arguments)


def _list(text: str) -> list[str]:
    return text.split(",")


def _sizes(text: str) -> list[tuple[int, int]]:
    found = [re.fullmatch(r"(\d+)x(\d+)", size) for size in text.split(",")]
    if None in found:
        raise argparse.ArgumentTypeError("sizes are like 1280x800,800x1280")
    return [(int(size[1]), int(size[2])) for size in found if size]


def _wanted(state: State, only: str) -> bool:
    return re.search(only, state.name) is not None


@contextmanager
def _plant(asked: argparse.Namespace, folder: Path) -> Iterator[Demo]:
    if asked.url is None:
        with running_demo(folder) as demo:
            yield demo
        return
    yield credentials(asked.url.rstrip("/"), asked.log.read_text(errors="replace"))


def _state_of(page: FoundPage) -> State:
    return State(
        name=page.name,
        show=at(page.address),
        login=None if page.name in STRANGERS else "admin",
        mockup=MOCKUPS.get(page.name, ""),
    )


def _take(
    browser: Browser, demo: Demo, shown: Sequence[State], looks: Sequence[Look], out: Path
) -> list[str]:
    """Take every picture; what could not be taken."""
    logins = {state.login for state in shown if state.login}
    kept = {login: signed_in_state(demo, browser, login) for login in logins}
    failed: list[str] = []
    for look in looks:
        for state in shown:
            try:
                _picture(browser, demo, state, look, kept, out)
            except (Error, AssertionError) as error:
                failed.append(f"{state.name} {look.name}: {str(error).splitlines()[0][:200]}")
        print(look.name, flush=True)
    return failed


def _picture(
    browser: Browser, demo: Demo, state: State, look: Look, kept: dict[str, Any], out: Path
) -> None:
    context = browser.new_context(
        base_url=demo.url,
        viewport={"width": look.size[0], "height": look.size[1]},
        has_touch=True,
        locale="ko-KR" if look.language == "ko" else "en-US",
        timezone_id="Asia/Seoul",
        storage_state=kept[state.login] if state.login else None,
    )
    context.set_default_timeout(15000)
    for name, value in (("language", look.language), ("theme", look.theme)):
        context.add_cookies([{"name": name, "value": value, "url": demo.url}])
    try:
        page = context.new_page()
        quiet = Quiet(page)
        state.show(page)
        quiet.wait()
        if state.paper:
            page.emulate_media(media="print")
        whole = page.locator("dialog[open]").count() == 0
        page.screenshot(path=out / f"{state.name}-{look.name}.png", full_page=whole)
    finally:
        context.close()


def _index(shown: Sequence[State], looks: Sequence[Look], asked: argparse.Namespace) -> str:
    """The page that lays every picture beside its mockup."""
    rows = "".join(_row(state, look, asked) for state in shown for look in looks)
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Screenshots</title>
<style>
body {{ font: 16px sans-serif; margin: 16px; background: #eef0f2; color: #14181c; }}
section {{ display: grid; grid-template-columns: 1fr 1fr; gap: 16px; margin-block: 24px; }}
h2 {{ grid-column: 1 / -1; font-size: 18px; margin: 0; }}
img {{ width: 100%; border: 1px solid #8a9199; }}
figure {{ margin: 0; }}
</style>
<h1>Screenshots</h1>{rows}</html>
"""


def _row(state: State, look: Look, asked: argparse.Namespace) -> str:
    name = f"{state.name}-{look.name}"
    taken = _figure(f"{name}.png", "page") if (asked.out / f"{name}.png").exists() else "missing"
    mockup = _mockup(state.mockup, look, asked.mockups)
    beside = "" if mockup is None else _figure(os.path.relpath(mockup, asked.out), "mockup")
    return f'<section id="{escape(name)}"><h2>{escape(name)}</h2>{taken}{beside}</section>'


def _figure(address: str, caption: str) -> str:
    source = escape(address, quote=True)
    picture = f'<a href="{source}"><img loading="lazy" src="{source}" alt=""></a>'
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def _mockup(stem: str, look: Look, folder: Path | None) -> Path | None:
    """The mockup that is nearest to a look, None when there is none."""
    if not stem or folder is None:
        return None
    upright = look.size[0] < look.size[1]
    endings = ["-portrait"] * upright + [f"-{look.theme}", f"-{look.language}", "", "-light"]
    found = (folder / f"{stem}{ending}.png" for ending in endings)
    return next((path for path in found if path.exists()), None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
