"""The forms of a page as a browser would send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import MappingProxyType

TYPED = frozenset({"text", "search", "number", "textarea", "date", "tel", "email"})
SECRET = "password"
NOTHING: Mapping[int, str] = MappingProxyType({})


@dataclass(slots=True)
class Field:
    """A field: its kind, what it holds, and for a list what can be chosen."""

    name: str
    kind: str
    value: str = ""
    sent: bool = True
    options: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Form:
    """A form that is posted.

    Attributes:
        page: address of the page that has it.
        action: where it is sent.
        fields: in the order of the page, those outside that name it included.
    """

    page: str
    action: str
    identity: str | None
    fields: list[Field] = field(default_factory=list)
    has_file: bool = False

    @property
    def typed(self) -> list[tuple[int, Field]]:
        """Fields into which people type, with their places."""
        return [(place, one) for place, one in enumerate(self.fields) if one.kind in TYPED]

    @property
    def shows_something(self) -> bool:
        """Whether a field into which people type holds something already."""
        return any(one.value for _, one in self.typed)

    def filled(self, instead: Mapping[int, str] = NOTHING) -> list[tuple[str, str]]:
        """What a browser sends of the form; of some fields, by their place, something else."""
        return [
            (one.name, instead.get(place, one.value))
            for place, one in enumerate(self.fields)
            if one.sent and one.name != "csrf_token"
        ]


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.forms: list[Form] = []
        self.outside: list[tuple[str, Field]] = []
        self._open: Form | None = None
        self._list: Field | None = None
        self._text: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(self.page, found.get("action") or self.page, found.get("id"))
            if found.get("method", "").lower() == "post":
                self.forms.append(self._open)
        elif tag == "option" and self._list is not None:
            self._list.options.append(found.get("value", ""))
            if "selected" in found or len(self._list.options) == 1:
                self._list.value = found.get("value", "")
        elif tag in {"input", "select", "textarea", "button"} and found.get("name"):
            self._field(tag, found)
        elif tag == "input" and found.get("type") == "file" and self._open:
            self._open.has_file = True

    def _field(self, tag: str, found: dict[str, str]) -> None:
        kind = found.get("type", "text") if tag == "input" else tag
        ticked = kind in {"checkbox", "radio"}
        one = Field(found["name"], kind, found.get("value", "on" if ticked else ""))
        one.sent = not (ticked and "checked" not in found) and kind not in {"button", "file"}
        if kind == "file" and self._open:
            self._open.has_file = True
        if "form" in found:
            self.outside.append((found["form"], one))
        elif self._open is not None:
            self._open.fields.append(one)
        self._list = one if tag == "select" else self._list
        self._text = one if tag == "textarea" else None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._list = None
        elif tag == "textarea":
            self._text = None


def forms_of(page: str, text: str) -> list[Form]:
    """The posted forms of a page, with the fields that name them from outside."""
    reader = _Reader(page)
    reader.feed(text)
    for identity, one in reader.outside:
        for form in reader.forms:
            if form.identity == identity:
                form.fields.append(one)
    return reader.forms
