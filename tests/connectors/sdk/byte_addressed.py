"""A protocol as different from Modbus as that of an S7: numbered areas, an address per byte."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictStr

from connectors.sdk.capabilities import Capability, RegisterViewing
from connectors.sdk.config import TagConfig
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.manifest import Manifest
from connectors.sdk.messages import Value
from connectors.sdk.register_lists import PlaceError, RegisterLists
from connectors.sdk.registers import Candidate, RegisterArea
from connectors.sdk.simple import BadValue, SimpleConnector, SimpleSource

PROTOCOL = "byte_addressed"
ADDRESS = re.compile(r"DB(\d{1,5})\.DB([BWD])(\d{1,5})")
WIDTH = {"B": 1, "W": 2, "D": 4}
CODES = {1: {"byte": ">B"}, 2: {"word": ">H", "int": ">h"}, 4: {"dint": ">i", "real": ">f"}}
TABLE = re.compile(r"db(\d{1,5})")


class ByteTag(TagConfig):
    """A place like DB7.DBD4."""

    address: Annotated[StrictStr, Field(pattern=ADDRESS.pattern)]
    type: Literal["byte", "word", "int", "dint", "real"] = "byte"


class ByteSource(SimpleSource):
    """A device whose memory is a file of this test."""

    protocol: Literal["byte_addressed"] = "byte_addressed"
    host: StrictStr
    tags: Annotated[Sequence[ByteTag], Field(min_length=1, max_length=1000)]


class ByteConnector(SimpleConnector, RegisterViewing):
    """Reads the memory of the class."""

    register_widths = tuple(CODES)
    memory: ClassVar[Mapping[int, bytes]] = {}

    async def open(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """There is nothing to close."""

    async def read_tag(self, tag: TagConfig) -> Value:
        assert isinstance(tag, ByteTag)
        found = ADDRESS.fullmatch(tag.address)
        assert found is not None
        block, first, width = int(found[1]), int(found[3]), WIDTH[found[2]]
        data = self.memory.get(block, b"")[first : first + width]
        if len(data) < width:
            raise BadValue("illegal_address")
        value: Value = struct.unpack(CODES[width][tag.type], data)[0]
        return value

    @classmethod
    def register_source(
        cls, source: Mapping[str, object], table: str, first: int, count: int
    ) -> Mapping[str, object]:
        found = TABLE.fullmatch(table)
        if found is None:
            raise ConfigurationError("request_malformed", "`table` must be like db7")
        tags = [
            {"name": str(at), "address": f"DB{found[1]}.DBB{at}", "type": "byte"}
            for at in range(first, first + count)
        ]
        return {**source, "tags": tags}

    @classmethod
    def candidates(cls, words: Sequence[int], display: float | None) -> Sequence[Candidate]:
        found = []
        for name, code in CODES.get(len(words), {}).items():
            value = struct.unpack(code, bytes(words))[0]
            is_shown = display is not None and abs(value - display) < 0.01
            found.append(Candidate(type=name, order="big", value=value, is_plausible=is_shown))
        return found

    @classmethod
    def register_place(cls, address: str, table: str | None) -> tuple[str, int]:
        found = ADDRESS.fullmatch(address)
        if found is None:
            return super().register_place(address, table)
        return f"db{found[1]}", int(found[3])

    @classmethod
    def register_label(cls, table: str, address: int) -> str:
        return f"{table.upper()}.DBB{address}"

    @classmethod
    def register_tag(
        cls, source: Mapping[str, object], table: str, address: int, candidate: Candidate
    ) -> Mapping[str, Value]:
        width = struct.calcsize(
            next(c[candidate.type] for c in CODES.values() if candidate.type in c)
        )
        letter = {1: "B", 2: "W", 4: "D"}[width]
        place = f"{table.upper()}.DB{letter}{address}"
        return {"name": f"{table}_{address}", "address": place, "type": candidate.type}


def _read_place(address: str, table: str | None) -> Mapping[str, Value]:
    if table is not None or ADDRESS.fullmatch(address) is None:
        raise PlaceError("address_malformed", f"{address!r} must be like DB7.DBD4")
    return {"address": address}


LISTS = RegisterLists(
    parameters=[{"name": "host", "label": {"ko": "주소", "en": "Host"}, "example": "plc"}],
    source={"protocol": PROTOCOL, "host": "{host}"},
    example={"protocol": PROTOCOL, "host": "example"},
    read_place=_read_place,
)
MANIFEST = Manifest(
    protocol=PROTOCOL,
    name={"ko": "바이트 주소", "en": "By bytes"},
    config=f"{__name__}:ByteSource",
    connector=f"{__name__}:ByteConnector",
    capabilities=frozenset({Capability.POLL, Capability.REGISTERS}),
    sdk_version=(2, 2),
    register_areas=(
        RegisterArea(
            name="db",
            title={"ko": "데이터 블록", "en": "Data block"},
            word_bits=8,
            is_numbered=True,
        ),
    ),
    lists=f"{__name__}:LISTS",
)
