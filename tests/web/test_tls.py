"""Under TLS cookies are bound to the host and to TLS; without it they are not."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.web.serving import PASSWORD, add_people, csrf_token, serve


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, secret


def test_under_tls_every_cookie_is_secure_and_bound_to_the_host(
    tmp_path: Path, sqlite_template: Path
) -> None:
    certificate, secret = write_certificate(tmp_path)
    with serve(
        tmp_path / "data",
        sqlite_template,
        tls=ssl.create_default_context(cafile=str(certificate)),
        MES_TLS_CERTIFICATE=str(certificate),
        MES_TLS_KEY=str(secret),
    ) as served:
        add_people(served.database)
        with served.client() as client:
            token = csrf_token(client)
            form = {"login": "boss", "password": PASSWORD, "csrf_token": token}
            answer = client.post("/sign-in", data=form, headers={"Referer": served.url})
            assert answer.status_code == 303, answer.text
            cookies = answer.headers.get_list("set-cookie")
            assert len(cookies) >= 1
            for cookie in cookies:
                assert cookie.startswith("__Host-"), cookie
                assert "Secure" in cookie
                assert "Path=/" in cookie
                assert "Domain" not in cookie
            assert answer.headers["strict-transport-security"].startswith("max-age=")
            assert client.get("/orders").status_code == 200


def test_forwarding_headers_count_only_behind_a_proxy_of_our_own(
    tmp_path: Path, sqlite_template: Path
) -> None:
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    with serve(tmp_path / "plain", sqlite_template) as served, served.client() as client:
        answer = client.get("/orders", headers=forged)
        assert "evil.example" not in str(answer.headers)
        assert "strict-transport-security" not in answer.headers
    with (
        serve(tmp_path / "proxied", sqlite_template, MES_TLS_PROXY="true") as served,
        served.client() as client,
    ):
        answer = client.get("/sign-in", headers=forged)
        assert all(cookie.startswith("__Host-") for cookie in answer.headers.get_list("set-cookie"))
        assert answer.headers["strict-transport-security"]
