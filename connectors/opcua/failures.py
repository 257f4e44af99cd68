"""The error families of asyncua, turned into ours: each with the step that failed."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import TracebackType

from asyncua import ua
from asyncua.crypto import uacrypto
from cryptography.exceptions import InvalidSignature

from connectors.sdk.errors import ConnectorError, Refused, Unavailable
from connectors.sdk.steps import Step

SIGN_IN_REFUSALS = ("BadIdentity", "BadUserAccess", "BadUserSignature", "BadNoValidCertificates")
CERTIFICATE_REFUSALS = (
    "BadSecurity",
    "BadCertificate",
    "BadNonceInvalid",
    "BadApplicationSignature",
)
TLS_ALERT = b"\x15\x03"
"""Record type and major version with which TLS answers what is none (RFC 8446, 5.1)."""
_SIGNATURE_ERRORS = (InvalidSignature, uacrypto.InvalidSignature)


def status_name(status: int) -> str:
    """The name of a status code, such as `BadNodeIdUnknown`, without its information bits."""
    return str(ua.StatusCode(ua.UInt32(status & 0xFFFF0000)).name)


class Failing:
    """Turns what a request raises into our errors; `step` says how far we had come."""

    def __init__(self, endpoint: str, step: Step = Step.PROTOCOL) -> None:
        self.endpoint = endpoint
        self.step = step
        self._begins_like_tls: bool | None = None

    def hearing(self, receive: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """The same way of taking bytes; how the first ones begin says who answers."""

        def data_received(data: bytes) -> None:
            if self._begins_like_tls is None:
                self._begins_like_tls = data.startswith(TLS_ALERT)
            receive(data)

        return data_received

    def __enter__(self) -> Failing:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, ConnectorError):
            return
        translated = self.translated(error)
        if translated is not None:
            raise translated from error

    def translated(self, error: BaseException) -> ConnectorError | None:
        """Our error; None for what is no failure of a connection, such as a cancellation."""
        if isinstance(error, socket.gaierror | UnicodeError):
            detail = f"the host name in {self.endpoint} is not known"
            return Unavailable("host_not_found", detail, step=Step.NAME)
        if isinstance(error, ConnectionRefusedError):
            return Unavailable("connection_refused", f"{self.endpoint} refuses connections")
        if isinstance(error, TimeoutError):
            return self._no_answer()
        if isinstance(error, ua.UaStatusCodeError):
            return self._status(status_name(error.code))
        if isinstance(error, _SIGNATURE_ERRORS):
            detail = f"{self.endpoint} cannot prove that its certificate is its own"
            return Refused("server_signature_wrong", detail, step=Step.CERTIFICATE)
        if isinstance(error, AssertionError) and self.step is Step.CERTIFICATE:
            # asyncua logs the status of a refused channel, and then stumbles over its absence.
            return self._status("BadSecurityChecksFailed")
        if isinstance(error, OSError | ua.UaError | ValueError):
            return self._broken(error)
        return None

    def _no_answer(self) -> ConnectorError:
        if self.step is Step.PORT:
            detail = f"{self.endpoint} does not accept a connection in time"
            return Unavailable("connect_timeout", detail, step=Step.PORT)
        detail = f"{self.endpoint} did not answer in time"
        return Unavailable("no_reply", detail, step=Step.PROTOCOL)

    def _status(self, name: str) -> ConnectorError:
        of_user = self.step is Step.SIGN_IN and name.startswith("BadCertificate")
        if of_user or name.startswith(SIGN_IN_REFUSALS):
            detail = f"{self.endpoint} does not let this user in ({name})"
            return Refused("sign_in_refused", detail, step=Step.SIGN_IN)
        if name.startswith(CERTIFICATE_REFUSALS):
            detail = f"{self.endpoint} answered {name}"
            return Refused(name, detail, step=Step.CERTIFICATE)
        return Unavailable(name, f"{self.endpoint} answered {name}", step=self.step)

    def _broken(self, error: BaseException) -> ConnectorError:
        if self.step is Step.PORT and isinstance(error, OSError):
            detail = f"{self.endpoint} cannot be reached: {error}"
            return Unavailable("connect_failed", detail, step=Step.PORT)
        if self.step is Step.PROTOCOL and self._begins_like_tls:
            detail = f"{self.endpoint} wants TLS, which opc.tcp does not speak; is it the port?"
            return Unavailable("tls_expected", detail, step=Step.PROTOCOL)
        if self.step is Step.PROTOCOL:
            detail = f"{self.endpoint} does not answer as an OPC UA server"
            return Unavailable("protocol_error", detail, step=Step.PROTOCOL)
        detail = f"no connection to {self.endpoint}: {error or type(error).__name__}"
        return Unavailable("connection_lost", detail, step=self.step)
