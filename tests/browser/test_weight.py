"""What a page loads when a device opens it for the first time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser

from benchmarks.pages import PAGES, Opened, open_cold
from tests.browser.demo import Demo

LIMITED = [page for page in PAGES if page.kb is not None]
REQUESTS_MOST = 16


@pytest.mark.parametrize("opened", LIMITED, ids=lambda opened: opened.name)
def test_a_cold_page_stays_within_its_weight(
    demo: Demo, chromium: Browser, supervisor: Any, opened: Opened
) -> None:
    here = replace(opened, address=demo.url + opened.address)
    _, traffic = open_cold(chromium, supervisor, here, slowed=1)
    loaded = sorted(traffic.addresses[request] for request in traffic.sizes)
    assert traffic.kb() <= (opened.kb or 0), loaded
    assert traffic.requests <= REQUESTS_MOST, loaded
    assert not [address for address in loaded if "echarts" in address.lower()]
    own = (demo.url, "data:", "blob:")
    assert [address for address in loaded if not address.startswith(own)] == []
