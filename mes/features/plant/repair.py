"""Mending a broken part of a plant file in memory, so that the mistakes behind it show as well.

A model stops at the first level on which something is wrong; what only the whole can tell (a tag
that does not exist, shifts that overlap) would come to light one run later. Every wrong value is
taken out or replaced by a neutral one, and the rest is checked again. Nothing mended is ever used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Path = tuple[int | str, ...]
Problem = tuple[Path, str, str]
ModelT = TypeVar("ModelT", bound=BaseModel)

ROUNDS = 12
"""Most times that a part is mended and checked again."""

_KEPT = ("id", "code", "name", "protocol", "schema")
_STUBS: Mapping[str, Any] = {
    "schema": "plant/1",
    "site": {"id": "mended", "time_zone": "UTC"},
    "time_zone": "UTC",
    "shifts": [],
    "anchor": "2024-01-01",
    "crews": [{"code": "mended", "shifts": ["off"]}],
    "date": "2024-01-01",
    "kind": "holiday",
    "start": "00:00",
    "end": "01:00",
    "reason": "mended",
    "ko": "-",
    "en": "-",
    "tag": "mended",
    "counter": {"mode": "absolute"},
    "mode": "absolute",
    "idle_after_s": 1,
    "link": {"transport": "tcp", "host": "localhost"},
    "transport": "tcp",
    "host": "localhost",
    "endpoint": "opc.tcp://localhost:4840",
    "policy": "none",
    "file": "-",
    "table": "holding",
    "address": 1,
    "type": "uint16",
    "node": "i=1",
    "value": 0,
}


def all_problems(
    model: type[ModelT],
    data: dict[str, Any],
    problem_of: Callable[[Mapping[str, Any], Any], Problem],
) -> tuple[ModelT | None, list[Problem], frozenset[Path]]:
    """The model of `data`, mended where it is wrong, and everything that is wrong with it.

    Args:
        model: what the data must be.
        data: plain values; they are not changed.
        problem_of: path, code and words of one error of Pydantic, given the data it is about.

    Returns:
        The mended model (None when it could not be mended), the mistakes, and the places that
        were mended: what is said about them afterwards may be wrong.
    """
    mended = deepcopy(data)
    problems: list[Problem] = []
    places: set[Path] = set()
    for _ in range(ROUNDS):
        try:
            return model.model_validate(mended), problems, frozenset(places)
        except ValidationError as error:
            found = [
                problem_of(mended, item)
                for item in error.errors(include_url=False, include_input=False)
            ]
        problems += [one for one in found if not is_doubtful(one[0], places)]
        if not _mend_all(mended, found, places):
            break
    return None, problems, frozenset(places)


def is_doubtful(path: Path, places: frozenset[Path] | set[Path]) -> bool:
    """Whether what is said about `path` may come from a mended place at, above or below it."""
    return any(path[: len(place)] == place or place[: len(path)] == path for place in places)


def _mend_all(data: dict[str, Any], found: list[Problem], places: set[Path]) -> bool:
    """Mend each place once; what depends on it is left to the next round."""
    done: set[Path] = set()
    for path, kind, _ in found:
        if not is_doubtful(path, done):
            if not _mend(data, path, kind, places):
                return False
            done.add(path)
    return True


def _mend(data: dict[str, Any], path: Path, kind: str, places: set[Path]) -> bool:
    """Take out or replace what is wrong at `path`; False when nothing can be done."""
    while path:
        parent = _node(data, path[:-1])
        key = path[-1]
        if isinstance(parent, dict) and kind == "missing" and key not in parent:
            parent[key] = _stub(path, len(places))
            places.add(_place(path))
            return True
        if isinstance(parent, dict) and key in parent:
            del parent[key]
            if kind != "extra_forbidden":
                places.add(_place(path))
            return True
        if isinstance(parent, list) and isinstance(key, int) and key < len(parent):
            parent[key] = _bare(parent[key], path)
            places.add(path)
            return True
        path, kind = path[:-1], "invalid"
    return False


def _node(data: Any, path: Path) -> Any:
    for step in path:
        inside = (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if not inside:
            return None
        data = data[step]
    return data


def _place(path: Path) -> Path:
    """The smallest part whose fields depend on each other: all of it is in doubt."""
    for index, step in enumerate(path):
        if step in ("shifts", "tags", "exceptions"):
            return path[: index + 2]
        if step == "cycle":
            return path[: index + 1]
        if step in ("counter", "state", "link", "security"):
            return path[: index + 1]
    return path


def _stub(path: Path, number: int) -> Any:
    if path[-2:] == ("security", "mode"):
        return "none"
    return deepcopy(_STUBS.get(str(path[-1]), f"mended-{number}"))


def _bare(element: Any, path: Path) -> dict[str, Any]:
    written = element if isinstance(element, dict) else {}
    kept = {key: written[key] for key in _KEPT if key in written}
    return {**kept, "class": "unplanned_stop"} if path[:1] == ("reasons",) else kept
