"""What the live part counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

CLIENTS = Gauge("mes_live_clients", "Open Socket.IO clients")
REFUSED = Counter("mes_live_refused", "Socket.IO connections refused", ["reason"])
MESSAGES = Counter("mes_live_messages", "Tile messages sent to a room")
QUEUED = Counter("mes_live_queued", "Messages that a client did not take at once")
TILES = Counter("mes_live_tiles", "Tiles put into messages, once per room")
MERGED = Counter("mes_live_merged", "Changes that found their tile already waiting")
STALLED = Counter("mes_live_stalled", "Clients closed because they did not read")
ERRORS = Counter("mes_live_errors", "Rounds of the hub that failed and were repeated")
BAD_EVENTS = Counter("mes_live_bad_events", "Events of clients that were refused")
BAD_PACKETS = Counter("mes_live_bad_packets", "Connections closed because of what is no packet")
