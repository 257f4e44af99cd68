"""What people send about sources."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.templates.register_list import OnDuplicate
from mes.features.commands.schemas import CommandIn

ADDRESS_MAX = 2**31 - 1
REGISTERS_MAX = 64


class SourceIn(CommandIn):
    """`source`: as a plant file writes it, with its tags."""

    source: dict[str, Any]


class SourceChangeIn(SourceIn):
    """`seen`: the source as it was shown before the change; another one now refuses it."""

    seen: dict[str, Any] | None = None


class TemplateVersionIn(CommandIn):
    """`version` of the template that the source names already."""

    version: int = Field(ge=1, le=10_000)


class RemoveIn(CommandIn):
    """Nothing but who and when."""


class SignalsIn(CommandIn):
    """`signals`: of one work unit, as a plant file writes them; `seen`: those shown before."""

    signals: dict[str, Any]
    seen: dict[str, Any] | None = None


class RegistersIn(BaseModel):
    """Which registers of a device to look at; `display` is what the device itself shows.

    `table`: one of the `register_areas` of the protocol, with its number where it has one (`db7`).
    """

    model_config = ConfigDict(extra="forbid")

    source: dict[str, Any]
    table: str = Field(default="holding", pattern=r"^[A-Za-z][A-Za-z0-9_.:-]{0,59}$")
    address: int = Field(ge=0, le=ADDRESS_MAX)
    count: int = Field(default=4, ge=1, le=REGISTERS_MAX)
    display: float | None = None


class ParametersIn(BaseModel):
    """Values of the parameters of a template."""

    model_config = ConfigDict(extra="forbid")

    parameters: dict[str, Any] = Field(default_factory=dict)


class HeaderIn(BaseModel):
    """What a register list does not say of its device."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=60)
    version: int = Field(default=1, ge=1, le=10_000)
    vendor: str = Field(default="unknown", min_length=1, max_length=300)
    model: str = Field(default="unknown", min_length=1, max_length=300)
    name: str | None = Field(default=None, max_length=300)
    author: str = Field(default="plant", min_length=1, max_length=300)
    protocol: str = Field(default="modbus", max_length=60)


class TemplateFileIn(BaseModel):
    """A file to be imported; `content` in base64, `header` for a register list only."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    content: str = Field(max_length=3 * 1024 * 1024)
    header: HeaderIn | None = None
    on_duplicate: OnDuplicate = OnDuplicate.REFUSE
    dry_run: bool = True


class TemplateFileQuery(BaseModel):
    """`format`: the whole template, or its tags as a register list."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["yaml", "csv"] = "yaml"


class PastQuery(BaseModel):
    """`hours`: plant hours to look back on."""

    model_config = ConfigDict(extra="forbid")

    hours: int = Field(default=24, ge=1, le=168)


class FramesIn(BaseModel):
    """`after`: number of the last frame that was shown."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(default=0, ge=0)
