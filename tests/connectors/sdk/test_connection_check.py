"""A connection test walks the steps up to the one that fails."""

from __future__ import annotations

import asyncio

import pytest

from connectors.sdk.errors import ConnectorError, Refused, Unavailable
from connectors.sdk.simple import BadValue
from connectors.sdk.steps import Step, StepOutcome, StepResult
from mes.ports import free_port
from tests.connectors.sdk.small_connector import SmallConnector


def failed(results: list[StepResult]) -> list[tuple[Step, str | None]]:
    return [(r.step, r.code) for r in results if r.outcome is StepOutcome.FAILED]


async def results_of(connector: SmallConnector) -> list[StepResult]:
    results = list(await connector.test())
    assert connector.closed == 1
    return results


async def test_all_steps_pass() -> None:
    results = await results_of(SmallConnector({"a": 1}))
    assert [result.step for result in results] == list(SmallConnector.test_steps)
    assert {result.outcome for result in results} == {StepOutcome.PASSED}


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (Unavailable("x", "y"), Step.PORT),
        (Unavailable("x", "y", step=Step.NAME), Step.NAME),
        (Unavailable("x", "y", step=Step.PROTOCOL), Step.PROTOCOL),
    ],
)
async def test_steps_before_the_failing_one_passed_and_later_ones_were_not_reached(
    error: ConnectorError, step: Step
) -> None:
    results = await results_of(SmallConnector({"a": 1}, refuses=error))
    place = [result.step for result in results].index(step)
    assert {result.outcome for result in results[:place]} <= {StepOutcome.PASSED}
    assert results[place].outcome is StepOutcome.FAILED
    assert {result.outcome for result in results[place + 1 :]} == {StepOutcome.NOT_REACHED}


async def test_a_step_that_the_connector_does_not_list_is_still_named() -> None:
    results = await results_of(SmallConnector({"a": 1}, refuses=Refused("denied", "no")))
    assert failed(results) == [(Step.SIGN_IN, "denied")]


async def test_a_connector_that_hangs_is_given_up_at_the_first_step_not_known() -> None:
    assert failed(await results_of(SmallConnector({"a": 1}, hangs=True))) == [
        (Step.NAME, "no_answer")
    ]
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    at = ("127.0.0.1", server.sockets[0].getsockname()[1])
    results = await results_of(SmallConnector({"a": 1}, hangs=True, at=at))
    server.close()
    assert failed(results) == [(Step.PROTOCOL, "no_answer")]


async def test_name_and_port_are_tried_before_the_connector_is() -> None:
    nowhere = SmallConnector({"a": 1}, at=("no-such-host.invalid", 1))
    assert failed(await results_of(nowhere)) == [(Step.NAME, "host_not_found")]
    closed = SmallConnector({"a": 1}, at=("127.0.0.1", free_port()))
    assert failed(await results_of(closed)) == [(Step.PORT, "connection_refused")]


async def test_bad_values_are_told_as_addresses_or_values() -> None:
    no_channel, overload = BadValue("no_such_channel"), BadValue("overload")
    results = await results_of(SmallConnector({"a": no_channel, "b": overload, "c": 1}))
    found = {result.step: result.message for result in results}
    assert found[Step.REGISTER] == "a (no_such_channel)"
    assert found[Step.VALUE] == "b (overload)"


async def test_an_error_that_is_none_of_ours_is_told_as_a_fault_of_the_connector() -> None:
    results = await results_of(SmallConnector({"a": ZeroDivisionError("oops")}))
    assert failed(results) == [(Step.PROTOCOL, "connector_fault")]


async def test_a_long_list_of_bad_tags_is_cut_and_counted() -> None:
    says = {f"t{number}": BadValue("overload") for number in range(12)}
    (value,) = [r for r in await results_of(SmallConnector(says)) if r.step is Step.VALUE]
    assert value.message.endswith("and 2 more")
