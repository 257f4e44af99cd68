"""What people send about sources."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mes.features.commands.schemas import CommandIn

ADDRESS_MAX = 2**31 - 1
REGISTERS_MAX = 64


class SourceIn(CommandIn):
    """`source`: as a plant file writes it, with its tags."""

    source: dict[str, Any]


class TemplateVersionIn(CommandIn):
    """`version` of the template that the source names already."""

    version: int = Field(ge=1, le=10_000)


class RemoveIn(CommandIn):
    """Nothing but who and when."""


class SignalsIn(CommandIn):
    """`signals`: of one work unit, as a plant file writes them."""

    signals: dict[str, Any]


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


class PastQuery(BaseModel):
    """`hours`: plant hours to look back on."""

    model_config = ConfigDict(extra="forbid")

    hours: int = Field(default=24, ge=1, le=168)


class FramesIn(BaseModel):
    """`after`: number of the last frame that was shown."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(default=0, ge=0)
