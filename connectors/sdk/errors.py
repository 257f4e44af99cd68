"""Errors that a connector raises; the runner decides what follows from each class."""

from __future__ import annotations

from connectors.sdk.messages import Counters, ErrorClass
from connectors.sdk.steps import Step


class ConnectorError(Exception):
    """Base of all expected errors of a connector.

    Attributes:
        code: stable identifier shown as the reason of a link or a bad value.
        detail: a sentence for people; never contains a secret.
        step: the step from name to value that failed.
        error_class: how it is counted.
        is_counted: whether it has been counted already.
    """

    step = Step.PROTOCOL
    error_class = ErrorClass.TRANSPORT

    def __init__(self, code: str, detail: str, *, step: Step | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.is_counted = False
        if step is not None:
            self.step = step


class Unavailable(ConnectorError):
    """The device or server cannot be reached; try again soon (transport fault)."""

    step = Step.PORT


class SilentUnit(Unavailable):
    """The link stands but the asked unit does not answer; other units are not touched."""

    step = Step.UNIT
    error_class = ErrorClass.SILENT_UNIT


class Busy(ConnectorError):
    """The device answers that it is busy; the same link, a short wait."""

    error_class = ErrorClass.BUSY


class Refused(ConnectorError):
    """The other side refuses us (certificate, identity, rights); try again slowly."""

    step = Step.SIGN_IN
    error_class = ErrorClass.REFUSED


class ConfigurationError(ConnectorError):
    """The configuration cannot work; only a person can change that.

    Attributes:
        field: path of the offending field, None when it is not about one field.
    """

    step = Step.CONFIGURATION
    error_class = ErrorClass.CONFIGURATION

    def __init__(self, code: str, detail: str, *, field: str | None = None) -> None:
        super().__init__(code, detail)
        self.field = field


def count_error(counters: Counters, error: ConnectorError) -> None:
    """Count an error under its class, once, however many levels see it."""
    if not error.is_counted:
        error.is_counted = True
        counters.count_error(error.error_class)
