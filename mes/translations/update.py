"""`python -m mes.translations.update`: bring the catalogues up to date with the texts in the code.

Extracts the texts of pages, scripts and Python files, keeps every translation, drops texts that
are gone, and lists what has no translation yet. Needs Babel, which Flask-Babel brings along.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
METHODS = [
    ("features/**.py", "python"),
    ("web/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("frontend/**.js", "mes.translations.javascript:extract"),
]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None}


def texts_in_code() -> dict[str, set[str]]:
    """Every text of the screens with its flags (such as `python-format`)."""
    found: dict[str, set[str]] = {}
    for _name, _line, text, _comments, _context in extract_from_dir(
        HERE.parent, METHODS, keywords=KEYWORDS
    ):
        if isinstance(text, str) and text:
            found.setdefault(text, set())
    return found


def updated(path: Path, texts: dict[str, set[str]]) -> Catalog:
    """The catalogue of that file with exactly the given texts, translations kept."""
    with path.open("rb") as source:
        old = read_po(source, locale=path.parent.parent.name)
    new = Catalog(
        locale=old.locale,
        project="pilot-mes",
        version="0.1.0",
        header_comment="# Texts of the screens, for pages and scripts.",
        fuzzy=False,
    )
    for text in texts:
        known = old.get(text)
        new.add(text, known.string if known else "")
    return new


def write(path: Path, catalogue: Catalog) -> None:
    """Write without dates, so that the same texts give the same file."""
    with path.open("wb") as target:
        write_po(target, catalogue, width=0, sort_output=True)
    dated = ('"POT-Creation-Date', '"PO-Revision-Date', '"Report-Msgid', '"Last-Tr', '"Generated')
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(x for x in lines if not x.startswith(dated)), encoding="utf-8")


def untranslated(catalogue: Catalog) -> list[str]:
    """Texts without a translation."""
    return [str(message.id) for message in catalogue if message.id and not message.string]


def main() -> int:
    """Update every catalogue; exit status 1 when a text has no translation."""
    texts, missing = texts_in_code(), 0
    for path in sorted(HERE.glob("*/LC_MESSAGES/messages.po")):
        catalogue = updated(path, texts)
        write(path, catalogue)
        for text in untranslated(catalogue):
            missing += 1
            sys.stdout.write(f"{path.parent.parent.name}: {text}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
