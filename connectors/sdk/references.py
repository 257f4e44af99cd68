"""Which secrets and files a configuration may name that somebody made in a browser.

Whoever writes a plant file has a hand on the machine already. Whoever may only use the pages must
not read a file of the edge by sending it as a password to a server of his own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connectors.sdk.config import SourceConfig
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.form import Form
from connectors.sdk.redaction import values_at

ENV_PREFIX = "MES_SECRET_"
FOLDER = "secrets"
"""Folder inside the data folder of the edge that holds the files a browser may name."""


def check_references(config: SourceConfig, form: Form, folder: Path) -> None:
    """Refuse a configuration made in a browser that reaches beyond what is meant for it.

    Args:
        folder: the data folder of the edge.

    Raises:
        ConfigurationError: `reference_not_allowed`, with the field.
    """
    allowed = (folder / FOLDER).resolve()
    for field, path in _named_files(config, form):
        if not Path(path).resolve().is_relative_to(allowed):
            detail = (
                f"{field}: a file that a page names must lie in the folder {FOLDER!r} of the edge"
            )
            raise ConfigurationError("reference_not_allowed", detail, field=field)
    for field, name in _named_variables(config, form):
        if not name.startswith(ENV_PREFIX):
            detail = f"{field}: a variable that a page names must begin with {ENV_PREFIX}"
            raise ConfigurationError("reference_not_allowed", detail, field=field)


def _named_files(config: SourceConfig, form: Form) -> Iterator[tuple[str, str]]:
    """The files of secrets, and those of fields whose name ends in `file`."""
    document = config.model_dump(mode="json", exclude_none=True)
    for each in form.all_fields():
        for value in values_at(document, each.path.split(".")):
            if each.is_secret and str(value).startswith("file:"):
                yield each.path, str(value).removeprefix("file:")
            elif each.path.endswith("file") and isinstance(value, str):
                yield each.path, value


def _named_variables(config: SourceConfig, form: Form) -> Iterator[tuple[str, str]]:
    document = config.model_dump(mode="json", exclude_none=True)
    for each in form.all_fields():
        for value in values_at(document, each.path.split(".")) if each.is_secret else ():
            if str(value).startswith("env:"):
                yield each.path, str(value).removeprefix("env:")
