"""The application certificate of this edge: made when missing, renewed before it expires.

The fields are those that OPC 10000-6, 6.2.2 asks of an application instance certificate. The
private key lies in a file that only its owner may read.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from connectors.opcua.trust import fingerprint_of

KEY_BITS = 2048
VALID_DAYS = 5 * 365
RENEW_DAYS = 30
BACKDATED = timedelta(days=1)
"""Many controllers have a clock that is behind; they would refuse a certificate of tomorrow."""

_making = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A certificate with its key.

    Attributes:
        certificate: DER.
        key: PEM, unencrypted.
        uri: application URI, the same as in the certificate.
    """

    certificate: bytes
    key: bytes
    uri: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hexadecimal."""
        return fingerprint_of(self.certificate)


def application_uri() -> str:
    """The name by which this edge is known to servers."""
    return f"urn:{socket.gethostname()}:pilot-mes:edge"


def own_identities(folder: Path | None, now_us: int) -> list[Identity]:
    """The certificates to introduce ourselves with, the newest first.

    The one before stays usable until it expires, as a server may not trust the new one yet.

    Args:
        folder: where the edge keeps its keys; None makes one for this time only.
        now_us: real time, UTC microseconds.

    Raises:
        OSError: the folder cannot be written.
    """
    if folder is None:
        return [_make(application_uri(), now_us)]
    with _making:
        found = _load(folder / "certificate.der", folder / "key.pem")
        if found is None or _is_due(found, now_us):
            if found is not None:
                _store(folder, found, "previous-")
            found = _make(application_uri(), now_us)
            _store(folder, found, "")
        before = _load(folder / "previous-certificate.der", folder / "previous-key.pem")
    return [found] if before is None or _days_left(before, now_us) <= 0 else [found, before]


def _load(certificate: Path, key: Path) -> Identity | None:
    try:
        der, pem = certificate.read_bytes(), key.read_bytes()
        parsed = x509.load_der_x509_certificate(der)
        private = serialization.load_pem_private_key(pem, None)
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    except (FileNotFoundError, ValueError, TypeError, x509.ExtensionNotFound):
        return None
    if private.public_key() != parsed.public_key() or not uris:
        return None
    return Identity(certificate=der, key=pem, uri=uris[0])


def _is_due(identity: Identity, now_us: int) -> bool:
    return _days_left(identity, now_us) < RENEW_DAYS or identity.uri != application_uri()


def _days_left(identity: Identity, now_us: int) -> float:
    end = x509.load_der_x509_certificate(identity.certificate).not_valid_after_utc
    return (end.timestamp() - now_us / 1e6) / 86_400


def _store(folder: Path, identity: Identity, prefix: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(folder / f"{prefix}key.pem", identity.key)
    _write(folder / f"{prefix}certificate.der", identity.certificate)


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)  # one that was left behind may be open to others
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _make(uri: str, now_us: int) -> Identity:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    host = socket.gethostname()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"pilot-mes edge {host}"[:64])])
    now = datetime.fromtimestamp(now_us / 1e6, UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_cert_sign=True,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(_names(uri, host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    return Identity(
        certificate=certificate.public_bytes(serialization.Encoding.DER),
        key=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        uri=uri,
    )


def _names(uri: str, host: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri), x509.DNSName(host)]
    return names + [x509.IPAddress(address) for address in _addresses(host)]


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses that other machines may know this one by."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return []
    addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in sorted(found)]
    return [each for each in addresses if not each.is_link_local]
