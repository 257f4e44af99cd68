"""The template of a PackML machine against a real server with its nodes."""

from __future__ import annotations

from connectors.clock import PlantClock, real_now_us
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.runtime.source_check import open_and_read
from connectors.sdk.connector import ConnectorContext
from connectors.templates.catalogue import Catalogue
from connectors.templates.expansion import source_of
from mes.ports import free_port
from tests.connectors.opcua.companion_server import PLANT, companion_server


async def test_state_counts_and_speed_of_a_packml_machine_are_read() -> None:
    port = free_port()
    template = Catalogue().get("packml-machine", 1)
    place = {
        "endpoint": f"opc.tcp://127.0.0.1:{port}",
        "machine": [f"nsu={PLANT};Packer"],
        "policy": "none",
        "mode": "none",
        "allow_insecure": True,
    }
    source = OpcuaSource.model_validate({**source_of(template, place), "id": "packer"})
    async with companion_server(port):
        clock = PlantClock.starting_at(real_now_us())
        connector = OpcuaConnector(source, ConnectorContext(clock=clock))
        reading = await open_and_read(connector)
        await connector.close()
    values = {sample.tag: sample.value for sample in reading.samples}
    assert values["state"] == "Execute"
    assert (values["processed"], values["defective"], values["speed"]) == (120, 3, 40.0)


def test_every_state_that_a_packml_machine_names_has_a_meaning() -> None:
    state = Catalogue().get("packml-machine", 1).tag("state")
    assert state is not None
    assert state.map is not None
    assert {name: str(meaning) for name, meaning in state.map.items()}["Execute"] == "running"
    assert source_of(Catalogue().get("packml-machine", 1), {}).get("sign_in") is None
