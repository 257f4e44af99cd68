"""Answers of the web process: problems with codes, headers, limits, health."""

from __future__ import annotations

import gzip
import json
import re
import socket

import pytest

from mes.web.headers import CONTENT_POLICY
from tests.web.serving import Served, csrf_token


def test_problems_of_the_api_follow_rfc_9457_with_a_stable_code(served: Served) -> None:
    with served.client() as client:
        answer = client.get("/api/v1/no-such-thing", headers=served.bearer("read"))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "code", "detail", "instance"} <= problem.keys()
    assert (problem["status"], problem["code"]) == (404, "not_found")


def test_a_wrong_method_names_the_right_ones(served: Served) -> None:
    with served.client() as client:
        answer = client.put("/api/v1/lines", headers=served.bearer("write"))
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


def test_a_person_gets_an_error_page_without_the_inside(served: Served) -> None:
    with served.signed_in() as client:
        answer = client.get("/terminal/no-such-unit", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "not_found" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/api/v1/lines", "/no-such-page"])
def test_every_answer_carries_the_security_headers(served: Served, path: str) -> None:
    with served.client() as client:
        answer = client.get(path)
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert "'unsafe-inline'" not in CONTENT_POLICY.split("style-src-attr")[0]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers


def test_pages_hold_neither_inline_script_nor_inline_style_element(served: Served) -> None:
    with served.signed_in() as client:
        for path in ("/", "/orders", "/report", "/sources", "/api/docs", "/terminal/unit-11"):
            answer = client.get(path)
            assert answer.status_code == 200, path
            text = answer.text.lower()
            assert "<style" not in text, path
            assert all("src=" in tag.split(">")[0] for tag in text.split("<script")[1:]), path
            assert "://" not in text.replace("http://www.w3.org", ""), path


def test_a_body_that_is_too_large_is_refused_before_it_is_read(served: Served) -> None:
    with served.client() as client:
        answer = client.post(
            "/api/v1/work-orders",
            content=b"x" * (5 * 1024 * 1024),
            headers={**served.bearer("write"), "Content-Type": "application/json"},
        )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_malformed_ingest_is_refused_as_a_whole_with_the_field(served: Served) -> None:
    with served.client() as client:
        answer = client.post(
            "/api/v1/ingest",
            content=gzip.compress(b'{"edge": "edge-1", "batches": [{"source": 3}]}'),
            headers={
                **served.bearer("ingest"),
                "Content-Type": "application/json",
                "Content-Encoding": "gzip",
            },
        )
    assert answer.status_code == 422
    assert answer.json()["field"].startswith("batches[0]")


def test_garbage_instead_of_http_is_answered_and_harms_nobody(served: Served) -> None:
    for rubbish in (b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"A" * 20000 + b"\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as raw:
            raw.sendall(rubbish)
            raw.shutdown(socket.SHUT_WR)
            answer = raw.recv(65536)
            assert b"Traceback" not in answer
    with served.client() as client:
        assert client.get("/healthz").status_code == 200


def test_health_readiness_and_metrics_answer(served: Served) -> None:
    with served.client() as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ready"}
        text = client.get("/metrics").text
    for name in ("mes_live_clients", "mes_live_messages_total", "process_resident_memory_bytes"):
        assert name in text


def test_the_specification_is_openapi_3_1_and_names_errors_as_problems(served: Served) -> None:
    with served.client() as client:
        spec = client.get("/api/v1/openapi.json").json()
    assert spec["openapi"].startswith("3.1")
    for path in ("/api/v1/ingest", "/api/v1/work-orders", "/api/v1/work-units/{code}/oee"):
        assert path in spec["paths"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(spec)))
    assert named <= spec["components"]["schemas"].keys()
    answers = spec["paths"]["/api/v1/terminal/sign-in"]["post"]["responses"]
    assert "application/problem+json" in answers["422"]["content"]


def test_built_files_are_kept_by_browsers_and_sent_packed(served: Served) -> None:
    with served.client() as client:
        page = client.get("/sign-in").text
        path = page.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        assert client.get("/static/dist/../../app.py").status_code == 404
        assert client.get("/static/dist/%2e%2e/%2e%2e/app.py").status_code == 404
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.text == plain.text


def test_the_language_follows_the_cookie_and_then_the_browser(served: Served) -> None:
    with served.client() as client:
        assert 'lang="ko"' in client.get("/sign-in").text
        english = {"Accept-Language": "en-GB,en;q=0.8"}
        assert 'lang="en"' in client.get("/sign-in", headers=english).text
        client.get("/language/ko?next=/sign-in")
        assert 'lang="ko"' in client.get("/sign-in", headers=english).text
        assert csrf_token(client)
