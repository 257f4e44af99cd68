"""What the routes of work instructions take."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
)

from mes.features.commands.schemas import CommandIn, InstantText, PageMark, Short
from mes.features.instructions import content
from mes.features.instructions.content import FieldKind

PHOTO_CHARACTERS_MAX = 2_800_000
"""Base64 of a photo of 2 MiB."""
LIMIT = 100
LIMIT_MAX = 500


def _one_line(value: str) -> str:
    if not content.is_clean(value):
        raise ValueError("one line without control characters")
    return value


def _lines(value: str) -> str:
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    if not content.is_clean(plain, content.LINES):
        raise ValueError("no control characters")
    return plain


def _decimal(value: str) -> str:
    return content.decimal_text(value) or value


Key = Annotated[StrictStr, StringConstraints(pattern=f"^{content.KEY.pattern}$")]
Title = Annotated[StrictStr, StringConstraints(max_length=200), AfterValidator(_one_line)]
Label = Annotated[StrictStr, StringConstraints(max_length=120), AfterValidator(_one_line)]
Lines = Annotated[StrictStr, StringConstraints(max_length=4000), AfterValidator(_lines)]
NoteLines = Annotated[StrictStr, StringConstraints(max_length=1000), AfterValidator(_lines)]
Unit = Annotated[StrictStr, StringConstraints(max_length=20), AfterValidator(_one_line)]
Limit = Annotated[StrictStr, StringConstraints(max_length=40), AfterValidator(_decimal)]
Hash = Annotated[StrictStr, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Code = Annotated[StrictStr, StringConstraints(pattern=f"^{content.CODE.pattern}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TitleIn(_Part):
    """A title in both languages; one may be empty."""

    ko: Title = ""
    en: Title = ""


class TextIn(_Part):
    """A text of several lines in both languages; one may be empty."""

    ko: Lines = ""
    en: Lines = ""


class LabelIn(_Part):
    """A short name in both languages; one may be empty."""

    ko: Label = ""
    en: Label = ""


class FieldIn(_Part):
    """What a step asks for."""

    key: Key
    kind: FieldKind
    label: LabelIn = LabelIn()
    required: StrictBool = False
    unit: Unit = ""
    min: Limit | None = Field(default=None, description="Decimal text, of numbers only.")
    max: Limit | None = None
    choices: list[LabelIn] = Field(default_factory=list, max_length=content.CHOICES_MAX)


class StepIn(_Part):
    """A step; `picture` and `pdf` are files sent before."""

    key: Key
    title: TitleIn = TitleIn()
    text: TextIn = TextIn()
    picture: Hash | None = None
    pdf: Hash | None = None
    fields: list[FieldIn] = Field(default_factory=list, max_length=content.FIELDS_MAX)


class InstructionIn(CommandIn):
    """A new work instruction; at least one of item, work unit and operation."""

    code: Code
    item: Short | None = None
    work_unit: Short | None = None
    operation: StrictInt | None = Field(default=None, ge=1, le=99_999)
    title: TitleIn = TitleIn()
    copy_from: Code | None = Field(
        default=None, description="Begin with the newest steps of another work instruction."
    )


class SeenIn(CommandIn):
    """What the editor had before them."""

    seen_version: StrictInt = Field(ge=1, lt=2**31)


class DraftIn(SeenIn):
    """The whole draft as it shall be from now on."""

    title: TitleIn
    note: NoteLines = Field(default="", description="What is new in this revision.")
    steps: list[StepIn] = Field(max_length=content.STEPS_MAX)

    def stored_steps(self) -> list[dict[str, Any]]:
        """The steps as they are kept."""
        return [step.model_dump(mode="json") for step in self.steps]


class FileQuery(BaseModel):
    """How the sender calls a file."""

    name: Annotated[str, StringConstraints(max_length=400)] = ""


class AtMachineIn(CommandIn):
    """Something said on the floor about a revision."""

    instruction: Short
    revision: StrictInt = Field(ge=1, lt=2**31)
    job_order: Short | None = None


class ValuesIn(AtMachineIn):
    """Values of one step by the keys of its fields."""

    step: Key
    values: dict[
        Key, StrictBool | Annotated[StrictStr, StringConstraints(max_length=PHOTO_CHARACTERS_MAX)]
    ] = Field(
        min_length=1,
        max_length=content.FIELDS_MAX,
        description="Text, decimal digits, true or false, number of a choice, YYYY-MM-DD, or a "
        "photo (PNG, JPEG, WebP) in base64.",
    )


class ProposalIn(AtMachineIn):
    """A change that somebody on the floor proposes."""

    step: Key | None = None
    text: NoteLines


class AnswerIn(CommandIn):
    """What becomes of a proposal."""

    accepted: StrictBool
    text: NoteLines = ""


class PresentQuery(BaseModel):
    """For which job of the work unit."""

    job_order: Short | None = Field(default=None, description="Absent: the one that is loaded.")


class RevisionQuery(BaseModel):
    """Whose values are wanted besides."""

    job_order: Short | None = None


class StatementsQuery(BaseModel):
    """Conditions on what people stated; all are optional."""

    model_config = ConfigDict(populate_by_name=True)

    instruction: Short | None = None
    revision: int | None = Field(default=None, ge=1, lt=2**31)
    job_order: Short | None = None
    from_: InstantText | None = Field(default=None, alias="from")
    to: InstantText | None = None
    before: PageMark | None = None
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)
