"""What a scenario says: the machines, the devices they hang on, the tags, the people."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files

from simulators.plant.model import JobMode, MachineSpec

MODBUS_DEFAULT_PORT = 1502
OPCUA_DEFAULT_PORT = 4840


class DeviceKind(StrEnum):
    """Which register map a Modbus unit has."""

    PRESS_PLC = "press_plc"
    REMOTE_IO = "remote_io"
    METER = "meter"
    FURNACE = "furnace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A Modbus unit; `source` is its id in the plant file, `machines` hang on it in this order."""

    unit: int
    kind: DeviceKind
    source: str
    machines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNode:
    """A machine on the OPC UA server: `prefix` begins its node ids, `tag_prefix` its tags."""

    machine: str
    source: str
    prefix: str
    tag_prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A person of the plant; `shift` D or N; `machines` are those they look after."""

    badge: str
    name_ko: str
    name_en: str
    role: str
    shift: str
    machines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A plant to simulate.

    Attributes:
        machines: those that work by themselves.
        cell: machines in a row with buffers of `buffer_size` pieces between; may be empty.
        live_job_mode: what live machines do when a job's quantity is made.
        first_strokes: what the stroke counters of a new plant show.
    """

    name: str
    machines: tuple[MachineSpec, ...]
    cell: tuple[MachineSpec, ...] = ()
    buffer_size: int = 4
    devices: tuple[Device, ...]
    nodes: tuple[CellNode, ...] = ()
    workers: tuple[Worker, ...] = ()
    live_job_mode: JobMode = JobMode.CYCLE
    first_strokes: int = 0
    scrap_reasons: tuple[str, ...] = field(default=("burr", "dent", "crack", "dimension"))

    def plant_file(self, *, modbus_port: int, opcua_port: int) -> str:
        """The scenario's plant file with the ports filled in."""
        text = (files(__package__) / f"{self.name}.plant.yaml").read_text(encoding="utf-8")
        return text.replace(f"port: {MODBUS_DEFAULT_PORT}", f"port: {modbus_port}").replace(
            f"127.0.0.1:{OPCUA_DEFAULT_PORT}", f"127.0.0.1:{opcua_port}"
        )
