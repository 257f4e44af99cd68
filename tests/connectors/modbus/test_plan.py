"""The read planner: few requests, within every limit, and no value torn."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.modbus.config import ModbusSource, Table
from connectors.modbus.plan import Block, halves, plan_reads
from tests.connectors.modbus.sources import source, tag


def shapes(blocks: list[Block]) -> list[tuple[str, int, int]]:
    return [(block.table.value, block.start, block.count) for block in blocks]


def planned(config: ModbusSource) -> list[tuple[str, int, int]]:
    return shapes(plan_reads(config, config.tags))


def test_neighbours_share_one_request() -> None:
    tags = [tag("a", 0), tag("b", 1, type="uint32"), tag("c", 3)]
    assert planned(source(502, tags)) == [("holding", 0, 4)]


def test_a_hole_up_to_max_gap_is_read_over_and_a_wider_one_is_not() -> None:
    tags = [tag("a", 0), tag("b", 11)]
    assert planned(source(502, tags, max_gap=10)) == [("holding", 0, 12)]
    assert planned(source(502, tags, max_gap=9)) == [("holding", 0, 1), ("holding", 11, 1)]


def test_a_request_never_exceeds_max_registers_and_no_value_is_split() -> None:
    tags = [tag(f"f{n}", 2 * n, type="float32") for n in range(8)]
    blocks = planned(source(502, tags, max_registers=7))
    assert blocks == [("holding", 0, 6), ("holding", 6, 6), ("holding", 12, 4)]


def test_tables_are_never_mixed_and_bits_have_their_own_limit() -> None:
    tags = [
        tag("a", 0),
        tag("b", 0, table="input"),
        tag("c", 0, table="coil", type="bool"),
        tag("d", 9, table="coil", type="bool"),
        tag("e", 3, table="discrete", type="bool"),
    ]
    expected = [("holding", 0, 1), ("input", 0, 1), ("coil", 0, 10), ("discrete", 3, 1)]
    assert planned(source(502, tags)) == expected
    assert planned(source(502, tags, max_bits=9))[2:4] == [("coil", 0, 1), ("coil", 9, 1)]


def test_manuals_that_count_from_one_are_shifted_to_the_wire() -> None:
    config = source(502, [tag("a", 1), tag("b", 40)], address_base=1)
    assert planned(config) == [("holding", 0, 1), ("holding", 39, 1)]


def test_halves_are_cut_between_values_and_never_inside_overlapping_ones() -> None:
    tags = [
        tag("a", 0),
        tag("b", 1, type="bit", bit=0),
        tag("c", 1, type="bit", bit=1),
        tag("d", 2),
    ]
    config = source(502, tags)
    (block,) = plan_reads(config, config.tags)
    parts = halves(block)
    assert parts is not None
    assert shapes(list(parts)) in (
        [("holding", 0, 1), ("holding", 1, 2)],
        [("holding", 0, 2), ("holding", 2, 1)],
    )
    assert halves(plan_reads(config, config.tags[1:3])[0]) is None


TYPES = [("uint16", 1), ("int32", 2), ("float64", 4)]


@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(TYPES)), min_size=1, max_size=40),
    st.integers(4, 125),
    st.integers(0, 60),
)
def test_every_tag_is_in_exactly_one_request_within_the_limits(
    places: list[tuple[int, tuple[str, int]]], limit: int, gap: int
) -> None:
    tags: list[dict[str, Any]] = [
        tag(f"t{n}", address, type=kind) for n, (address, (kind, _)) in enumerate(places)
    ]
    config = source(502, tags, max_registers=limit, max_gap=gap)
    blocks = plan_reads(config, config.tags)
    names = [field.tag.name for block in blocks for field in block.fields]
    assert sorted(names) == sorted(entry["name"] for entry in tags)
    for block in blocks:
        assert block.table is Table.HOLDING
        assert block.count <= limit
        for field in block.fields:
            assert block.start <= field.start
            assert field.end <= block.start + block.count
