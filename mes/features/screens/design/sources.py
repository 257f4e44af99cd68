"""What the front end is made of, read from the files that it is built from."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from mes.features.screens.language import THEMES

MES = Path(__file__).resolve().parents[3]
TOKENS = MES / "frontend" / "css" / "tokens.css"
SPRITE = MES / "templates" / "macros" / "sprite.svg"

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_THEME = re.compile(r'\[data-theme="(\w+)"\]\s*\{([^}]*)\}')
_TOKEN = re.compile(r"--([\w-]+):\s*([^;]+);")
_SYMBOL = re.compile(r'<symbol id="i-([\w-]+)"')


@cache
def read_tokens() -> dict[str, dict[str, str]]:
    """Values of all tokens by theme; the light theme defines them all, the others some anew.

    Raises:
        LookupError: a theme stands nowhere in the style sheet.
    """
    sheet = _COMMENT.sub("", TOKENS.read_text(encoding="utf-8"))
    own = {theme: dict(_TOKEN.findall(block)) for theme, block in _THEME.findall(sheet)}
    missing = [theme for theme in THEMES if not own.get(theme)]
    if missing:
        raise LookupError(f"{TOKENS.name} has no theme {', '.join(missing)}")
    return {theme: own["light"] | own[theme] for theme in THEMES}


@cache
def icon_names() -> tuple[str, ...]:
    """Names of all icons, in the order of the sprite."""
    return tuple(_SYMBOL.findall(SPRITE.read_text(encoding="utf-8")))
