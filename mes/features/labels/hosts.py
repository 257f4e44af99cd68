"""Where printers may be: other machines of the plant, never this server by way of the browser."""

from __future__ import annotations

import ipaddress
import re
import socket

from mes.core.refusal import Refusal

HOST_MAX = 253
_NAME = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?"
)


def check_host(host: str, *, local: bool) -> None:
    """That a host can be a printer; names are looked at again when they are resolved.

    Args:
        local: entered on the server itself, where loopback may be meant.

    Raises:
        Refusal: `printer_host_invalid` (422).
    """
    address = _address(host)
    if len(host) > HOST_MAX or (address is None and not _NAME.fullmatch(host)):
        raise _invalid(f"{host[:60]!r} is no host name and no IP address")
    if address is None:
        if not local and host.rstrip(".").lower() == "localhost":
            raise _invalid("a printer entered in the browser cannot be this server itself")
        return
    check_address(address, local=local)


def check_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address, *, local: bool) -> None:
    """That an address can be a printer.

    Raises:
        Refusal: `printer_host_invalid` (422).
    """
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_loopback and local:
        return
    if plain.is_loopback or plain.is_unspecified:
        raise _invalid("a printer entered in the browser cannot be this server itself")
    if plain.is_multicast or plain.is_link_local or plain.is_reserved:
        raise _invalid(f"{address} is no address of a single machine in a plant")


def resolve(host: str, port: int, *, local: bool) -> tuple[str, int]:
    """The address to connect to; every address of the name must be allowed.

    Raises:
        OSError: the name is not known.
        Refusal: `printer_host_invalid` (422).
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for entry in found:
        check_address(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]), local=local)
    return str(found[0][4][0]), port


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _invalid(message: str) -> Refusal:
    return Refusal("printer_host_invalid", message, status=422, field="host")
