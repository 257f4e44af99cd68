"""What a person needs who looks for a fault of one source, as plain data without secrets."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from connectors.runtime.source_check import open_and_read
from connectors.sdk.connector import Connector
from connectors.sdk.errors import ConnectorError
from connectors.sdk.form import form_of
from connectors.sdk.messages import Reading
from connectors.sdk.redaction import redacted, scrubbed, secrets_of
from connectors.sdk.registry import installed, manifest_of
from connectors.sdk.steps import StepResult
from connectors.sdk.version import SDK_VERSION


def describe(
    connector: Connector,
    steps: Sequence[StepResult] = (),
    reading: Reading | None = None,
    error: ConnectorError | None = None,
) -> dict[str, object]:
    """Configuration, counters, what the connector knows, and what a test and a reading found.

    Args:
        connector: open or closed.
        steps: of a connection test; empty when none was made.
        reading: None when nothing was read.
        error: why nothing was read; None when nothing failed.
    """
    config = connector.source_config
    form = form_of(manifest_of(config.protocol))
    facts = {
        "sdk_version": str(SDK_VERSION),
        "python": platform.python_version(),
        "connectors": [str(each) for each in installed()],
        "source": redacted(config, form),
        "counters": connector.context.counters.as_dict(),
        "connector": dict(connector.diagnostics()),
        "steps": [
            {"step": s.step, "outcome": s.outcome, "code": s.code, "message": s.message}
            for s in steps
        ],
        "values": [
            {
                "tag": sample.tag,
                "value": sample.value,
                "quality": sample.quality.name.lower(),
                "reason": sample.reason,
            }
            for sample in (reading.samples if reading is not None else ())
        ],
        "error": None if error is None else {"code": error.code, "detail": error.detail},
    }
    found = scrubbed(facts, secrets_of(config, form))
    assert isinstance(found, dict)
    return found


async def examine(connector: Connector) -> dict[str, object]:
    """Test, open, read and close a connector that nobody else uses, and describe what was found."""
    steps = await connector.test()
    reading: Reading | None = None
    error: ConnectorError | None = None
    try:
        reading = await open_and_read(connector)
    except ConnectorError as caught:
        error = caught
    found = describe(connector, steps, reading, error)
    await connector.close()
    return found
