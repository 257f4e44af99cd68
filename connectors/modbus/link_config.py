"""The `link` of a Modbus source: Modbus TCP, a serial line (RTU), or RTU frames over TCP.

Defaults of a serial line: "MODBUS over Serial Line Specification and Implementation Guide V1.02",
section 2.5.1: 19200 bits a second, even parity, eight data bits; two stop bits without parity.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from typing import Annotated, Literal, NoReturn, Self

from pydantic import BeforeValidator, Field, StrictInt, StrictStr, model_validator
from pydantic_core import PydanticCustomError

from connectors.sdk.config import Strict, field_error, raise_field_errors
from connectors.sdk.steps import Endpoint

HIGHEST_FIXED_SILENCE_BAUD = 19_200
FIXED_SILENCE_S = 0.001_75
SILENCE_CHARACTERS = 3.5
SERIAL_UNITS = range(1, 248)
LONGEST_USUAL_QUIET_S = 3.0

Host = Annotated[StrictStr, Field(min_length=1, max_length=253)]
Port = Annotated[StrictInt, Field(ge=1, le=65_535)]
Pause = Annotated[StrictInt, Field(ge=0, le=10_000)]
Quiet = Annotated[StrictInt, Field(ge=10, le=60_000)]


class _Link(Strict):
    """What every link says.

    Attributes:
        pause_ms: real time that the link rests after a reply before the next request.
    """

    pause_ms: Pause = 0


class _NetworkLink(_Link):
    """A link to a host and port."""

    host: Host
    port: Port = 502

    @property
    def key(self) -> Hashable:
        """What makes two links the same."""
        return ("socket", self.host, self.port)

    @property
    def name(self) -> str:
        """Host and port for people."""
        return f"{self.host}:{self.port}"

    @property
    def endpoint(self) -> Endpoint | None:
        """Where the other end listens in the network."""
        return Endpoint(self.host, self.port)


class TcpLink(_NetworkLink):
    """A device or gateway that speaks Modbus TCP."""

    transport: Literal["tcp"]


class RtuOverTcpLink(_NetworkLink):
    """A serial server that hands RTU frames through a TCP connection unchanged.

    Attributes:
        quiet_ms: real time in which nothing is asked of a unit after it did not reply in time, so
            that a late reply is over; None takes the time-out of the request, at most 3 s.
    """

    transport: Literal["rtu_over_tcp"]
    quiet_ms: Quiet | None = None


class RtuLink(_Link):
    """A serial line with Modbus RTU.

    Attributes:
        serial_port: device file, best one of `/dev/serial/by-id/`, which survives replugging.
        baud: bits a second.
        stop_bits: None takes 1 with parity and 2 without, so that a character has 11 bits.
        quiet_ms: as for RTU over TCP.
    """

    transport: Literal["rtu"]
    serial_port: Annotated[StrictStr, Field(min_length=1, max_length=255)]
    baud: Annotated[StrictInt, Field(ge=300, le=4_000_000)] = 19_200
    parity: Literal["even", "odd", "none"] = "even"
    stop_bits: Literal[1, 2] | None = None
    quiet_ms: Quiet | None = None

    @property
    def key(self) -> Hashable:
        """What makes two links the same: two names of one device file are one link."""
        return ("serial", os.path.realpath(self.serial_port))

    @property
    def name(self) -> str:
        """Device file and settings for people."""
        return f"{self.serial_port} ({self.baud} 8{self.parity[0].upper()}{self.stops})"

    @property
    def endpoint(self) -> Endpoint | None:
        """A serial line has no place in the network."""
        return None

    @property
    def stops(self) -> int:
        """Stop bits of a character."""
        return self.stop_bits or (2 if self.parity == "none" else 1)

    @property
    def character_s(self) -> float:
        """Seconds that one character takes on the line."""
        bits = 1 + 8 + (self.parity != "none") + self.stops
        return bits / self.baud

    @property
    def silence_s(self) -> float:
        """Seconds of silence that part two frames."""
        if self.baud > HIGHEST_FIXED_SILENCE_BAUD:
            return FIXED_SILENCE_S
        return SILENCE_CHARACTERS * self.character_s

    @model_validator(mode="after")
    def _no_url(self) -> Self:
        if "://" in self.serial_port:
            message = (
                "write the device file of the serial port; for a serial server use rtu_over_tcp"
            )
            raise_field_errors(
                "link", [field_error("serial_port_is_url", message, ("serial_port",))]
            )
        return self


AnyLink = TcpLink | RtuOverTcpLink | RtuLink


def quiet_s(link: AnyLink, timeout_s: float) -> float:
    """Seconds that a unit rests so that a late reply is over; 0 where replies are numbered."""
    if isinstance(link, TcpLink):
        return 0.0
    return min(timeout_s, LONGEST_USUAL_QUIET_S) if link.quiet_ms is None else link.quiet_ms / 1000


_MODELS: Mapping[object, type[AnyLink]] = {
    "tcp": TcpLink,
    "rtu_over_tcp": RtuOverTcpLink,
    "rtu": RtuLink,
}


def _of_its_transport(data: object) -> AnyLink:
    """The link checked as its transport wants it, so that a mistake names its own field."""
    if isinstance(data, TcpLink | RtuOverTcpLink | RtuLink):
        return data
    if not isinstance(data, Mapping):
        raise PydanticCustomError("mapping_expected", "a mapping with `transport` is expected here")
    transport = data.get("transport")
    model = _MODELS.get(transport) if isinstance(transport, str) else None
    if model is None:
        _refuse_transport(transport)
    return model.model_validate(dict(data))


def _refuse_transport(transport: object) -> NoReturn:
    known = ", ".join(str(name) for name in _MODELS)
    message = f"transport {transport!r} is not known; possible: {known}"
    if transport is None:
        message = f"`transport` is missing; possible: {known}"
    raise_field_errors("link", [field_error("transport_unknown", message, ("transport",))])
    raise AssertionError("a list of errors was raised")


Link = Annotated[AnyLink, BeforeValidator(_of_its_transport), Field(discriminator="transport")]
