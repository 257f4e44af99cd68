"""The columns of a register list as CSV, and what a cell of each means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

YES = frozenset({"yes", "y", "true", "1", "예"})
NO = frozenset({"no", "n", "false", "0", "아니오", "아니요"})


class CellError(ValueError):
    """A cell does not hold what its column wants; the text says what that is."""


def _text(cell: str) -> str:
    return cell


def _lower(cell: str) -> str:
    return cell.lower()


def _upper(cell: str) -> str:
    return cell.upper()


def _number(cell: str) -> int | float:
    try:
        return int(cell, 10)
    except ValueError:
        pass
    try:
        number = float(cell)
    except ValueError:
        raise CellError(f"{cell!r} is no number; decimals are written with a point") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise CellError(f"{cell!r} is no number")
    return number


def _whole(cell: str) -> int:
    try:
        return int(cell, 10)
    except ValueError:
        raise CellError(f"{cell!r} is no whole number") from None


def _yes_no(cell: str) -> bool:
    if cell.lower() in YES:
        return True
    if cell.lower() in NO:
        return False
    raise CellError(f"{cell!r} must be yes or no")


def _table_of_words(cell: str) -> dict[str | int, str]:
    """`0=off; 1=stopped`."""
    found: dict[str | int, str] = {}
    for part in filter(None, (part.strip() for part in cell.split(";"))):
        key, equals, word = (piece.strip() for piece in part.partition("="))
        if not (key and equals and word):
            raise CellError(f"{part!r} must look like 0=off; 1=stopped")
        value = int(key) if key.removeprefix("-").isdecimal() else key
        if value in found:
            raise CellError(f"{key} stands twice")
        found[value] = word
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        names: headings in other words that are understood, in small letters.
        read: what makes a value of a cell that is not empty.
    """

    names: tuple[str, ...] = ()
    read: Callable[[str], Any] = _text


COLUMNS: Mapping[str, Column] = {
    "name": Column(names=("tag", "이름", "태그", "태그명")),
    "table": Column(names=("테이블", "영역"), read=_lower),
    "address": Column(names=("register", "주소", "번지")),
    "type": Column(names=("data type", "datatype", "자료형", "타입", "데이터형"), read=_lower),
    "order": Column(names=("byte order", "순서", "바이트순서", "바이트 순서"), read=_upper),
    "scale": Column(names=("factor", "배율", "스케일"), read=_number),
    "offset": Column(names=("오프셋",), read=_number),
    "unit": Column(names=("단위",)),
    "meaning": Column(names=("의미", "용도"), read=_lower),
    "map": Column(names=("state map", "상태값", "값"), read=_table_of_words),
    "counter": Column(names=("counter mode", "카운터"), read=_lower),
    "modulus": Column(names=("모듈러스", "카운터 범위"), read=_whole),
    "max_per_s": Column(names=("초당 최대",), read=_number),
    "bit": Column(names=("비트",), read=_whole),
    "length": Column(names=("길이",), read=_whole),
    "scale_exponent_from": Column(names=("소수점 태그",)),
    "bad_values": Column(names=("이상값",), read=_table_of_words),
    "enum": Column(names=("코드표",), read=_table_of_words),
    "invert": Column(names=("반전",), read=_yes_no),
    "min": Column(names=("최소",), read=_number),
    "max": Column(names=("최대",), read=_number),
    "scan_ms": Column(names=("주기",), read=_whole),
    "node": Column(names=("node id", "노드")),
    "label_ko": Column(names=("설명", "한글 이름")),
    "label_en": Column(names=("description", "영문 이름")),
    "unverified": Column(names=("미확인",)),
}
COUNTER_COLUMNS = ("counter", "modulus", "max_per_s")
LABEL_COLUMNS = ("label_ko", "label_en")
_BY_HEADING = {
    heading: name for name, column in COLUMNS.items() for heading in (name, *column.names)
}


def column_named(heading: str) -> str | None:
    """The column of a heading, in English or Korean; None when there is none."""
    return _BY_HEADING.get(" ".join(heading.split()).lower())
