"""Decoding whole blocks agrees with decoding each value alone, and reports only changes."""

from __future__ import annotations

import math
from itertools import compress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.modbus.codec import ORDERS, REGISTERS, DataType, DecodeError, decode, finish
from connectors.modbus.decoder import BlockDecoder
from connectors.modbus.plan import plan_reads
from tests.connectors.modbus.sources import source, tag

PLAIN = [t for t in DataType if t not in (DataType.BIT, DataType.BOOL, DataType.STRING)]


def test_an_unchanged_reply_reports_nothing_and_a_changed_one_only_what_changed() -> None:
    config = source(502, [tag("a", 0), tag("b", 1), tag("c", 2, type="float32", order="CDAB")])
    (block,) = plan_reads(config, config.tags)
    decoder = BlockDecoder(block)
    first = bytes.fromhex("0001 0002 8000 4366")
    assert list(decoder.changes(first)) == [(0, 1), (1, 2), (2, 230.5)]
    assert list(decoder.changes(first)) == []
    assert list(decoder.changes(bytes.fromhex("0001 0003 8000 4366"))) == [(1, 3)]
    decoder.forget()
    assert len(list(decoder.changes(first))) == 3


def test_bits_of_a_bit_table_are_found_behind_any_start_address() -> None:
    places = [3, 4, 11, 12, 20]
    config = source(502, [tag(f"b{n}", n, table="coil", type="bool") for n in places])
    (block,) = plan_reads(config, config.tags)
    decoder = BlockDecoder(block)
    assert (block.start, block.count, decoder.expected_bytes) == (3, 18, 3)
    assert dict(decoder.changes(bytes([0b0000_0001, 0b0000_0010, 0b10]))) == {
        0: True,
        1: False,
        2: False,
        3: True,
        4: True,
    }
    assert list(decoder.changes(bytes([0b0000_0011, 0b0000_0010, 0b10]))) == [(1, True)]


def test_overlapping_values_of_different_types_are_both_read() -> None:
    tags = [tag("wide", 0, type="uint32"), tag("low", 1), tag("flag", 1, type="bit", bit=3)]
    config = source(502, tags)
    (block,) = plan_reads(config, config.tags)
    names = [field.tag.name for field in block.fields]
    found = {names[i]: raw for i, raw in BlockDecoder(block).changes(bytes.fromhex("00010008"))}
    assert found == {"wide": 0x10008, "low": 8, "flag": 8}


@given(st.data())
def test_a_block_decodes_like_its_values_alone(data: st.DataObject) -> None:
    tags: list[dict[str, Any]] = []
    address = 0
    for number in range(data.draw(st.integers(1, 12))):
        kind = data.draw(st.sampled_from(PLAIN))
        order = data.draw(st.sampled_from([None, *ORDERS[REGISTERS[kind]]]))
        address += data.draw(st.integers(0, 3))
        tags.append(tag(f"t{number}", address, type=kind.value, order=order))
        address += REGISTERS[kind]
    config = source(502, tags)
    (block,) = plan_reads(config, config.tags)
    raw = data.draw(st.binary(min_size=2 * block.count, max_size=2 * block.count))
    found = dict(BlockDecoder(block).changes(raw))
    assert set(found) == set(range(len(block.fields)))
    for index, field in enumerate(block.fields):
        start = 2 * (field.start - block.start)
        alone = _value(raw[start : start + 2 * field.width], field.tag.type, field.tag.order)
        whole = _finished(field.tag.type, found[index])
        assert whole == alone or (math.isnan(float(str(alone))) and math.isnan(float(str(whole))))


@given(st.data())
def test_the_quick_way_finds_the_same_changes_as_the_other(data: st.DataObject) -> None:
    tags = [
        tag(f"t{n}", 4 * n, type=data.draw(st.sampled_from(PLAIN)).value)
        for n in range(data.draw(st.integers(1, 8)))
    ]
    config = source(502, tags)
    (block,) = plan_reads(config, config.tags)
    quick, other = BlockDecoder(block), BlockDecoder(block)
    assert quick.has_columns
    last = b""
    for _ in range(4):
        cut = data.draw(st.integers(0, 2 * block.count))
        fresh = data.draw(st.binary(min_size=2 * block.count, max_size=2 * block.count))
        last = last[:cut].ljust(cut, b"\0") + fresh[cut:]
        found = quick.columns(last)
        pairs = [] if found is None else list(compress(enumerate(found[0]), found[1]))
        assert repr(pairs) == repr(other.changes(last))


def test_overlapping_values_and_bit_tables_have_no_columns() -> None:
    for tags in (
        [tag("wide", 0, type="uint32"), tag("low", 1)],
        [tag("coil", 0, table="coil", type="bool")],
    ):
        config = source(502, tags)
        (block,) = plan_reads(config, config.tags)
        assert not BlockDecoder(block).has_columns


def _value(data: bytes, kind: DataType, order: str | None) -> object:
    try:
        return decode(data, kind, order)
    except DecodeError as error:
        return str(error)


def _finished(kind: DataType, raw: Any) -> object:
    try:
        return finish(kind, raw, 0, "ascii")
    except DecodeError as error:
        return str(error)
