"""The way into a server: name, port, protocol, certificates, sign-in, each failing with its step.

A client object is never used twice: asyncua's own reconnection loses monitored items when the
namespace order changes, and never survives a new certificate.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from asyncua import Client, ua
from asyncua.crypto import security_policies, uacrypto
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.clock import real_now_us
from connectors.opcua.config import OpcuaSource, Security, SecurityMode, SecurityPolicy, SignIn
from connectors.opcua.failures import Failing
from connectors.opcua.identity import Identity, own_identities
from connectors.opcua.traffic import Traffic
from connectors.opcua.trust import FOLDER, Trust, TrustList, fingerprint_of
from connectors.sdk.config import read_secret
from connectors.sdk.errors import ConfigurationError, Refused
from connectors.sdk.steps import Step

STEP_TIMEOUT_S = 2.4
SESSION_TIMEOUT_MS = 15_000
"""A lost session occupies one of the few that a small controller has until this time is over."""
WATCHDOG_S = 4.0
LEAST_KEY_BITS = 2048
CLOSE_S = 0.6

_POLICIES: dict[SecurityPolicy, type[security_policies.SecurityPolicy]] = {
    SecurityPolicy.NONE: security_policies.SecurityPolicyNone,
    SecurityPolicy.BASIC256SHA256: security_policies.SecurityPolicyBasic256Sha256,
    SecurityPolicy.AES128_SHA256_RSAOAEP: security_policies.SecurityPolicyAes128Sha256RsaOaep,
    SecurityPolicy.AES256_SHA256_RSAPSS: security_policies.SecurityPolicyAes256Sha256RsaPss,
}
_MODES = {
    SecurityMode.NONE: ua.MessageSecurityMode.None_,
    SecurityMode.SIGN: ua.MessageSecurityMode.Sign,
    SecurityMode.SIGN_AND_ENCRYPT: ua.MessageSecurityMode.SignAndEncrypt,
}
_POLICY_NAMES = {policy.URI: name.value for name, policy in _POLICIES.items()}
_MODE_NAMES = {mode: name.value for name, mode in _MODES.items()}

# Every failure is raised and reported by us; asyncua would log a stack trace beside it.
logging.getLogger("asyncua").setLevel(logging.ERROR)
logging.getLogger("asyncua.client").setLevel(logging.CRITICAL + 1)


class ServerClient(Client):
    """A client that knows how far it has come, so that a failure can be named."""

    def __init__(self, config: OpcuaSource, traffic: Traffic) -> None:
        timeout_s = config.timeout_ms / 1000
        super().__init__(
            config.endpoint,
            timeout=min(timeout_s, STEP_TIMEOUT_S),
            watchdog_intervall=WATCHDOG_S,
            auto_reconnect=False,
        )
        self.failing = Failing(config.endpoint, Step.PORT)
        self.name = self.description = "pilot-mes edge"
        self.session_timeout = SESSION_TIMEOUT_MS
        self._answer_timeout_s = timeout_s
        self._traffic = traffic

    async def connect_socket(self) -> None:
        """Reach the port."""
        self.failing.step = Step.PORT
        await super().connect_socket()
        protocol = self.uaclient.protocol
        if protocol is not None:
            # The library's own observer tells no sizes and misses our publish requests.
            protocol.send_request = self._traffic.watched(protocol.send_request)  # type: ignore[method-assign]
            protocol.data_received = self.failing.hearing(protocol.data_received)  # type: ignore[method-assign, assignment]

    async def send_hello(self) -> None:
        """See whether the other side speaks OPC UA."""
        self.failing.step = Step.PROTOCOL
        await super().send_hello()

    async def open_secure_channel(self, renew: bool = False) -> None:
        """Agree on keys."""
        if not renew:
            self.failing.step = Step.CERTIFICATE
        await super().open_secure_channel(renew)

    async def activate_session(
        self,
        username: str | None = None,
        password: str | None = None,
        certificate: x509.Certificate | None = None,
    ) -> ua.ActivateSessionResult:
        """Sign in."""
        self.failing.step = Step.SIGN_IN
        if username is not None and password is not None:
            self._keep_password_secret()
        result = await super().activate_session(username, password, certificate)
        self.failing.step = Step.REGISTER
        if self.uaclient.protocol is not None:
            self.uaclient.protocol.timeout = self._answer_timeout_s
        return result

    def _keep_password_secret(self) -> None:
        """A signed channel is not encrypted, and a server may ask for the password as it is."""
        if self.security_policy.Mode != ua.MessageSecurityMode.Sign:
            return
        asked = self.server_policy(ua.UserTokenType.UserName).SecurityPolicyUri
        if not asked or asked == security_policies.SecurityPolicyNone.URI:
            detail = (
                f"{self.failing.endpoint} asks for the password in plain text over a channel that "
                "is only signed; use mode sign_and_encrypt"
            )
            raise Refused("password_in_plain_text", detail, step=Step.SIGN_IN)

    async def end(self) -> None:
        """Say good-bye within `CLOSE_S`, else just close the socket."""
        self.connection_lost_callback = None
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.disconnect()
        except (TimeoutError, OSError, ua.UaError, RuntimeError):
            pass
        finally:
            self.disconnect_socket()


async def connected(
    config: OpcuaSource, folder: Path | None, traffic: Traffic | None = None
) -> ServerClient:
    """A client whose session is open.

    Args:
        folder: the edge's folder with its keys and approvals; None keeps nothing.
        traffic: told of every request; None tells nobody.

    Raises:
        Unavailable: name, port or protocol failed.
        Refused: certificate or sign-in failed.
        ConfigurationError: a secret cannot be read.
    """
    security = config.security
    assert security is not None
    traffic = Traffic() if traffic is None else traffic
    if security.policy is SecurityPolicy.NONE:
        return await _attempt(config, security, traffic, None, None)
    certificate = await _server_certificate(config, security, traffic)
    trust = TrustList(folder, config.id, security.trusted)
    await asyncio.to_thread(_check, certificate, config, security, trust)
    own = folder / FOLDER / "own" if folder is not None else None
    return await _introduced(config, security, traffic, certificate, await _identities(own))


async def _identities(own: Path | None) -> Sequence[Identity]:
    try:
        return await asyncio.to_thread(own_identities, own, real_now_us())
    except OSError as error:
        detail = f"the key of this edge cannot be kept: {error.strerror}"
        raise ConfigurationError("certificate_not_writable", detail, field="security") from error


async def _introduced(
    config: OpcuaSource,
    security: Security,
    traffic: Traffic,
    certificate: bytes,
    identities: Sequence[Identity],
) -> ServerClient:
    """Try our certificates, the newest first: a server may still know only the one before."""
    *newer, last = identities
    for identity in newer:
        try:
            return await _attempt(config, security, traffic, certificate, identity)
        except Refused as error:
            if error.step is not Step.CERTIFICATE:
                raise
    return await _attempt(config, security, traffic, certificate, last)


async def _server_certificate(config: OpcuaSource, security: Security, traffic: Traffic) -> bytes:
    """What the server shows for the wanted policy and mode, over an open channel."""
    client = ServerClient(config, traffic)
    with client.failing:
        endpoints = await client.connect_and_get_server_endpoints()
    wanted = (_POLICIES[security.policy].URI, _MODES[security.mode])
    for each in endpoints:
        if (each.SecurityPolicyUri, each.SecurityMode) == wanted and each.ServerCertificate:
            return _first_of_chain(each.ServerCertificate)
    raise Refused("security_not_offered", _offers(config, endpoints), step=Step.CERTIFICATE)


def _offers(config: OpcuaSource, endpoints: Iterable[ua.EndpointDescription]) -> str:
    offers = {
        f"{_POLICY_NAMES.get(each.SecurityPolicyUri, each.SecurityPolicyUri)}"
        f"/{_MODE_NAMES.get(each.SecurityMode, '?')}"
        for each in endpoints
    }
    return f"{config.endpoint} offers only {', '.join(sorted(offers)) or 'nothing'}"


def _first_of_chain(data: bytes) -> bytes:
    parsed = uacrypto.x509_from_der(data)  # type: ignore[no-untyped-call]  # not typed there
    return bytes(parsed.public_bytes(serialization.Encoding.DER))


def _check(der: bytes, config: OpcuaSource, security: Security, trust: TrustList) -> None:
    fingerprint = fingerprint_of(der)
    judgement = trust.judge(der)
    if judgement is not Trust.APPROVED:
        trust.remember_refused(der)
        shown = (
            "another certificate than the approved one"
            if judgement is Trust.CHANGED
            else ("a certificate that nobody has approved")
        )
        detail = (
            f"{config.endpoint} shows {shown}; if it is the right one, approve it: "
            f"mes source trust --data DIR {config.id} {fingerprint}"
        )
        raise Refused(f"certificate_{judgement}", detail, step=Step.CERTIFICATE)
    certificate = x509.load_der_x509_certificate(der)
    now = datetime.fromtimestamp(real_now_us() / 1e6, UTC)
    is_valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    if not is_valid and not security.allow_expired:
        detail = (
            f"the certificate of {config.endpoint} is valid "
            f"from {certificate.not_valid_before_utc:%Y-%m-%d} "
            f"to {certificate.not_valid_after_utc:%Y-%m-%d}"
        )
        raise Refused("certificate_expired", detail, step=Step.CERTIFICATE)
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < LEAST_KEY_BITS:
        detail = f"the certificate of {config.endpoint} has no RSA key of {LEAST_KEY_BITS} bits"
        raise Refused("certificate_too_weak", detail, step=Step.CERTIFICATE)


async def _attempt(
    config: OpcuaSource,
    security: Security,
    traffic: Traffic,
    certificate: bytes | None,
    identity: Identity | None,
) -> ServerClient:
    client = ServerClient(config, traffic)
    if config.sign_in is not None:
        _sign_in(client, config.sign_in)
    if identity is not None and certificate is not None:
        client.application_uri = identity.uri
        await client.set_security(
            _POLICIES[security.policy],
            certificate=uacrypto.CertProperties(identity.certificate, "der"),
            private_key=uacrypto.CertProperties(identity.key, "pem"),
            server_certificate=uacrypto.CertProperties(certificate, "der"),
            mode=_MODES[security.mode],
        )
    try:
        with client.failing:
            await client.connect()
    except BaseException as error:
        await client.end()
        if isinstance(error, Refused) and error.step is Step.CERTIFICATE:
            raise _not_accepted(config, identity, error) from error
        raise
    return client


def _not_accepted(config: OpcuaSource, identity: Identity | None, error: Refused) -> Refused:
    if identity is None:
        detail = f"{config.endpoint} takes no unprotected channel ({error.code})"
        return Refused("security_not_offered", detail, step=Step.CERTIFICATE)
    detail = (
        f"{config.endpoint} does not accept the certificate of this edge ({error.code}); "
        f"trust it there: SHA-256 {identity.fingerprint}"
    )
    return Refused("certificate_refused_by_server", detail, step=Step.CERTIFICATE)


def _sign_in(client: ServerClient, sign_in: SignIn) -> None:
    if sign_in.user is not None and sign_in.password is not None:
        client.set_user(sign_in.user)
        client.set_password(read_secret(sign_in.password))
        return
    assert sign_in.certificate is not None
    assert sign_in.key is not None
    certificate, key = read_secret(sign_in.certificate), read_secret(sign_in.key)
    try:
        client.user_certificate = x509.load_pem_x509_certificate(certificate.encode())
        client.user_private_key = serialization.load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError) as error:
        detail = "sign_in needs a PEM certificate and its unencrypted PEM key"
        raise ConfigurationError("sign_in_unreadable", detail, field="sign_in") from error
