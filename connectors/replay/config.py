"""The configuration of a replayed CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictStr, model_validator

from connectors.sdk.config import SourceConfig, TagConfig, check_tags, raise_field_errors


class ReplaySource(SourceConfig):
    """Values from a CSV file with the columns time, tag, value and, if wanted, quality.

    Attributes:
        file: path of the file.
        repeat: begin again at the end of the file.
    """

    protocol: Literal["replay"]
    file: Annotated[StrictStr, Field(min_length=1)]
    repeat: StrictBool = False
    tags: Annotated[list[TagConfig], Field(min_length=1, max_length=10_000)]

    @property
    def tag_list(self) -> Sequence[TagConfig]:
        """The tags in the order of the file."""
        return self.tags

    @model_validator(mode="after")
    def _tags_agree(self) -> Self:
        raise_field_errors("source", check_tags(self.tags))
        return self
