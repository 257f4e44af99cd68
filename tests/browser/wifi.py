"""A Wi-Fi that the test owns, and tablets whose battery can die: real browsers, real profiles."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserType, Error, Page

from mes.features.verify.waiting import until

QUIET = (
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-port=0",
    "--lang=ko-KR",
)
START_S = 60.0
CHUNK = 65_536
KEPT = """async (path) => {
  const parts = await caches.open('mes-parts');
  const names = performance.getEntriesByType('resource').map((one) => one.name);
  const used = names.filter((name) => name.includes('/static/dist/'));
  const held = await Promise.all(used.map((name) => parts.match(name)));
  const page = await (await caches.open('mes-pages')).match(path);
  return Boolean(page) && used.length > 2 && held.every(Boolean);
}"""
"""Whether the page of that path, and all it is made of, opens without a network."""


class Wifi:
    """A relay in front of the server; while it is cut nothing passes and nothing connects."""

    def __init__(self, server: str) -> None:
        address = urlsplit(server)
        assert address.hostname
        assert address.port
        self._server = (address.hostname, address.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """No network from now on; what is under way is lost."""
        with self._lock:
            self._is_cut = True
            ending, self._open = self._open, set()
        for one in ending:
            _end(one)

    def restore(self) -> None:
        """The network is back."""
        self._is_cut = False

    def close(self) -> None:
        """End for good."""
        self.cut()
        _end(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server, 10)
        except OSError:
            _end(client)
            return
        with self._lock:
            if not self._is_cut:
                self._open |= {client, server}
        if client not in self._open:
            _end(client)
            _end(server)
            return
        threading.Thread(target=self._pump, args=(server, client), daemon=True).start()
        self._pump(client, server)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                target.sendall(data)
        for one in (source, target):
            _end(one)
        with self._lock:
            self._open -= {source, target}


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


class Tablet:
    """A browser with a profile of its own that outlives its death."""

    def __init__(self, kind: BrowserType, profile: Path, more: Sequence[str] = ()) -> None:
        self._kind, self._profile, self._more = kind, profile, more
        self.page = self._started()

    def _started(self) -> Page:
        chromium = shutil.which("chromium")
        assert chromium, "chromium is missing: run tools/ensure-browser.sh"
        port = self._profile / "DevToolsActivePort"
        port.unlink(missing_ok=True)
        command = [chromium, *QUIET, *self._more, f"--user-data-dir={self._profile}"]
        command += ["--no-sandbox"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            [*command, "about:blank"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: port.exists() and "\n" in port.read_text(), START_S, "the browser")
        address = f"http://127.0.0.1:{port.read_text().splitlines()[0]}"
        self._browser: Browser = self._kind.connect_over_cdp(address)
        page = self._browser.contexts[0].pages[0]
        page.set_viewport_size({"width": 1280, "height": 800})
        page.set_default_timeout(30_000)
        return page

    def switch_off(self) -> None:
        """As a person does it: the browser writes everything to its disk and ends."""
        with contextlib.suppress(Error):  # the connection ends with the browser
            self._browser.new_browser_cdp_session().send("Browser.close")
        self._process.wait(START_S)

    def die(self) -> None:
        """The battery is empty: every process of the browser is killed at once."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        with contextlib.suppress(Error):  # the connection has gone with it
            self._browser.close()

    def start_again(self) -> None:
        """Opened with the same profile."""
        for lock in self._profile.glob("Singleton*"):
            lock.unlink()
        self.page = self._started()


@contextmanager
def tablet(kind: BrowserType, profile: Path, more: Sequence[str] = ()) -> Iterator[Tablet]:
    """A tablet that is killed at the end; `more`: switches of its browser."""
    profile.mkdir()
    one = Tablet(kind, profile, more)
    try:
        yield one
    finally:
        with contextlib.suppress(ProcessLookupError):
            one.die()
