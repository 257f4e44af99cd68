"""The web server: gunicorn, one gthread worker, that stops cleanly with open websockets.

Recipe and measurements: one thread per open websocket for its life, so the pool is the most
sockets plus `SPARE_THREADS`; gunicorn's listener sets TCP_NODELAY and accepted sockets inherit it,
likewise TCP_USER_TIMEOUT, which frees the threads of a browser that stopped reading. The
application is loaded in the worker alone (`preload_app` off), so that the arbiter stays small.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from mes.clock import monotonic_s
from mes.settings import Settings
from mes.web.parent import PARENT_GONE_STATUS, ask_for_signal

SPARE_THREADS = 30
"""Threads for plain requests beside the ones held by websockets."""
USER_TIMEOUT_MS = 8000
"""How long the kernel keeps unacknowledged data of a peer that stopped answering."""
GRACEFUL_S = 4
KEEPALIVE_S = 15
COLLECT_AFTER = (10_000, 20, 20)
"""Thresholds of the garbage collector: 700 new objects are a single message to 200 sockets."""
ORPHAN_GRACE_S = 0.5
"""How long an orderly end may take without an arbiter."""
ORPHAN_LOOK_S = 0.05
FACTORY = ("mes.app", "create_app")
LIVE = "mes_live"

log = logging.getLogger("mes.web")


class Worker(ThreadWorker):
    """A gthread worker that closes its websockets as soon as it is told to stop."""

    stopping = threading.Event()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM: stop taking requests and let the websockets go."""
        super().handle_exit(sig, frame)
        self.stopping.set()

    def is_parent_alive(self) -> bool:
        """Whether the arbiter lives; when it was killed, let the websockets go as well."""
        alive = bool(super().is_parent_alive())
        if not alive:
            self.stopping.set()
        return alive


class Server(BaseApplication):
    """Gunicorn bound to one address, with our settings instead of a configuration file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Our options."""
        for key, value in options(self._settings).items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        """The application; called in the worker."""
        from mes.web.logs import configure_logs

        configure_logs()
        module, name = FACTORY
        return getattr(importlib.import_module(module), name)(self._settings)


def options(settings: Settings) -> dict[str, Any]:
    """Gunicorn's options for these settings."""
    threads = settings.socket_clients_max + SPARE_THREADS
    chosen: dict[str, Any] = {
        "bind": f"{settings.host}:{settings.port}",
        "workers": 1,
        "threads": threads,
        "worker_class": Worker,
        "worker_connections": threads + 200,
        "preload_app": False,
        "control_socket_disable": True,
        "graceful_timeout": GRACEFUL_S,
        "timeout": 60,
        "keepalive": KEEPALIVE_S,
        "post_worker_init": start_live,
        "loglevel": "warning",
        "proc_name": "mes-web",
        "limit_request_line": 8190,
        "limit_request_fields": 60,
    }
    if Path("/dev/shm").is_dir():  # noqa: S108 - heartbeat files belong on a tmpfs
        chosen["worker_tmp_dir"] = "/dev/shm"  # noqa: S108 - as above
    if settings.tls_certificate is not None:
        chosen["certfile"] = str(settings.tls_certificate)
        chosen["keyfile"] = str(settings.tls_key) if settings.tls_key else None
    return chosen


def start_live(worker: Any) -> None:
    """After the fork: socket options, the hub thread, and the thread that stops it."""
    ask_for_signal()
    for listener in worker.sockets:
        with contextlib.suppress(OSError):  # a Unix socket has no such option
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    live = worker.wsgi.extensions[LIVE]
    keep_what_stays()
    live.hub.start()
    live.settler.start()
    live.report_writer.start()
    live.healer.start()
    live.label_sender.start()
    live.packer.start()
    threading.Thread(target=_close_on_stop, args=(worker, live), name="stop", daemon=True).start()


def keep_what_stays() -> None:
    """Take what the start has made out of the garbage collector's sight.

    A full collection over all of it holds every thread for 100 to 270 ms (measured), each minute or
    so under load; nothing of it ever becomes garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _close_on_stop(worker: Worker, live: Any) -> None:
    worker.stopping.wait()
    live.hub.stop()
    live.settler.stop()
    live.report_writer.stop()
    live.healer.stop()
    live.label_sender.stop()
    live.packer.stop()
    for open_socket in list(live.sockets.server.eio.sockets.values()):
        # Not close(): after its packet CLOSE a Python client would not connect again.
        open_socket.queue.put(None)
    _end_as_orphan(worker)


def _end_as_orphan(worker: Worker) -> None:
    """End at once when the arbiter is gone: it alone would insist on the end of this worker.

    A request that waits for news (an edge's long poll) would hold the data folder for as long.
    """
    began = monotonic_s()
    while os.getppid() == worker.ppid or monotonic_s() - began < ORPHAN_GRACE_S:
        threading.Event().wait(ORPHAN_LOOK_S)
    os._exit(PARENT_GONE_STATUS)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    Server(settings).run()
