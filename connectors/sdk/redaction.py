"""Taking secrets out of what is handed to people: files for support, messages, logs.

A configuration only holds references to secrets. They are left out as well, because they name files
and variables of the edge; and wherever the secret itself turns up in a text, it is replaced.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from connectors.sdk.config import SourceConfig, read_secret
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.form import Form

HIDDEN = "***"
SHORTEST_SECRET = 4
"""A shorter one would blacken too much of a text that has nothing to do with it."""
_TELLING = ("password", "secret", "token", "private_key", "passphrase")


def redacted(config: SourceConfig, form: Form) -> dict[str, Any]:
    """The configuration as plain data, without what its secret fields say."""
    document = config.model_dump(mode="json", exclude_none=True)
    for each in form.all_fields():
        if each.is_secret:
            _hide(document, each.path.split("."))
    return document


def secrets_of(config: SourceConfig, form: Form) -> frozenset[str]:
    """The secrets that the configuration refers to, as far as they can be read here."""
    found: set[str] = set()
    document = config.model_dump(mode="json", exclude_none=True)
    for each in form.all_fields():
        for reference in values_at(document, each.path.split(".")) if each.is_secret else ():
            try:
                found.add(read_secret(str(reference)))
            except ConfigurationError:
                continue
    return frozenset(found)


def scrubbed(value: object, secrets: Collection[str]) -> object:
    """Plain data without secrets: neither as part of a text nor below a name that tells."""
    if isinstance(value, str):
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= SHORTEST_SECRET:
                value = value.replace(secret, HIDDEN)
        return value
    if isinstance(value, Mapping):
        return {
            str(scrubbed(str(key), secrets)): HIDDEN
            if any(word in str(key).lower() for word in _TELLING)
            else scrubbed(inner, secrets)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [scrubbed(inner, secrets) for inner in value]
    return value if isinstance(value, bool | int | float | None) else scrubbed(str(value), secrets)


def values_at(node: Any, path: list[str]) -> list[object]:
    """Everything at a path; a list stands for all its rows."""
    if isinstance(node, list):
        return [value for row in node for value in values_at(row, path)]
    if not isinstance(node, dict) or path[0] not in node:
        return []
    return [node[path[0]]] if len(path) == 1 else values_at(node[path[0]], path[1:])


def _hide(node: Any, path: list[str]) -> None:
    if isinstance(node, list):
        for row in node:
            _hide(row, path)
    elif isinstance(node, dict) and path[0] in node:
        if len(path) == 1:
            node[path[0]] = HIDDEN
        else:
            _hide(node[path[0]], path[1:])
