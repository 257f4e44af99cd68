"""Answers packed with gzip, and what they carry over the network."""

from __future__ import annotations

import gzip

import pytest

from mes.web.packing import DISGUISE_BYTES, LEAST_BYTES, packed
from tests.web.serving import Served

PACKED = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}


@pytest.mark.parametrize("path", ["/orders", "/api/v1/openapi.json", "/report.csv"])
def test_pages_json_and_csv_are_packed_for_who_takes_it(served: Served, path: str) -> None:
    with served.signed_in() as client:
        answer = client.get(path, headers=PACKED)
        plain = client.get(path, headers=PLAIN)
    assert answer.status_code == plain.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in answer.headers["vary"]
    assert int(answer.headers["content-length"]) < int(plain.headers["content-length"])
    assert len(answer.content) == pytest.approx(len(plain.content), abs=200)  # tokens differ


def test_a_short_answer_goes_as_it_is(served: Served) -> None:
    with served.client() as client:
        answer = client.get("/healthz", headers=PACKED)
    assert int(answer.headers["content-length"]) < LEAST_BYTES
    assert "content-encoding" not in answer.headers


def test_files_that_are_packed_already_are_not_packed_again(served: Served) -> None:
    with served.signed_in() as client:
        answer = client.get("/report.xlsx", headers=PACKED)
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers


def test_a_refusal_arrives_whole(served: Served) -> None:
    with served.client() as client:
        answer = client.get("/api/v1/" + "x" * 600, headers=PACKED)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_the_length_of_an_answer_tells_nothing_exact() -> None:
    plain = b"a secret and what a stranger typed" * 50
    lengths = {len(packed(plain)) for _ in range(200)}
    assert len(lengths) > DISGUISE_BYTES / 2
    assert gzip.decompress(packed(plain)) == plain


def test_parts_of_pages_carry_no_headers_that_speak_of_pages(served: Served) -> None:
    with served.client() as client:
        page = client.get("/sign-in").text
        part = page.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
        headers = client.get(part).headers
        worker = client.get("/service-worker.js").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "content-security-policy" not in headers
    assert "content-security-policy" in worker
