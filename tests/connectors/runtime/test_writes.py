"""The edge writes what its allow-list has, in time, once, and says what is known of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.clock import monotonic_s
from connectors.runtime import writes as module
from connectors.runtime.writes import SourceWriter
from connectors.sdk.connector import Connector
from connectors.sdk.errors import ConnectorError, Unavailable
from connectors.sdk.messages import Value
from connectors.sdk.write_rules import WriteRule
from tests.connectors.modbus.sources import connector, source, tag
from tests.connectors.modbus.test_writing import Plc, served

TAGS = [tag("target", 10), tag("state", 0), tag("lamp", 0, table="coil", type="bool")]
RULES = {
    rule.tag: rule
    for rule in (
        WriteRule(tag="press_plc/target", min=0, max=500, every_s=0.001),
        WriteRule(tag="press_plc/lamp", values=(True, False), every_s=3600),
    )
}


async def in_time() -> float:
    return monotonic_s() + 10.0


@asynccontextmanager
async def writing(plc: Plc, rules: Mapping[str, WriteRule] = RULES) -> AsyncIterator[SourceWriter]:
    async with served(plc):
        device = connector(source(plc.port, TAGS))
        await device.open()
        running: dict[str, Connector] = {"press_plc": device}
        try:
            yield SourceWriter(lambda: rules, running.get)
        finally:
            await device.close()


def wish(value: Any, name: str = "press_plc/target") -> dict[str, object]:
    return {"tag": name, "value": value}


async def refusal(writer: SourceWriter, asked: dict[str, object], claim: Any = in_time) -> str:
    with pytest.raises(ConnectorError) as error:
        await writer.write(asked, claim)
    return error.value.code


async def test_a_write_is_read_before_and_after() -> None:
    plc = Plc(registers={10: 7})
    async with writing(plc) as writer:
        done = await writer.write(wish(120), in_time)
    assert (done["outcome"], done["code"]) == ("confirmed", None)
    before, after = done["before"], done["after"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert (before["value"], after["value"], plc.registers[10]) == (7, 120, 120)


async def test_what_is_claimed_too_late_is_not_sent() -> None:
    plc = Plc()

    async def late() -> float:
        return monotonic_s() - 0.001

    async def over() -> float:
        raise Unavailable("request_over", "nobody waits")

    async with writing(plc) as writer:
        assert await refusal(writer, wish(1), late) == "write_expired"
        assert await refusal(writer, wish(1), over) == "request_over"
    assert plc.writes == []


async def test_the_claim_is_the_last_thing_before_the_device() -> None:
    plc = Plc()
    reads: list[int] = []

    async def claim() -> float:
        reads.append(plc.reads)
        assert plc.writes == []
        return monotonic_s() + 10.0

    async with writing(plc) as writer:
        await writer.write(wish(1), claim)
    assert reads == [1], "the value before was read, and nothing else"


async def test_a_tag_is_not_written_again_before_its_time_nor_twice_at_once() -> None:
    plc = Plc()
    async with writing(plc) as writer:
        lamp = wish(True, "press_plc/lamp")
        both = await asyncio.gather(
            writer.write(lamp, in_time), writer.write(lamp, in_time), return_exceptions=True
        )
        assert [getattr(each, "code", None) for each in both] in (
            [None, "write_too_soon"], ["write_too_soon", None],
        )  # fmt: skip
        assert await refusal(writer, lamp) == "write_too_soon"
    assert len(plc.writes) == 1


async def test_an_expired_write_does_not_count_for_the_rate() -> None:
    plc = Plc()

    async def late() -> float:
        return monotonic_s() - 0.001

    async with writing(plc) as writer:
        lamp = wish(True, "press_plc/lamp")
        assert await refusal(writer, lamp, late) == "write_expired"
        assert (await writer.write(lamp, in_time))["outcome"] == "confirmed"


async def test_a_device_that_never_answers_leaves_it_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "WRITE_TIMEOUT_S", 0.05)
    plc = Plc(answer=lambda _: None)
    async with writing(plc) as writer:
        done = await writer.write(wish(1), in_time)
    assert (done["outcome"], done["code"]) == ("unknown", "write_timeout")
    assert len(plc.writes) == 1


async def test_a_source_that_does_not_run_is_not_written() -> None:
    rules = {"gone/target": WriteRule(tag="gone/target", min=0, max=1)}
    async with writing(Plc(), rules) as writer:
        assert await refusal(writer, wish(1, "gone/target")) == "source_not_running"


VALUES = st.one_of(
    st.booleans(), st.integers(-10, 70_000), st.floats(), st.text(max_size=5), st.none()
)
NAMES = st.sampled_from(["target", "state", "lamp", "none", ""])


@settings(max_examples=20, deadline=None)
@given(
    asked=st.lists(
        st.tuples(st.sampled_from(["press_plc", "other"]), NAMES, VALUES), min_size=50, max_size=50
    )
)
def test_nothing_outside_the_allow_list_ever_reaches_the_device(
    asked: list[tuple[str, str, Value]],
) -> None:
    async def try_all() -> None:
        plc = Plc()
        async with writing(plc) as writer:
            for source_id, name, value in asked:
                try:
                    await writer.write({"tag": f"{source_id}/{name}", "value": value}, in_time)
                except ConnectorError:
                    continue
                assert source_id == "press_plc"
                assert RULES[f"press_plc/{name}"].problem(value) is None
        assert set(plc.registers) <= {10}
        assert all(0 <= each <= 500 for each in plc.registers.values())
        assert set(plc.coils) <= {0}

    asyncio.run(try_all())


async def test_without_a_list_nothing_is_written() -> None:
    plc = Plc()
    async with writing(plc, {}) as writer:
        for name in ("target", "state", "lamp"):
            assert await refusal(writer, wish(1, f"press_plc/{name}")) == "write_not_allowed"
    assert plc.writes == []
