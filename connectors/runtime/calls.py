"""Calling one method of a running source because somebody asked: allowed, in time, once.

What is refused here was never sent to the device. Once a call was sent, its answer says what is
known of it; it is never sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog
from pydantic import ValidationError

from connectors.runtime.attempts import Attempts, Claim, Outcome
from connectors.sdk.call_rules import CallRule, MethodAddress
from connectors.sdk.capabilities import Argument, Called, Calling, WriteOutcome
from connectors.sdk.connector import Connector
from connectors.sdk.errors import ConfigurationError, ConnectorError, Unavailable
from connectors.sdk.messages import Value
from connectors.sdk.registry import manifest_of

GRACE_S = 4.0
"""Real seconds beyond the time of the method: to find it before, and to ask for its state after."""
STATE_TIMEOUT_S = 5.0
RESULT_NOT_EXPECTED = "call_result_not_expected"

Document = Mapping[str, object]

log = structlog.get_logger()


class SourceCaller:
    """Calls methods of the sources that run, and only what the allow-list of the plant has."""

    def __init__(
        self,
        rules: Callable[[], Mapping[str, CallRule]],
        connector_of: Callable[[str], Connector | None],
    ) -> None:
        """Prepare.

        Args:
            rules: the allow-list in force, by SOURCE/NAME.
            connector_of: the connector of a source; None when it does not run.
        """
        self._rules = rules
        self._connector_of = connector_of
        self._attempts = Attempts()

    async def call(self, arguments: Document, claim: Claim) -> Document:
        """`{call, arguments}` -> `{outcome, code, detail, before, after}`; `before` is null.

        `after` has `results` of the method, and `state` when the device says what became of it.

        Raises:
            ConnectorError: nothing was sent; the code says why.
        """
        rule, given, connector, address = self._allowed(arguments)
        with self._attempts.alone(rule.call, rule.every_s):
            await self._attempts.begin(rule.call, claim)
            called = await _call_once(connector, rule, address, given)
        outcome, reason, detail = _judged(rule, called)
        log.info("method_called", call=rule.call, outcome=outcome.value, reason=reason)
        return {
            "outcome": outcome.value,
            "code": reason,
            "detail": detail,
            "before": None,
            "after": {"results": list(called.results), "state": called.state},
        }

    async def state(self, arguments: Document) -> Document:
        """`{call, arguments}` -> `{state}`: what the device says now of such a call; only reads.

        Raises:
            ConnectorError: the code says why it cannot be asked.
        """
        _, given, connector, address = self._allowed(arguments)
        try:
            async with asyncio.timeout(STATE_TIMEOUT_S):
                state = await connector.call_state(address, given)
        except TimeoutError as error:
            raise Unavailable("no_answer", f"no end within {STATE_TIMEOUT_S:g} s") from error
        return {"state": None if state is None else dict(state)}

    def _allowed(
        self, arguments: Document
    ) -> tuple[CallRule, Sequence[Argument], Calling, MethodAddress]:
        call, given = arguments.get("call"), arguments.get("arguments")
        if not isinstance(call, str) or not isinstance(given, dict):
            raise ConfigurationError("request_malformed", "`call` and `arguments` are needed")
        rule = self._rules().get(call)
        if rule is None:
            detail = f"{call} is not on the allow-list of this edge"
            raise ConfigurationError("call_not_allowed", detail, field="call")
        for name, problem in rule.problems(given):
            raise ConfigurationError("call_out_of_range", problem, field=f"arguments.{name}")
        connector = self._connector(call.partition("/")[0])
        return rule, _arguments(rule, given), connector, _address(connector, rule)

    def _connector(self, source: str) -> Calling:
        connector = self._connector_of(source)
        if connector is None:
            raise Unavailable("source_not_running", f"{source} does not run on this edge")
        if not isinstance(connector, Calling):
            detail = f"a source of {connector.source_config.protocol} has no methods to call"
            raise ConfigurationError("call_not_possible", detail)
        return connector


def _arguments(rule: CallRule, given: Mapping[str, Value]) -> Sequence[Argument]:
    return [
        Argument(name=each.name, type=each.type, value=given[each.name]) for each in rule.arguments
    ]


def _address(connector: Calling, rule: CallRule) -> MethodAddress:
    assert isinstance(connector, Connector)
    model = manifest_of(connector.source_config.protocol).method_model()
    try:
        return model.model_validate(rule.address)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ConfigurationError(first["type"], first["msg"], field="address") from error


async def _call_once(
    connector: Calling, rule: CallRule, address: MethodAddress, arguments: Sequence[Argument]
) -> Called:
    try:
        async with asyncio.timeout(rule.timeout_s + GRACE_S):
            return await connector.call(address, arguments, rule.timeout_s)
    except TimeoutError:
        detail = f"no end within {rule.timeout_s + GRACE_S:g} s"
        return Called(outcome=WriteOutcome.UNKNOWN, reason="call_timeout", detail=detail)
    except ConnectorError as error:
        return Called(outcome=WriteOutcome.REFUSED, reason=error.code, detail=error.detail)
    except Exception as error:  # whether it was sent is not known
        log.exception("call_fault", call=rule.call)
        detail = f"{type(error).__name__}: {error}"
        return Called(outcome=WriteOutcome.UNKNOWN, reason="call_fault", detail=detail)


def _judged(rule: CallRule, called: Called) -> tuple[Outcome, str | None, str | None]:
    """A device that answers is believed, unless its result is none that means success."""
    if called.outcome is not WriteOutcome.ACCEPTED:
        outcome = Outcome.UNKNOWN if called.outcome is WriteOutcome.UNKNOWN else Outcome.REFUSED
        return outcome, called.reason, called.detail
    if rule.returns is None or rule.returns.holds(called.results):
        return Outcome.CONFIRMED, None, None
    results = ", ".join(map(str, called.results)) or "nothing"
    detail = f"the device answered {results}; that is not what `returns` expects"
    return Outcome.NOT_CONFIRMED, RESULT_NOT_EXPECTED, detail
