"""Which addresses the server may listen on. Needs nothing but the standard library."""

from __future__ import annotations

import ipaddress

from mes.core.refusal import Refusal


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this box alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_host(host: str, *, plain_http: bool, tls: bool) -> None:
    """Refuse to speak plain HTTP to other boxes unless it was asked for by name.

    Raises:
        Refusal: `plain_http_refused`.
    """
    if is_loopback(host) or tls or plain_http:
        return
    raise Refusal(
        "plain_http_refused",
        f"passwords would cross the network readable on {host}: give --tls-certificate and "
        "--tls-key, listen on 127.0.0.1, or say --plain-http",
        status=400,
    )


def safe_next(address: str | None) -> str:
    """A path on this server to go back to; anything else becomes the overview."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    return "/" if any(character in address for character in "\r\n\t\\") else address
