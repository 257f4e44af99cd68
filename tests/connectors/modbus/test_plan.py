"""The read planner: few requests, within every limit, and no value torn."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.modbus.config import ModbusSource, Table
from connectors.modbus.plan import Block, Span, halves, plan_reads
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


def test_inside_a_declared_range_any_gap_is_read_over_and_its_border_never() -> None:
    ranges = [
        {"table": "holding", "first": 1, "last": 100},
        {"table": "holding", "first": 101, "last": 200},
    ]
    tags = [tag("a", 1), tag("b", 99), tag("c", 101), tag("d", 200)]
    config = source(502, tags, readable=ranges, address_base=1, max_gap=0)
    assert planned(config) == [("holding", 0, 99), ("holding", 100, 100)]


def test_a_refused_span_is_never_covered_but_touched() -> None:
    tags = [tag(f"t{n}", n) for n in range(8)]
    config = source(502, tags)
    refused = {Span(table=Table.HOLDING, start=3, end=5)}
    blocks = shapes(plan_reads(config, config.tags, refused))
    assert blocks == [("holding", 0, 4), ("holding", 4, 4)]


Place = tuple[int, int]


def is_one_request(places: list[Place], limit: int, gap: int) -> bool:
    """Whether these places may be read together, by the rules of the plant file."""
    ordered = sorted(places)
    end = ordered[0][0]
    for start, width in ordered:
        if start - end > gap:
            return False
        end = max(end, start + width)
    return end - ordered[0][0] <= limit


def fewest_requests(places: list[Place], limit: int, gap: int) -> int:
    """The optimum: every way of sharing the places out to requests is tried."""
    count = len(places)
    possible = [
        mask > 0 and is_one_request([p for n, p in enumerate(places) if mask >> n & 1], limit, gap)
        for mask in range(1 << count)
    ]
    best = [0] + [count] * ((1 << count) - 1)
    for mask in range(1, 1 << count):
        lowest = mask & -mask
        part = mask
        while part:
            if part & lowest and possible[part]:
                best[mask] = min(best[mask], 1 + best[mask ^ part])
            part = (part - 1) & mask
    return best[-1]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(TYPES)), min_size=1, max_size=8),
    st.integers(4, 20),
    st.integers(0, 8),
)
def test_no_other_plan_needs_fewer_requests(
    places: list[tuple[int, tuple[str, int]]], limit: int, gap: int
) -> None:
    tags = [tag(f"t{n}", start, type=kind) for n, (start, (kind, _)) in enumerate(places)]
    config = source(502, tags, max_registers=limit, max_gap=gap)
    optimum = fewest_requests([(start, width) for start, (_, width) in places], limit, gap)
    assert len(plan_reads(config, config.tags)) == optimum
