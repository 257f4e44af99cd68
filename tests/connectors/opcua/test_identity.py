"""The application certificate of the edge and the approvals of server certificates."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from connectors.clock import real_now_us
from connectors.opcua.commands import certificates_command, trust_command
from connectors.opcua.identity import RENEW_DAYS, VALID_DAYS, application_uri, own_identities
from connectors.opcua.trust import CertificateNotSeen, Trust, TrustList, fingerprint_of

NOW = real_now_us()
DAY_US = 86_400 * 1_000_000


def test_the_certificate_names_this_edge_and_its_key_is_for_the_owner_alone(
    tmp_path: Path,
) -> None:
    (own,) = own_identities(tmp_path / "own", NOW)
    certificate = x509.load_der_x509_certificate(own.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [application_uri()]
    assert names.get_values_for_type(x509.DNSName) == [socket.gethostname()]
    assert own.uri == application_uri()
    key = serialization.load_pem_private_key(own.key, None)
    assert key.public_key() == certificate.public_key()
    assert (tmp_path / "own" / "key.pem").stat().st_mode & 0o077 == 0
    assert own_identities(tmp_path / "own", NOW) == [own]


def test_a_key_file_that_was_left_behind_open_to_others_is_not_used(tmp_path: Path) -> None:
    left = tmp_path / "key.pem.part"
    left.write_bytes(b"")
    left.chmod(0o666)
    own_identities(tmp_path, NOW)
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


def test_it_is_renewed_a_month_before_it_expires_and_the_old_one_stays_until_then(
    tmp_path: Path,
) -> None:
    (first,) = own_identities(tmp_path, NOW)
    almost = NOW + (VALID_DAYS - RENEW_DAYS + 1) * DAY_US
    second, before = own_identities(tmp_path, almost)
    assert before == first
    assert second.fingerprint != first.fingerprint
    assert own_identities(tmp_path, almost) == [second, first]
    assert own_identities(tmp_path, almost + RENEW_DAYS * DAY_US) == [second]


def test_a_key_that_does_not_fit_is_replaced_with_its_certificate(tmp_path: Path) -> None:
    (first,) = own_identities(tmp_path / "a", NOW)
    (other,) = own_identities(tmp_path / "b", NOW)
    (tmp_path / "a" / "key.pem").write_bytes(other.key)
    (again,) = own_identities(tmp_path / "a", NOW)
    assert again.fingerprint not in (first.fingerprint, other.fingerprint)


def test_without_a_folder_a_certificate_serves_for_this_time_only() -> None:
    (one,) = own_identities(None, NOW)
    (other,) = own_identities(None, NOW)
    assert one.fingerprint != other.fingerprint


def certificates(count: int) -> list[bytes]:
    """Some bytes that stand for certificates; the list does not read them."""
    return [f"certificate {n}".encode() for n in range(count)]


def test_an_approval_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    first, second = certificates(2)
    trust = TrustList(tmp_path, "cnc", ())
    assert trust.judge(first) is Trust.UNKNOWN
    for der in (first, second):
        trust.remember_refused(der)
    trust.approve(fingerprint_of(first))
    assert (trust.judge(first), trust.judge(second)) == (Trust.APPROVED, Trust.CHANGED)
    trust.approve(fingerprint_of(second))
    assert (trust.judge(first), trust.judge(second)) == (Trust.CHANGED, Trust.APPROVED)
    with pytest.raises(CertificateNotSeen):
        trust.approve(fingerprint_of(first))


def test_only_a_fingerprint_is_looked_for_among_the_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "other.der"
    elsewhere.write_bytes(b"a file that is no one's certificate")
    trust = TrustList(tmp_path, "cnc", ())
    trust.remember_refused(b"certificate")
    with pytest.raises(CertificateNotSeen):
        trust.approve("../../../other")
    assert elsewhere.exists()


def test_only_the_newest_refused_certificates_are_kept(tmp_path: Path) -> None:
    trust = TrustList(tmp_path, "cnc", ())
    for der in certificates(30):
        trust.remember_refused(der)
    assert len(trust.known()) == 10


def test_the_commands_list_and_approve_by_fingerprint(tmp_path: Path) -> None:
    (own,) = own_identities(None, NOW)
    TrustList(tmp_path, "cnc", ()).remember_refused(own.certificate)
    run = CliRunner()
    listed = run.invoke(certificates_command, ["--data", str(tmp_path)])
    assert own.fingerprint in listed.output
    assert "waiting" in listed.output
    written = ":".join(own.fingerprint.upper()[n : n + 2] for n in range(0, 64, 2))
    approved = run.invoke(trust_command, ["--data", str(tmp_path), "cnc", written])
    assert approved.exit_code == 0, approved.output
    assert TrustList(tmp_path, "cnc", ()).judge(own.certificate) is Trust.APPROVED
    for wrong in (["cnc", "00" * 32], ["press", own.fingerprint], ["../cnc", own.fingerprint]):
        refused = run.invoke(trust_command, ["--data", str(tmp_path), *wrong])
        assert refused.exit_code == 1
        assert "certificate_not_seen" in refused.output
