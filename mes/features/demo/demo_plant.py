"""The demo plant of a data folder: its ports, its simulators, its past week. Standard library only.

`demo.json` keeps what must stay the same from start to start.
"""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mes.core.refusal import Refusal
from mes.features.demo.plant_clock import DAY_US, HOUR_US
from mes.ports import free_port

STATE_FILE = "demo.json"
PLANT_FILE = "demo.plant.yaml"
HISTORY_FILE = "history.jsonl"
SIMULATORS = "simulators"
"""Folder of the simulators' journal and memory."""
HISTORY_DAYS = 7
SITE_OFFSET_US = 9 * HOUR_US
"""Asia/Seoul, which keeps no summer time."""
DAY_STARTS_US = 8 * HOUR_US


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoState:
    """What is fixed at the first start; `loaded`: the past week is in the database."""

    seed: int
    modbus_port: int
    opcua_port: int
    loaded: bool = False


def read_state(data: Path) -> DemoState | None:
    """The state of a folder, None before its first start.

    Raises:
        Refusal: `demo_state_damaged`.
    """
    path = data / STATE_FILE
    if not path.exists():
        return None
    try:
        return DemoState(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise Refusal(
            "demo_state_damaged", f"{path} cannot be read ({error}); start in another folder"
        ) from None


def write_state(data: Path, state: DemoState) -> None:
    """Keep the state, in one step."""
    part = data / f"{STATE_FILE}.part"
    part.write_text(json.dumps(asdict(state)), encoding="utf-8")
    part.replace(data / STATE_FILE)


def settle(data: Path, seed: int) -> DemoState:
    """The state for this start: as before where the ports are free, else with other ports."""
    known = read_state(data)
    if known is None:
        state = DemoState(seed=seed, modbus_port=free_port(), opcua_port=free_port())
    else:
        state = replace(
            known,
            modbus_port=known.modbus_port if is_free(known.modbus_port) else free_port(),
            opcua_port=known.opcua_port if is_free(known.opcua_port) else free_port(),
        )
    if state != known:
        write_state(data, state)
    return state


def mark_loaded(data: Path, state: DemoState) -> None:
    """Note that the past week is in the database and drop its file."""
    write_state(data, replace(state, loaded=True))
    (data / HISTORY_FILE).unlink(missing_ok=True)


def history_start_us(now_us: int) -> int:
    """The start of the production day that lies seven production days back."""
    local = now_us + SITE_OFFSET_US - DAY_STARTS_US
    return local - local % DAY_US - HISTORY_DAYS * DAY_US - SITE_OFFSET_US + DAY_STARTS_US


def plant_file_command(state: DemoState) -> list[str]:
    """Prints the plant file with these ports."""
    ports = ["--modbus-port", str(state.modbus_port), "--opcua-port", str(state.opcua_port)]
    return [sys.executable, "-m", "simulators", "plant-file", "--scenario", "demo", *ports]


def simulator_command(data: Path, state: DemoState) -> list[str]:
    """Runs the simulators with the memory of their controllers."""
    return [
        *(sys.executable, "-m", "simulators", "run", "--scenario", "demo"),
        *("--seed", str(state.seed), "--data", str(data / SIMULATORS)),
        *("--modbus-port", str(state.modbus_port), "--opcua-port", str(state.opcua_port)),
    ]


def history_options(data: Path, now_us: int) -> list[str]:
    """What makes the simulators write down their past week before they go live."""
    return [
        *("--history-from", str(history_start_us(now_us)), "--history-until", str(now_us)),
        *("--history-file", str(data / HISTORY_FILE)),
    ]


def is_free(port: int) -> bool:
    """Whether nobody listens on a loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
