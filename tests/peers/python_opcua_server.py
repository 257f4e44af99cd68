"""An OPC UA server that keeps history (python-opcua, the library before asyncua).

Prints "ready PORT". Arguments: port; how many values the history holds. Value n of `Parts` was true
n seconds after the start of the history; `Plain` keeps none.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime, timedelta

from opcua import Server, ua  # type: ignore[import-not-found]  # not in the project's environment

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC).replace(tzinfo=None)


def main() -> None:
    """Serve until the standard input ends."""
    logging.disable(logging.CRITICAL)
    port, count = int(sys.argv[1]), int(sys.argv[2])
    server = Server()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
    index = server.register_namespace("urn:demo:history")
    folder = server.get_objects_node().add_object(index, "Cnc1")
    parts = folder.add_variable(ua.NodeId("Parts", index), "Parts", 0, ua.VariantType.UInt32)
    folder.add_variable(ua.NodeId("Plain", index), "Plain", 1, ua.VariantType.UInt32)
    server.start()
    server.historize_node_data_change(parts, period=None, count=0)
    for number in range(count):
        value = ua.DataValue(ua.Variant(number, ua.VariantType.UInt32))
        value.SourceTimestamp = START + timedelta(seconds=number)
        parts.set_value(value)
    print("ready", port, flush=True)  # noqa: T201  # the test waits for it
    sys.stdin.read()
    server.stop()


main()
