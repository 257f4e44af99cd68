"""With a plant's own certificate the tablet opens without a network, and its camera scans."""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import segno
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import Browser, Page, expect

from mes.features.verify.waiting import until
from tests.browser.wifi import KEPT, Tablet, Wifi, tablet
from tests.web.serving import PIN, Served, add_people, add_plant, csrf_token, serve
from tests.web.test_tls import write_certificate

BADGE = "1001"
MACHINE = "unit-12"
WIDTH, HEIGHT = 640, 480
REFUSED = """() => { navigator.mediaDevices.getUserMedia =
  () => Promise.reject(new DOMException('', 'NotAllowedError')); }"""


@pytest.fixture
def plant(tmp_path: Path, sqlite_template: Path) -> Iterator[Served]:
    """A server with a certificate that its plant made."""
    certificate, secret = write_certificate(tmp_path)
    with serve(
        tmp_path / "data",
        sqlite_template,
        tls=ssl.create_default_context(cafile=str(certificate)),
        MES_TLS_CERTIFICATE=str(certificate),
        MES_TLS_KEY=str(secret),
    ) as served:
        add_plant(served.database)
        served.tokens = add_people(served.database)
        yield served


@pytest.fixture
def device(plant: Served, chromium: Browser, tmp_path: Path) -> Iterator[Tablet]:
    """A tablet that trusts the certificate; a badge lies in front of its camera."""
    picture = tmp_path / "badge.y4m"
    write_film(picture, BADGE)
    switches = [
        f"--ignore-certificate-errors-spki-list={fingerprint(tmp_path / 'certificate.pem')}",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={picture}",
    ]
    with tablet(chromium.browser_type, tmp_path / "profile", switches) as one:
        yield one


def fingerprint(certificate: Path) -> str:
    """What a browser calls the key of a certificate: base64 of the SHA-256 of its public key."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    der = key.public_bytes(serialization.Encoding.DER, form)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def write_film(path: Path, text: str) -> None:
    """A film (YUV4MPEG2) of two pictures: a QR code on paper, held a little off the middle."""
    code = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(scale=8)]
    picture = bytearray(b"\xd0" * (WIDTH * HEIGHT))
    left, top = (WIDTH - len(code[0])) // 2 + 40, (HEIGHT - len(code)) // 2 - 20
    for y, row in enumerate(code):
        start = (top + y) * WIDTH + left
        picture[start : start + len(row)] = bytes(0x18 if dark else 0xEB for dark in row)
    frame = b"FRAME\n" + bytes(picture) + b"\x80" * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 2)


def enrol(one: Tablet, address: str, plant: Served) -> Page:
    """The tablet belongs to the machine."""
    with plant.signed_in("leader") as leader:
        token = csrf_token(leader, "/orders")
        asked = {"work_unit": MACHINE}
        answer = leader.post("/api/v1/terminals", json=asked, headers={"X-CSRFToken": token})
        code = str(answer.json()["code"])
    one.page.goto(f"{address}/language/ko?next=/enrol")
    one.page.goto(f"{address}/enrol?code={code}")
    one.page.locator("main form button").click()
    one.page.wait_for_url(f"**/terminal/{MACHINE}")
    return one.page


def sign_in_by_camera(page: Page) -> None:
    """The badge is shown to the camera, the PIN is typed."""
    page.get_by_role("button", name="카메라로 스캔").click()
    expect(page.locator("dialog.sheet .scan b")).to_have_text(f"사원증 {BADGE}")
    for digit in PIN:
        page.locator(f".pad .key:text-is('{digit}')").click()
    page.locator("dialog.sheet footer .primary").click()
    expect(page.locator("header.ot")).to_contain_text("김민수")


def test_over_https_the_camera_scans_and_the_terminal_opens_without_a_network(
    plant: Served, device: Tablet
) -> None:
    with closing(Wifi(plant.url)) as wifi:
        page = enrol(device, wifi.url.replace("http:", "https:"), plant)
        assert page.evaluate("isSecureContext && location.protocol === 'https:'")
        sign_in_by_camera(page)
        assert page.evaluate("document.querySelectorAll('mes-camera').length") == 0
        until(lambda: page.evaluate(KEPT, f"/terminal/{MACHINE}"), 30, "the kept page")
        wifi.cut()
        page.reload()
        expect(page.locator(".band.lost .w")).to_be_visible()
        page.locator(".act.call").click()
        page.locator("[data-kind=material]").click()
        expect(page.locator(".lk")).to_contain_text("미전송 1건")
        wifi.restore()
        expect(page.locator(".act.call-open")).to_be_visible()
        expect(page.locator(".lk")).to_contain_text("미전송 0건")


def test_the_camera_is_switched_off_on_this_device_and_on_again(
    plant: Served, device: Tablet
) -> None:
    page = enrol(device, plant.url, plant)
    page.evaluate(REFUSED)
    camera = page.get_by_role("button", name="카메라로 스캔")
    camera.click()
    expect(page.locator("dialog.sheet [role=alert]")).to_contain_text("주소 옆에서 허용")
    page.get_by_role("button", name="이 기기에서 카메라 쓰지 않기").click()
    expect(camera).to_have_count(0)
    page.locator("header.ot .btn").first.click()
    page.locator("dialog.sheet .scan .btn").click()
    page.get_by_role("button", name="닫기").first.click()
    page.get_by_role("button", name="닫기").first.click()
    expect(camera).to_be_visible()
