"""`mes source certificates`, `trust` and `machines`: what only OPC UA servers have."""

from __future__ import annotations

import asyncio
import json
from io import StringIO
from pathlib import Path

import click
from ruamel.yaml import YAML

from connectors.clock import real_now_us
from connectors.opcua.config import OpcuaSource
from connectors.opcua.trust import (
    CertificateNotSeen,
    KnownCertificate,
    TrustList,
    normal_fingerprint,
    sources_with_certificates,
)
from connectors.runtime.plant_source import find_source
from connectors.sdk.errors import ConfigurationError, ConnectorError

EDGE_DATA = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Data directory of the edge.",
)


@click.command("certificates")
@EDGE_DATA
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def certificates_command(data: Path, as_json: bool) -> None:
    """List the server certificates that an edge has seen, approved or not."""
    for source in sources_with_certificates(data):
        for known in TrustList(data, source, ()).known():
            click.echo(json.dumps(_fields(known)) if as_json else _line(known))


@click.command("trust")
@EDGE_DATA
@click.argument("source")
@click.argument("fingerprint")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
def trust_command(data: Path, source: str, fingerprint: str, as_json: bool) -> None:
    """Approve the certificate that the server of SOURCE has shown, by its SHA-256 FINGERPRINT.

    It takes the place of the one that was approved before; the edge goes on by itself.
    """
    if source not in sources_with_certificates(data):
        raise click.ClickException(
            f"certificate_not_seen: no server of {source!r} has shown a certificate to this edge"
        )
    wanted = normal_fingerprint(fingerprint)
    try:
        TrustList(data, source, ()).approve(wanted)
    except CertificateNotSeen as error:
        raise click.ClickException(
            f"certificate_not_seen: {source} has shown no certificate {wanted}; "
            "`mes source certificates` lists them"
        ) from error
    told = {"source": source, "fingerprint": wanted, "trusted": True}
    click.echo(json.dumps(told) if as_json else f"{source} trusts {wanted}")


@click.command("machines")
@click.argument("plant", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("source")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data directory of the edge, with its keys and approved certificates.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def machines_command(plant: Path, source: str, data: Path | None, as_json: bool) -> None:
    """Find machines that follow a companion specification on the server of SOURCE of PLANT.

    Prints tags and signals to be copied into the plant file.
    """
    try:
        config = find_source(plant, source)
        if not isinstance(config, OpcuaSource):
            detail = f"{source} is a source of {config.protocol}, not of opcua"
            raise ConfigurationError("browse_not_possible", detail)
        machines = asyncio.run(_machines(config, data))
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error
    if as_json:
        for machine in machines:
            click.echo(json.dumps(machine, ensure_ascii=False))
        return
    text = StringIO()
    YAML().dump(machines, text)
    click.echo(text.getvalue(), nl=False)


async def _machines(config: OpcuaSource, folder: Path | None) -> list[dict[str, object]]:
    # The protocol library is loaded only by this command.
    from connectors.opcua.companion.discovery import instances
    from connectors.opcua.session import OpcuaSession

    session = await OpcuaSession.open(config, folder, real_now_us)
    try:
        return [
            {
                "machine": each.prefix,
                "specification": each.model.title,
                "tags": each.tags(),
                "signals": dict(each.signals(config.id)),
            }
            for each in await instances(session)
        ]
    finally:
        await session.close()


def _fields(known: KnownCertificate) -> dict[str, object]:
    subject, valid_until = _described(known.der)
    return {
        "source": known.source,
        "fingerprint": known.fingerprint,
        "trusted": known.trusted,
        "subject": subject,
        "valid_until": valid_until,
    }


def _line(known: KnownCertificate) -> str:
    subject, valid_until = _described(known.der)
    mark = "trusted" if known.trusted else "waiting"
    return f"{known.source}  {mark}  {known.fingerprint}  {subject}  until {valid_until}"


def _described(der: bytes) -> tuple[str, str]:
    from cryptography import x509  # loaded only when there is a certificate to show

    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        return "unreadable", "?"
    return certificate.subject.rfc4514_string(), f"{certificate.not_valid_after_utc:%Y-%m-%d}"


COMMANDS = {
    "certificates": certificates_command,
    "trust": trust_command,
    "machines": machines_command,
}
"""What joins `mes source`."""
