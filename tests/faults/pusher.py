"""A machine client that delivers samples like an edge: what is not acknowledged is sent again."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import httpx

from mes.features.demo.start import EDGE
from mes.features.verify.live_plant import PlantProcess

SOURCE = "meter"
TAG = "power_factor"
EPOCH = "feedfacefeedface"
FIRST = 1_000_000
"""Its values begin here, far from anything the meter shows; value = FIRST + sequence number."""
RECORDS = 50
PAUSE_S = 0.02


@dataclass
class Pusher:
    """Pushes batches of samples from a thread until it is stopped.

    Attributes:
        acknowledged: highest sequence number the MES acknowledged.
        sent: highest sequence number that was sent.
        failures: requests without an acknowledgement; each was sent again as it was.
        refused: answers that are no acknowledgement and no sign of a server that is away.
    """

    plant: PlantProcess
    acknowledged: int = 0
    sent: int = 0
    failures: int = 0
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pusher", daemon=True)

    def start(self) -> None:
        """Begin to push."""
        self._thread.start()

    def stop(self) -> None:
        """Push what is under way to its end and stop."""
        self._stopping.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with self.plant.client("ingest") as client:
            while not self._stopping.is_set() or self.acknowledged < self.sent:
                if self.acknowledged == self.sent:
                    self.sent += RECORDS
                self._push(client)
                self._stopping.wait(PAUSE_S)

    def _push(self, client: httpx.Client) -> None:
        try:
            answer = client.post("/api/v1/ingest", json=self._body(), timeout=5.0)
        except httpx.HTTPError:
            self.failures += 1
            self._stopping.wait(0.1)
            return
        if answer.status_code == 200:
            self.acknowledged = int(answer.json()["acked"][SOURCE]["sample"]["seq"])
        elif answer.status_code in {429, 503}:
            self.failures += 1
        else:
            self.refused.append(answer.text[:200])
            self._stopping.set()

    def _body(self) -> dict[str, Any]:
        now = self.plant.clock.now_us()
        records = [
            [seq, "v", TAG, FIRST + seq, 0, None, None, now, None]
            for seq in range(self.sent - RECORDS + 1, self.sent + 1)
        ]
        batch = {
            "source": SOURCE,
            "stream": "sample",
            "epoch": EPOCH,
            "covered_until": None,
            "records": records,
        }
        return {
            "edge": EDGE,
            "config_revision": None,
            "clock_offset_us": 0,
            "links": [],
            "batches": [batch],
        }
