"""Reading a template: every mistake with its line, those of its connector included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from connectors.sdk.documents import Document, Mistake, Unreadable, field_name, text_of
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.registry import manifest_of
from connectors.templates.expansion import Path, Problem, example_of, placeholders
from connectors.templates.model import SCHEMA, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTemplate:
    """A template and what is wrong with it; `template` is None while anything is wrong."""

    template: Template | None
    mistakes: tuple[Mistake, ...] = ()


def read_file(file: FilePath) -> CheckedTemplate:
    """Read and check the file of a template."""
    try:
        return read(text_of(file))
    except Unreadable as unreadable:
        return CheckedTemplate(template=None, mistakes=(unreadable.mistake,))


def read(text: str) -> CheckedTemplate:
    """Read and check a template; lists every mistake, sorted by line."""
    try:
        document = Document(text, f"schema: {SCHEMA}")
    except Unreadable as unreadable:
        return CheckedTemplate(template=None, mistakes=(unreadable.mistake,))
    template, problems = checked(document.data)
    mistakes = {
        Mistake(line=document.line(path), field=field_name(path), code=code, message=message)
        for path, code, message in problems
    }
    return CheckedTemplate(
        template=template if not mistakes else None, mistakes=tuple(sorted(mistakes))
    )


def checked(data: dict[str, Any]) -> tuple[Template | None, list[Problem]]:
    """The template that plain data make, and what is wrong with it."""
    try:
        template = Template.model_validate(data)
    except ValidationError as error:
        return None, list(problems_of(error))
    problems = [*_parameter_problems(template), *_connector_problems(template)]
    return template, problems


def problems_of(error: ValidationError) -> Iterator[Problem]:
    """The mistakes of a model with place, code and words."""
    for each in error.errors(include_url=False, include_input=False):
        yield each["loc"], each["type"], _WORDS.get(each["type"], each["msg"])


_WORDS = {
    "extra_forbidden": "this key is not known here",
    "missing": "this key is required",
    "string_type": "a text is expected here; put it in quotes",
}


def _parameter_problems(template: Template) -> Iterator[Problem]:
    known = [parameter.name for parameter in template.parameters]
    used = {name for tag in template.tags for name in tag.stride}
    for path, name in _all_placeholders(template):
        used.add(name)
        if name not in known:
            yield path, "parameter_unknown", f"there is no parameter {name!r} in this template"
    for index, name in enumerate(known):
        if name not in used:
            words = f"the parameter {name!r} is used nowhere"
            yield ("parameters", index), "parameter_unused", words


def _all_placeholders(template: Template) -> Iterable[tuple[Path, str]]:
    yield from placeholders(template.source, ("source",))
    for index, tag in enumerate(template.tags):
        yield from placeholders(tag.plain, ("tags", index))


def _connector_problems(template: Template) -> Iterator[Problem]:
    """What the connector says of the source with example parameters."""
    reserved = {"id", "name", "tags"} & template.source.keys()
    for key in reserved:
        yield ("source", key), "key_reserved", f"`{key}` of a source is given where it is used"
    try:
        model = manifest_of(template.protocol).config_model()
    except ConfigurationError as error:
        yield ("source", "protocol"), error.code, error.detail
        return
    try:
        model.model_validate({**example_of(template), "id": "example"})
    except ValidationError as error:
        for path, code, words in problems_of(error):
            yield path if path[:1] == ("tags",) else ("source", *path), code, words
