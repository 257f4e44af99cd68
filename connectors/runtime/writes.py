"""Writing one tag of a running source because somebody asked: allowed, in time, once, read back.

What is refused here was never sent to the device. Once a write was sent, its answer says what is
known of it; it is never sent again.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping

import structlog

from connectors.clock import monotonic_s
from connectors.runtime.attempts import Attempts, Claim, Outcome
from connectors.runtime.source_check import as_line
from connectors.sdk.capabilities import WriteOutcome, Writing, Written
from connectors.sdk.connector import Connector
from connectors.sdk.errors import ConfigurationError, ConnectorError, Unavailable
from connectors.sdk.messages import Quality, Sample, Value
from connectors.sdk.write_rules import WriteRule

READ_TIMEOUT_S = 3.0
WRITE_TIMEOUT_S = 5.0
READ_BACK_S = 3.0
READ_BACK_PAUSE_S = 0.2
SAME_NUMBER = 1e-6
"""Largest relative difference of what was asked and what a float of the device gives back."""

Document = Mapping[str, object]

log = structlog.get_logger()


class SourceWriter:
    """Writes to the sources that run, and only what the allow-list of the plant has."""

    def __init__(
        self,
        rules: Callable[[], Mapping[str, WriteRule]],
        connector_of: Callable[[str], Connector | None],
    ) -> None:
        """Prepare.

        Args:
            rules: the allow-list in force, by SOURCE/TAG.
            connector_of: the connector of a source; None when it does not run.
        """
        self._rules = rules
        self._connector_of = connector_of
        self._attempts = Attempts()

    async def write(self, arguments: Document, claim: Claim) -> Document:
        """`{tag, value}` -> `{outcome, code, detail, before, after}`.

        Raises:
            ConnectorError: nothing was sent; the code says why.
        """
        tag, value = arguments.get("tag"), arguments.get("value")
        if not isinstance(tag, str) or not isinstance(value, bool | int | float | str):
            raise ConfigurationError("request_malformed", "`tag` and `value` are needed")
        rule = self._allowed(tag, value)
        source, _, name = tag.partition("/")
        connector = self._connector(source)
        with self._attempts.alone(tag, rule.every_s):
            before = await _read(connector, name)
            await self._attempts.begin(tag, claim)
            written = await _write_once(connector, name, value)
            outcome, after = await _read_back(connector, name, value, written)
        log.info("tag_written", tag=tag, outcome=outcome.value, reason=written.reason)
        return {
            "outcome": outcome.value,
            "code": written.reason,
            "detail": written.detail,
            "before": None if before is None else as_line(source, before),
            "after": None if after is None else as_line(source, after),
        }

    def _allowed(self, tag: str, value: Value) -> WriteRule:
        rule = self._rules().get(tag)
        if rule is None:
            detail = f"{tag} is not on the allow-list of this edge"
            raise ConfigurationError("write_not_allowed", detail, field="tag")
        problem = rule.problem(value)
        if problem is not None:
            raise ConfigurationError("write_out_of_range", problem, field="value")
        return rule

    def _connector(self, source: str) -> Writing:
        connector = self._connector_of(source)
        if connector is None:
            raise Unavailable("source_not_running", f"{source} does not run on this edge")
        if not isinstance(connector, Writing):
            detail = f"a source of {connector.source_config.protocol} cannot be written"
            raise ConfigurationError("write_not_possible", detail)
        return connector


async def _write_once(connector: Writing, name: str, value: Value) -> Written:
    try:
        async with asyncio.timeout(WRITE_TIMEOUT_S):
            return await connector.write(name, value)
    except TimeoutError:
        detail = f"no end within {WRITE_TIMEOUT_S:g} s"
        return Written(
            tag=name, outcome=WriteOutcome.UNKNOWN, reason="write_timeout", detail=detail
        )
    except ConnectorError as error:
        return Written(
            tag=name, outcome=WriteOutcome.REFUSED, reason=error.code, detail=error.detail
        )
    except Exception as error:  # whether it was sent is not known
        log.exception("write_fault", tag=name)
        detail = f"{type(error).__name__}: {error}"
        return Written(tag=name, outcome=WriteOutcome.UNKNOWN, reason="write_fault", detail=detail)


async def _read_back(
    connector: Writing, name: str, value: Value, written: Written
) -> tuple[Outcome, Sample | None]:
    """What the device shows afterwards; many take the next cycle of their program for it."""
    if written.outcome is WriteOutcome.REFUSED:
        return Outcome.REFUSED, await _read(connector, name)
    if written.outcome is WriteOutcome.UNKNOWN:
        return Outcome.UNKNOWN, await _read(connector, name)
    last_look_s = monotonic_s() + READ_BACK_S
    while True:
        after = await _read(connector, name)
        if after is not None and after.quality is Quality.GOOD and _is_same(after.value, value):
            return Outcome.CONFIRMED, after
        if monotonic_s() >= last_look_s:
            return Outcome.NOT_CONFIRMED, after
        await asyncio.sleep(READ_BACK_PAUSE_S)


async def _read(connector: Writing, name: str) -> Sample | None:
    """The tag as the device has it now; None when it cannot be asked."""
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await connector.read_back(name)
    except (TimeoutError, ConnectorError):
        return None


def _is_same(read: Value, asked: Value) -> bool:
    if isinstance(read, bool) or isinstance(asked, bool):
        return read is asked
    if isinstance(read, int | float) and isinstance(asked, int | float):
        return math.isclose(read, asked, rel_tol=SAME_NUMBER)
    return read == asked
