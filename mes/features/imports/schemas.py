"""What the routes of imports take."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, StringConstraints

from mes.core.refusal import Refusal
from mes.features.commands.schemas import CommandIn, Short
from mes.features.imports.limits import BYTES_MAX
from mes.features.imports.service import FILE_NAME_MAX

Language = Literal["ko", "en"]
FileName = Annotated[StrictStr, StringConstraints(max_length=FILE_NAME_MAX)]


class TemplateQuery(BaseModel):
    """Which template; `current`: with what is there now."""

    model_config = ConfigDict(extra="forbid")

    form: Literal["xlsx", "csv"] = "xlsx"
    current: bool = False
    lang: Language | None = Field(default=None, description="Language of titles and words.")


class FileIn(BaseModel):
    """A file to check: a spreadsheet or CSV as base64, or the text of a CSV."""

    model_config = ConfigDict(extra="forbid")

    file: FileName = Field(default="", description="Name of the file, for the audit log.")
    content: StrictStr | None = Field(
        default=None, max_length=BYTES_MAX * 2, description="The file in base64."
    )
    text: StrictStr | None = Field(
        default=None, max_length=BYTES_MAX, description="Rows with commas or tabs between cells."
    )

    def data(self) -> bytes:
        """The file.

        Raises:
            Refusal: `file_missing` (422): neither, both, or no base64.
        """
        if (self.content is None) == (self.text is None):
            raise file_missing()
        if self.text is not None:
            return self.text.encode("utf-8", "replace")
        try:
            return base64.b64decode(self.content or "", validate=True)
        except (binascii.Error, ValueError):
            raise file_missing() from None


class ImportIn(CommandIn):
    """A file that was checked, to be brought in."""

    upload: Short = Field(description="`upload` of the check.")
    skip_bad: StrictBool = Field(
        default=False, description="Leave out rows with mistakes; else one mistake stops all."
    )
    seen: Short | None = Field(
        default=None, description="`seen` of the check: refuse if it would do something else now."
    )


def file_missing() -> Refusal:
    """There is nothing to check."""
    return Refusal(
        "file_missing",
        "give a file (base64) in content, or its rows in text",
        status=422,
        field="file",
    )
