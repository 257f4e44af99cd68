"""Requests in portions: each node is asked for once, however small the server wants them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from asyncua import ua
from asyncua.ua.uaerrors import BadSessionIdInvalid, BadTooManyOperations
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.portions import ShortAnswer, in_portions


@given(st.integers(0, 300), st.integers(1, 120), st.integers(1, 120))
async def test_a_portion_that_is_too_large_is_halved_until_the_server_takes_it(
    count: int, size: int, most: int
) -> None:
    asked: list[int] = []

    async def ask(part: Sequence[int]) -> list[int]:
        if len(part) > most:
            raise BadTooManyOperations
        asked.extend(part)
        return [-number for number in part]

    answers = await in_portions(list(range(count)), size, ask)
    assert asked == list(range(count))
    assert answers == [-number for number in range(count)]


async def test_another_refusal_is_passed_on() -> None:
    async def ask(part: Sequence[int]) -> list[int]:
        raise BadSessionIdInvalid

    with pytest.raises(ua.UaStatusCodeError):
        await in_portions([1, 2, 3], 2, ask)


async def test_an_answer_that_leaves_out_a_node_is_not_believed() -> None:
    async def ask(part: Sequence[int]) -> list[int]:
        return list(part)[:-1]

    with pytest.raises(ShortAnswer):
        await in_portions([1, 2, 3], 3, ask)
