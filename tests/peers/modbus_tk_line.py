"""Units 1, 2 and 4 of modbus_tk on a serial port; holding register n holds 1000 * unit + n.

Arguments: device file, baud, parity letter, stop bits, then for one late reply the number of the
request and its seconds, 0 and 0 for none. Prints "ready 0" when it serves.
"""

from __future__ import annotations

import sys
import time

import serial
from modbus_tk import hooks, modbus_rtu
from modbus_tk.defines import HOLDING_REGISTERS

UNITS = (1, 2, 4)
REGISTERS = 500


class OneLateReply:
    """Holds back one reply, with the whole server, as a controller does that is busy."""

    def __init__(self, number: int, seconds: float) -> None:
        self._left = number
        self._seconds = seconds

    def __call__(self, arguments: object) -> None:
        """Called before each reply is sent."""
        self._left -= 1
        if self._left == 0:
            time.sleep(self._seconds)


def main(
    port: str, baud: str, parity: str, stop_bits: str, late_number: str, late_seconds: str
) -> None:
    """Serve until the input ends."""
    late = OneLateReply(int(late_number), float(late_seconds))
    hooks.install_hook("modbus_rtu.RtuServer.before_write", late)
    line = serial.Serial(port, int(baud), parity=parity, stopbits=int(stop_bits))
    server = modbus_rtu.RtuServer(line)
    for unit in UNITS:
        slave = server.add_slave(unit)
        slave.add_block("holding", HOLDING_REGISTERS, 0, REGISTERS)
        slave.set_values("holding", 0, [1000 * unit + n for n in range(REGISTERS)])
    server.start()
    sys.stdout.write("ready 0\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
