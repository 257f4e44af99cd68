"""From a template and the parameters of a place to the source that an edge runs. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from connectors.templates.model import ParameterValue, Template, TemplateReference

REFERENCE = "template"
"""Key of a source in a plant file that names its template."""

Path = tuple[int | str, ...]
Problem = tuple[Path, str, str]
"""Place in the written source, code, and words for people."""
Lookup = Callable[[str, int], Template]

_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9][A-Za-z0-9_.\-]{0,63})\}")


class TemplateError(ValueError):
    """A template cannot be had or used.

    Attributes:
        code: stable identifier.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """A source with its template written out.

    Attributes:
        source: the plain source; what could not be written out is missing.
        places: for each tag its index among the written tags; None when the template brought it.
        parameters: which parameter stands at a place of the source.
        problems: what is wrong with the reference or its parameters.
    """

    source: dict[str, Any]
    places: Sequence[int | None] = ()
    parameters: Mapping[Path, str] | None = None
    problems: Sequence[Problem] = ()

    def place(self, path: Path) -> Path:
        """Where a person has written what stands at `path` of the plain source."""
        if path[:1] == ("tags",) and len(path) > 1 and isinstance(path[1], int):
            index = self.places[path[1]] if path[1] < len(self.places) else None
            return (REFERENCE,) if index is None else ("tags", index, *path[2:])
        name = (self.parameters or {}).get(path)
        return path if name is None else (REFERENCE, "parameters", name)


def source_of(template: Template, given: Mapping[str, object]) -> dict[str, Any]:
    """The plain source of a template, without id; a parameter without a value is left out.

    Args:
        template: any template.
        given: values by parameter; others take their defaults.
    """
    values = _values(template, given)
    source = {key: _filled(part, values) for key, part in template.source.items()}
    source["tags"] = [
        {key: _filled(part, values) for key, part in _shifted(template, index, values).items()}
        for index in range(len(template.tags))
    ]
    return {key: part for key, part in source.items() if part is not _ABSENT}


def example_of(template: Template) -> dict[str, Any]:
    """The source with the default or the example of every parameter, for checking."""
    values = {each.name: each.stand_in for each in template.parameters if each.stand_in is not None}
    return source_of(template, values)


