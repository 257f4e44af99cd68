"""One link to Modbus units, shared by all sources behind it; one request at a time.

The link knows neither sockets nor frames: they belong to the transport. It knows when the line and
each unit may be asked, in which order (first come, first served: a unit with many requests queues
again for each), and which replies cannot be believed.

On a serial line a reply does not say which request it answers. After a request without a reply its
unit is therefore asked nothing for a while; the next reply it gives is not believed but followed by
another such while, in which every reply still owed has passed; only then does it count again. On a
connection that was just opened, every unit may owe a reply to whoever asked before.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.clock import monotonic_s
from connectors.modbus.connection import Connection
from connectors.modbus.link_config import AnyLink, RtuLink, TcpLink, quiet_s
from connectors.modbus.opening import open_connection
from connectors.modbus.pdu import ReadRequest
from connectors.modbus.rtu import GarbledReply
from connectors.modbus.units import Unit
from connectors.sdk.errors import ConnectorError, SilentUnit, Unavailable
from connectors.sdk.frames import FrameLog

SILENCES_UNTIL_RENEWAL = 3
LISTENINGS = 4
LONGEST_WAIT_FOR_PROBE_S = 3.0


class LeftAlone(SilentUnit):
    """The unit is silent and not asked at present; nothing was sent."""


class ReadingLink:
    """One connection, shared by all units behind it; one request at a time.

    Attributes:
        round_trip_s: real time from the last answered request to its reply.
    """

    def __init__(self, link: AnyLink) -> None:
        self.settings = link
        self.frames = FrameLog()
        self._is_rtu = not isinstance(link, TcpLink)
        self._is_serial = isinstance(link, RtuLink)
        self._silence_s = link.silence_s if isinstance(link, RtuLink) else 0.0
        self._pause_s = link.pause_ms / 1000
        self._needs_care = self._is_rtu or link.pause_ms > 0
        self.round_trip_s = 0.0
        self._turn = asyncio.Lock()
        self._connection: Connection | None = None
        self._skipped_taken = 0
        self._units: dict[int, Unit] = {}
        self._holders: Counter[int] = Counter()
        self._free_at = 0.0
        self._silences = 0
        self._is_renewing = False

    @property
    def endpoint(self) -> str:
        """The other end for people."""
        return self.settings.name

    @property
    def local_port(self) -> int | None:
        """TCP port of our side; None when not connected or serial."""
        connection = self._connection
        if connection is None or connection.ended is not None:
            return None
        return connection.local_port

    def take_skipped(self) -> int:
        """Replies that were not believed (late, of another unit) since the last call."""
        if self._connection is None:
            return 0
        fresh = self._connection.skipped - self._skipped_taken
        self._skipped_taken += fresh
        return fresh

    def join(self, unit: int, pause_s: float, timeout_s: float) -> None:
        """A source reads this unit from now on; each call needs one `leave`.

        Args:
            pause_s: rest of the unit after a reply; the longest of several sources counts.
            timeout_s: time-out of its requests.
        """
        self._holders[unit] += 1
        if self._needs_care or pause_s > 0:
            known = self._units.setdefault(unit, Unit(is_doubtful=self._is_rtu))
            known.rest_at_least(pause_s, quiet_s(self.settings, timeout_s))

    def leave(self, unit: int) -> None:
        """A source reads this unit no longer; what is known of it stays."""
        self._holders[unit] -= 1
        if self._holders[unit] <= 0:
            del self._holders[unit]
            if unit in self._units:
                self._units[unit].rest_no_longer()

    @property
    def holders(self) -> int:
        """Number of units that sources read at present."""
        return len(self._holders)

    def leave_alone(self, unit: int, timeout_s: float) -> None:
        """The unit is silent: probe it seldom, so that its neighbours lose no time.

        Without neighbours, nobody is harmed by asking it as often as its source likes.
        """
        if len(self._holders) > 1:
            known = self._units.setdefault(unit, Unit())
            known.left_alone(asyncio.get_running_loop().time(), timeout_s)

    def is_silent(self, unit: int) -> bool:
        """Whether the unit is left alone but for probes."""
        known = self._units.get(unit)
        return known is not None and known.is_silent

    async def ensure_open(self, timeout_s: float) -> None:
        """Connect unless connected; several sources that ask at once make one connection.

        Raises:
            Unavailable: `host_not_found`, `connect_timeout`, `connection_refused`,
                `connect_failed` or `serial_port_*`.
            ConfigurationError: the serial port does not take the settings.
        """
        async with self._turn:
            if self._connection is None or self._connection.ended is not None:
                await self._connect(timeout_s)

    async def read(self, request: ReadRequest, timeout_s: float) -> bytes:
        """Read registers or bits; the bytes are those of the reply.

        Args:
            timeout_s: real time for the reply, counted from when the request is sent.

        Raises:
            Unavailable: `connection_lost`, or `protocol_error` when the other end speaks something
                else.
            SilentUnit: `no_reply` within `timeout_s`, or the unit is left alone at present;
                `bad_checksum`.
            Busy: the device asks to wait.
            WrongLength: the reply holds another number of bytes.
            DeviceRefusal: any other Modbus exception.
        """
        unit = self._units.get(request.unit)
        if unit is not None:
            return await self._read_with_care(unit, request, timeout_s)
        turn = self._turn
        await turn.acquire()
        try:
            connection = self._connection
            if connection is None or self._is_renewing:
                connection = await self._connected(timeout_s)
            asked = monotonic_s()
            data = await connection.exchange(request, timeout_s)
            self.round_trip_s = monotonic_s() - asked
        except ConnectorError as error:
            self._note(error)
            raise
        finally:
            turn.release()
        self._silences = 0
        return data

    def end(self) -> None:
        """Close the connection at once."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _read_with_care(self, unit: Unit, request: ReadRequest, timeout_s: float) -> bytes:
        await self._wait_for_probe(unit, request.unit)
        for _ in range(LISTENINGS):
            strays = unit.strays
            answer, is_believed = await self._ask_in_turn(unit, request, timeout_s)
            if is_believed and not await self._is_followed(unit, strays):
                if isinstance(answer, ConnectorError):
                    raise answer
                return answer
        detail = f"unit {request.unit} at {self.endpoint} gives replies that fit no request"
        raise SilentUnit("late_replies", detail)

    async def _is_followed(self, unit: Unit, strays: int) -> bool:
        """Whether another reply of the unit shows that the one just taken was a late one.

        Args:
            strays: replies of the unit that nobody awaited, before the request was sent.
        """
        loop = asyncio.get_running_loop()
        hold_s = unit.hold_s(loop.time())
        if not self._is_rtu or hold_s == 0:
            return False
        unit.free_at = max(unit.free_at, loop.time() + hold_s)
        await asyncio.sleep(hold_s)
        if unit.strays == strays:
            return False
        unit.missed(loop.time())
        return True

    async def _ask_in_turn(
        self, unit: Unit, request: ReadRequest, timeout_s: float
    ) -> tuple[bytes | ConnectorError, bool]:
        """The answer, and whether it can only be that of this request."""
        loop = asyncio.get_running_loop()
        async with self._turn_of(unit):
            connection = await self._connected(timeout_s)
            await self._wait_for_line(connection)
            answer: bytes | ConnectorError
            asked = monotonic_s()
            try:
                answer = await connection.exchange(request, timeout_s)
            except Unavailable as error:
                self._note(error)
                self._missed(unit, error)
                raise
            except ConnectorError as error:
                answer = error
            except asyncio.CancelledError:
                self._missed(unit, None)
                raise
            now = loop.time()
            self.round_trip_s = monotonic_s() - asked
            self._silences = 0
            self._free_at = max(self._free_at, now + self._pause_s)
            is_believed = not unit.is_doubtful
            if is_believed:
                unit.answered(now, self.round_trip_s)
            else:
                unit.listen(now)
            return answer, is_believed

    async def _wait_for_probe(self, unit: Unit, number: int) -> None:
        """Skip a silent unit as long as its neighbours answer; a probe that is due soon waits."""
        wait_s = unit.probe_at - asyncio.get_running_loop().time()
        if not unit.is_silent or wait_s <= 0 or self._silences > 1:
            return
        if wait_s > LONGEST_WAIT_FOR_PROBE_S:
            detail = f"unit {number} at {self.endpoint} is silent; asked again in {wait_s:.0f} s"
            raise LeftAlone("no_reply", detail)
        await asyncio.sleep(wait_s)

    @asynccontextmanager
    async def _turn_of(self, unit: Unit) -> AsyncIterator[None]:
        """The line for one request; while the unit rests, others may have it."""
        loop = asyncio.get_running_loop()
        while True:
            while (wait_s := unit.free_at - loop.time()) > 0:
                await asyncio.sleep(wait_s)
            async with self._turn:
                if unit.free_at <= loop.time():
                    yield
                    return

    async def _wait_for_line(self, connection: Connection) -> None:
        """Rest between requests, and let one frame be parted from the next."""
        loop = asyncio.get_running_loop()
        while True:
            free_at = max(self._free_at, connection.idle_from + self._silence_s)
            wait_s = free_at - loop.time()
            if wait_s <= 0:
                return
            await asyncio.sleep(wait_s)

    def _missed(self, unit: Unit, error: ConnectorError | None) -> None:
        """A reply may still come; the line rests too when the unit was well until now."""
        if not self._is_rtu:
            return
        now = asyncio.get_running_loop().time()
        if isinstance(error, GarbledReply):  # or it was noise, and the reply is still to come
            unit.missed_at = now
            return
        if unit.was_answered:
            self._free_at = max(self._free_at, now + unit.quiet_s)
        unit.missed(now)

    def _strayed(self, number: int) -> None:
        unit = self._units.get(number)
        if unit is not None:
            unit.strayed(asyncio.get_running_loop().time())

    def _note(self, error: ConnectorError) -> None:
        """Count silences; when nothing answers any more, the connection may be a dead one."""
        if not isinstance(error, SilentUnit):
            self._silences = 0
            return
        self._silences += 1
        if self._silences % SILENCES_UNTIL_RENEWAL == 0 and not self._is_serial:
            self._is_renewing = True

    async def _connected(self, timeout_s: float) -> Connection:
        """The connection; a dead one that only we have given up is made anew."""
        if self._connection is None:
            raise Unavailable("connection_lost", f"no connection to {self.endpoint}")
        if self._is_renewing:
            self._connection.close()
            await self._connect(timeout_s)
        return self._connection

    async def _connect(self, timeout_s: float) -> None:
        self._connection = await open_connection(self.settings, self._strayed, timeout_s)
        self._skipped_taken = 0
        self._connection.frames = self.frames
        self._is_renewing = False
        for unit in self._units.values():
            unit.probe_at = 0.0
            unit.is_doubtful = self._is_rtu
