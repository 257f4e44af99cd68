"""Protected channels to node-opcua: policies, approval of certificates, sign-in."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from connectors.clock import monotonic_s, real_now_us
from connectors.opcua.identity import own_identities
from connectors.opcua.trust import FOLDER, TrustList
from connectors.sdk.errors import ConnectorError, Refused
from connectors.sdk.messages import LinkState
from connectors.sdk.steps import Step
from mes.ports import free_port
from tests.connectors.support import until
from tests.peers.opcua_sources import OPEN, PROTECTED, SCRIPT, device, options, running, source
from tests.peers.processes import node_peer

POLICIES = ("basic256sha256", "aes128_sha256_rsaoaep", "aes256_sha256_rsapss")
USER_FILES = (("certificate", "pem"), ("key", "key"))
ANSWER_S = 3.0


def approve_everything(folder: Path) -> str:
    """Approve what the server has shown, as a person does who has compared it."""
    trust = TrustList(folder, "cnc_cell", ())
    (waiting,) = [known.fingerprint for known in trust.known() if not known.trusted]
    trust.approve(waiting)
    return waiting


async def refusal(folder: Path, port: int, more: dict[str, object]) -> tuple[ConnectorError, float]:
    """What a source is refused with, and after how many seconds."""
    reader = device(source(port, more), folder)
    begin = monotonic_s()
    with pytest.raises(ConnectorError) as caught:
        await reader.open()
    seconds = monotonic_s() - begin
    await reader.close()
    return caught.value, seconds


async def test_every_policy_signs_and_encrypts_once_a_person_has_approved_the_certificate(
    tmp_path: Path,
) -> None:
    async with node_peer(SCRIPT, 0) as peer:
        error, _ = await refusal(tmp_path, peer.port, dict(PROTECTED))
        assert (error.code, error.step) == ("certificate_unknown", Step.CERTIFICATE)
        assert approve_everything(tmp_path) in error.detail
        for policy in POLICIES:
            for mode in ("sign", "sign_and_encrypt"):
                security = {"security": {"policy": policy, "mode": mode}}
                reader = device(source(peer.port, security), tmp_path)
                await reader.open()
                read = {sample.tag: sample.value for sample in (await reader.read_all()).samples}
                await reader.close()
                assert read["Load"] == 41.5, (policy, mode)


async def test_an_approval_in_the_configuration_is_as_good_as_one_in_the_folder(
    tmp_path: Path,
) -> None:
    async with node_peer(SCRIPT, 0) as peer:
        await refusal(tmp_path, peer.port, dict(PROTECTED))
        (shown,) = TrustList(tmp_path, "cnc_cell", ()).known()
        trusted = {**PROTECTED["security"], "trusted": [shown.fingerprint.upper()]}
        reader = device(source(peer.port, {"security": trusted}))
        await reader.open()
        await reader.close()


async def test_recipe_3_a_changed_certificate_is_refused_until_a_person_approves_it(
    tmp_path: Path,
) -> None:
    port = free_port()
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    async with running(source(port, PROTECTED), tmp_path) as run:
        async with node_peer(SCRIPT, port, "0", options(folder=first)):
            await until(lambda: run.runner.status.reason == "certificate_unknown", 15.0)
            approve_everything(tmp_path)
            await until(lambda: run.runner.status.state is LinkState.UP, 15.0)
        await until(lambda: run.runner.status.state is LinkState.BACKING_OFF, 10.0)
        async with node_peer(SCRIPT, port, "0", options(folder=second)):
            await until(lambda: run.runner.status.reason == "certificate_changed", 40.0)
            assert run.runner.status.state is LinkState.REFUSED
            fingerprint = approve_everything(tmp_path)
            await until(lambda: run.runner.status.state is LinkState.UP, 15.0)
        trusted = [k.fingerprint for k in TrustList(tmp_path, "cnc_cell", ()).known() if k.trusted]
        assert trusted == [fingerprint]


async def test_a_server_that_does_not_know_us_is_named_with_our_own_fingerprint(
    tmp_path: Path,
) -> None:
    folder = str(tmp_path / "server")
    async with node_peer(SCRIPT, 0, "0", options(folder=folder, accept=False)) as peer:
        await refusal(tmp_path, peer.port, dict(PROTECTED))
        approve_everything(tmp_path)
        error, seconds = await refusal(tmp_path, peer.port, dict(PROTECTED))
    (own,) = own_identities(tmp_path / FOLDER / "own", real_now_us())
    assert (error.code, error.step) == ("certificate_refused_by_server", Step.CERTIFICATE)
    assert own.fingerprint in error.detail
    assert seconds < ANSWER_S


async def test_wrong_password_and_missing_user_are_told_from_a_good_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOD_PASSWORD", "right-one")
    monkeypatch.setenv("BAD_PASSWORD", "wrong-one")
    good = {**PROTECTED, "sign_in": {"user": "mes", "password": "env:GOOD_PASSWORD"}}
    wrong = {**PROTECTED, "sign_in": {"user": "mes", "password": "env:BAD_PASSWORD"}}
    users = options(user="mes", password="right-one")
    async with node_peer(SCRIPT, 0, "0", users) as peer:
        await refusal(tmp_path, peer.port, good)
        approve_everything(tmp_path)
        reader = device(source(peer.port, good), tmp_path)
        await reader.open()
        await reader.close()
        for more in (wrong, dict(PROTECTED)):
            error, seconds = await refusal(tmp_path, peer.port, more)
            assert (error.code, error.step) == ("sign_in_refused", Step.SIGN_IN)
            assert isinstance(error, Refused)
            assert "wrong-one" not in str(error)
            assert seconds < ANSWER_S


async def test_a_user_may_sign_in_by_certificate(tmp_path: Path) -> None:
    (person,) = own_identities(None, real_now_us())
    certificate = x509.load_der_x509_certificate(person.certificate)
    (tmp_path / "user.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "user.key").write_bytes(person.key)
    files = {name: f"file:{tmp_path / f'user.{end}'}" for name, end in USER_FILES}
    users = options(user="somebody", password="else")
    async with node_peer(SCRIPT, 0, "0", users) as peer:
        more = {**PROTECTED, "sign_in": files}
        await refusal(tmp_path, peer.port, more)
        approve_everything(tmp_path)
        reader = device(source(peer.port, more), tmp_path)
        await reader.open()
        await reader.close()
        swapped = {"certificate": files["key"], "key": files["certificate"]}
        error, _ = await refusal(tmp_path, peer.port, {**PROTECTED, "sign_in": swapped})
    assert error.code == "sign_in_unreadable"


async def test_a_secret_that_is_not_set_is_named_by_its_reference(tmp_path: Path) -> None:
    sign_in = {"user": "mes", "password": "env:NO_SUCH_SECRET_HERE"}
    async with node_peer(SCRIPT, 0) as peer:
        error, _ = await refusal(tmp_path, peer.port, {**OPEN, "sign_in": sign_in})
    assert error.code == "secret_missing"
    assert "NO_SUCH_SECRET_HERE" in error.detail