def placeholders(node: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every place of a document that a parameter fills, with its name."""
    if isinstance(node, str) and (match := _PLACEHOLDER.fullmatch(node)):
        yield path, match[1]
    elif isinstance(node, Mapping):
        for key, part in node.items():
            yield from placeholders(part, (*path, key))
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for index, part in enumerate(node):
            yield from placeholders(part, (*path, index))


def expand(written: Mapping[str, Any], lookup: Lookup) -> Expanded:
    """A source of a plant file with its template written out; one without stays as it is.

    Keys beside `template` replace those of the template. A tag of the same name changes the keys
    that it names, any other tag is added.

    Args:
        written: the source as a person wrote it.
        lookup: finds a template by id and version, or raises `TemplateError`.
    """
    if REFERENCE not in written:
        return _as_written(written)
    try:
        reference = TemplateReference.model_validate(written[REFERENCE])
        if reference.written_out:
            return _as_written(written)
        template = lookup(reference.id, reference.version)
    except ValidationError as error:
        return _as_written(written, list(_of_reference(error)))
    except TemplateError as error:
        return _as_written(written, [((REFERENCE, "id"), error.code, str(error))])
    problems = [*_parameter_problems(template, reference), *_other_problems(template, written)]
    return _merged(template, reference, written, problems)


def _as_written(written: Mapping[str, Any], problems: Sequence[Problem] = ()) -> Expanded:
    tags = written.get("tags")
    count = len(tags) if isinstance(tags, list) else 0
    return Expanded(source=_bare(written), places=tuple(range(count)), problems=problems)


def _merged(
    template: Template,
    reference: TemplateReference,
    written: Mapping[str, Any],
    problems: Sequence[Problem],
) -> Expanded:
    base = source_of(template, reference.parameters)
    inherited = [tag for tag in base.pop("tags") if tag["name"] not in reference.without]
    tags = {str(tag["name"]): tag for tag in inherited}
    places: dict[str, int | None] = dict.fromkeys(tags)
    own = written.get("tags")
    for index, tag in enumerate(own if isinstance(own, list) else ()):
        name = str(tag.get("name")) if isinstance(tag, dict) else ""
        if not isinstance(tag, dict) or places.get(name) is not None:
            name = f"{name} again {index}"
        tags[name] = {**tags.get(name, {}), **tag} if isinstance(tag, dict) else tag
        places[name] = index
    source = {**base, **{k: v for k, v in _bare(written).items() if k != "tags"}}
    filled = {
        path: name
        for path, name in placeholders(template.source)
        if path[0] not in written or path[0] == "protocol"
    }
    return Expanded(
        source={**source, "tags": list(tags.values())},
        places=list(places.values()),
        parameters=filled,
        problems=problems,
    )


def _parameter_problems(template: Template, reference: TemplateReference) -> Iterator[Problem]:
    known = {parameter.name: parameter for parameter in template.parameters}
    for name, value in reference.parameters.items():
        path: Path = (REFERENCE, "parameters", name)
        if name not in known:
            words = f"{template.key} has no parameter {name!r}; it has: {', '.join(known)}"
            yield path, "parameter_unknown", words
        elif reason := known[name].why_not(value):
            yield path, "parameter_value", reason
    for name, parameter in known.items():
        is_needed = parameter.default is None and not parameter.optional
        if is_needed and name not in reference.parameters:
            words = f"{template.key} needs the parameter {name!r} ({parameter.label.en})"
            yield (REFERENCE, "parameters"), "parameter_missing", words


def _other_problems(template: Template, written: Mapping[str, Any]) -> Iterator[Problem]:
    if written.get("protocol", template.protocol) != template.protocol:
        words = f"{template.key} is of protocol {template.protocol}; leave `protocol` out"
        yield ("protocol",), "template_protocol", words
    for index, name in enumerate(written[REFERENCE].get("without", ())):
        if template.tag(name) is None:
            path: Path = (REFERENCE, "without", index)
            yield path, "tag_unknown", f"{template.key} has no tag {name!r}"


def _of_reference(error: ValidationError) -> Iterator[Problem]:
    for each in error.errors(include_url=False, include_input=False):
        yield (REFERENCE, *each["loc"]), each["type"], each["msg"]


def _bare(written: Mapping[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in written.items() if key != REFERENCE}


_ABSENT: Any = object()


def _values(template: Template, given: Mapping[str, object]) -> dict[str, ParameterValue]:
    values: dict[str, Any] = {
        each.name: given.get(each.name, each.default) for each in template.parameters
    }
    return {name: value for name, value in values.items() if value is not None}


def _shifted(
    template: Template, index: int, values: Mapping[str, ParameterValue]
) -> dict[str, object]:
    tag = template.tags[index]
    plain = tag.plain
    address = plain.get("address")
    for parameter, stride in tag.stride.items():
        steps = values.get(parameter)
        if isinstance(address, int) and isinstance(steps, int):
            address += stride * steps
    return plain if address is None else {**plain, "address": address}


def _filled(node: object, values: Mapping[str, ParameterValue]) -> Any:
    """The document with values for placeholders; a list as value is spliced into a list.

    What is left without a value, a mapping of such parts included, is absent.
    """
    if isinstance(node, str):
        match = _PLACEHOLDER.fullmatch(node)
        return node if match is None else values.get(match[1], _ABSENT)
    if isinstance(node, Mapping):
        parts = {key: _filled(part, values) for key, part in node.items()}
        present = {key: part for key, part in parts.items() if part is not _ABSENT}
        return present if present or not node else _ABSENT
    if isinstance(node, Sequence):
        found: list[Any] = []
        for part in node:
            filled = _filled(part, values)
            is_spliced = isinstance(part, str) and isinstance(filled, list)
            found += filled if is_spliced else [] if filled is _ABSENT else [filled]
        return found
    return node
