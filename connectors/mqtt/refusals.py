"""What went wrong on the way to a broker, in the classes that the runner knows."""

from __future__ import annotations

import socket
import ssl

from paho.mqtt.reasoncodes import ReasonCode

from connectors.sdk.errors import ConnectorError, Refused, Unavailable
from connectors.sdk.steps import Step

# Reason codes of MQTT 5 (section 2.4); the library gives those of 3.1.1 the same names.
_SIGN_IN = (
    "Bad user name or password",
    "Not authorized",
    "Bad authentication method",
    "Banned",
)
_LATER = ("Server unavailable", "Server busy", "Quota exceeded", "Use another server")


def refused(reason: ReasonCode, name: str) -> ConnectorError:
    """The broker answered the sign-in with a refusal."""
    words = reason.getName()
    detail = f"{name} answers: {words}"
    if words in _SIGN_IN:
        return Refused("sign_in_refused", detail)
    if words in _LATER:
        return Unavailable("server_busy", detail, step=Step.PROTOCOL)
    return Refused("connection_not_accepted", detail, step=Step.PROTOCOL)


def not_reached(error: OSError | ValueError, name: str, *, with_tls: bool) -> ConnectorError:
    """No connection came about; an error of TLS is an `OSError` too."""
    if isinstance(error, ssl.SSLCertVerificationError):
        detail = f"the certificate of {name} is not trusted: {error.verify_message}"
        return Refused("certificate_not_trusted", detail, step=Step.CERTIFICATE)
    cut_off = with_tls and isinstance(error, ConnectionResetError | BrokenPipeError)
    if isinstance(error, ssl.SSLError) or cut_off:
        words = getattr(error, "reason", None) or type(error).__name__
        detail = f"{name} does not speak TLS as we do: {words}"
        return Refused("tls_failed", detail, step=Step.CERTIFICATE)
    if isinstance(error, socket.gaierror | UnicodeError):
        detail = f"the host name in {name} is not known"
        return Unavailable("host_not_found", detail, step=Step.NAME)
    if isinstance(error, ConnectionRefusedError):
        return Unavailable("connection_refused", f"{name} refuses connections")
    if isinstance(error, TimeoutError):
        return Unavailable("connect_timeout", f"{name} did not answer in time")
    if isinstance(error, OSError):
        words = error.strerror or type(error).__name__
        return Unavailable("connect_failed", f"no connection to {name}: {words}")
    return Unavailable("connect_failed", f"no connection to {name}: {error}")
