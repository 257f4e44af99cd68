"""The form of a source as text: JSON for screens, Markdown for `docs/connectors/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sdk.form import Form, FormField, Kind
from connectors.sdk.manifest import Manifest
from connectors.sdk.version import SdkVersion

_HEAD = """\
# {name}

Made by `mes source describe {protocol} --markdown`; do not edit by hand.

| | |
|---|---|
| protocol | `{protocol}` |
| can | {capabilities} |
| conformance | {level} |
| written for SDK | {version} |

## Fields of a source

`tags.` are the fields of each tag. A secret is written as `env:NAME` or `file:PATH`.

| field | title | takes | default | help |
|---|---|---|---|---|
"""


def as_document(form: Form) -> dict[str, object]:
    """The form as plain data for JSON."""
    return {
        "protocol": form.protocol,
        "name": dict(form.name),
        "fields": [_field_document(each) for each in form.fields],
    }


def as_markdown(form: Form, manifest: Manifest) -> str:
    """The page of a connector."""
    head = _HEAD.format(
        name=form.name["en"],
        protocol=form.protocol,
        capabilities=", ".join(sorted(manifest.capabilities)),
        level=manifest.level.name.lower(),
        version=SdkVersion(*manifest.sdk_version),
    )
    return head + "".join(_row(each) for each in form.all_fields())


def _field_document(each: FormField) -> dict[str, Any]:
    document: dict[str, Any] = {
        "path": each.path,
        "kind": each.kind,
        "title": dict(each.title),
        "help": dict(each.help),
        "required": each.required,
        "secret": each.is_secret,
        "default": each.default,
        "unit": each.unit,
        "choices": list(each.choices),
        "minimum": each.minimum,
        "maximum": each.maximum,
        "pattern": each.pattern,
        "only_with": {path: list(values) for path, values in each.only_with.items()},
    }
    if each.kind in (Kind.GROUP, Kind.LIST):
        document["fields"] = [_field_document(inner) for inner in each.fields]
    return document


def _row(each: FormField) -> str:
    cells = (
        f"`{each.path}`",
        _both(each.title, " / "),
        _takes(each),
        _default(each),
        _both(each.help, "<br>"),
    )
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


def _both(words: Mapping[str, str], joint: str) -> str:
    return joint.join(words[language] for language in ("en", "ko") if words.get(language))


def _takes(each: FormField) -> str:
    parts: list[str] = ["secret" if each.is_secret else each.kind.value]
    if each.choices:
        parts = [", ".join(f"`{choice}`" for choice in each.choices)]
    if each.minimum is not None or each.maximum is not None:
        low = "" if each.minimum is None else f"{each.minimum:g}"
        high = "" if each.maximum is None else f"{each.maximum:g}"
        parts.append(f"{low}..{high}")
    if each.unit is not None:
        parts.append(each.unit)
    for path, values in each.only_with.items():
        parts.append(f"with `{path}` {', '.join(f'`{value}`' for value in values)}")
    return ", ".join(parts)


def _default(each: FormField) -> str:
    if each.required:
        return "needed"
    if each.default in (None, [], {}):
        return ""
    if isinstance(each.default, bool):
        return "`true`" if each.default else "`false`"
    return f"`{each.default}`"
