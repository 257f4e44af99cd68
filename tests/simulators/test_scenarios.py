"""The plant files beside the scenarios: valid, and in agreement with them."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from connectors.modbus.config import ModbusSource
from mes.features.plant.schema import PlantFile
from simulators.cli import main
from simulators.scenarios import SCENARIOS


def _plant_file(name: str, *ports: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["plant-file", "--scenario", name, *ports])
    assert result.exit_code == 0
    loaded: dict[str, Any] = YAML(typ="safe").load(result.output)
    return loaded


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_plant_file_has_the_form_the_mes_takes(name: str) -> None:
    content = _plant_file(name)
    PlantFile.model_validate(content)
    for source in content["sources"]:
        if source["protocol"] == "modbus":
            ModbusSource.model_validate(source)


def test_ports_are_filled_in_everywhere() -> None:
    content = _plant_file("demo", "--modbus-port", "15020", "--opcua-port", "48400")
    ports = {source["link"]["port"] for source in content["sources"] if "link" in source}
    endpoints = {s["endpoint"] for s in content["sources"] if "endpoint" in s}
    assert ports == {15_020}
    assert endpoints == {"opc.tcp://127.0.0.1:48400"}


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_machines_rates_units_and_reasons_agree_with_the_scenario(name: str) -> None:
    scenario = SCENARIOS[name]
    content = _plant_file(name)
    machines = {spec.id: spec for spec in (*scenario.machines, *scenario.cell)}
    units = {unit["id"]: unit for line in content["lines"] for unit in line["work_units"]}
    assert set(units) == set(machines)
    for unit_id, unit in units.items():
        rates = {item: float(rate) for item, rate in unit["ideal_cycle_s"].items()}
        assert rates == machines[unit_id].ideal_cycle_s
    reasons = {reason["code"] for reason in content["reasons"]}
    told = {cause.reason for spec in machines.values() for cause in spec.causes}
    told |= {spec.changeover.reason for spec in machines.values()}
    assert told | {"blocked", "starved", *scenario.scrap_reasons} <= reasons
    modbus = {source["id"]: source["unit"] for source in content["sources"] if "unit" in source}
    assert modbus == {device.source: device.unit for device in scenario.devices}


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_signal_names_a_tag_of_a_source(name: str) -> None:
    content = _plant_file(name)
    tags = {f"{s['id']}/{tag['name']}" for s in content["sources"] for tag in s["tags"]}
    for line in content["lines"]:
        for unit in line["work_units"]:
            for signal in unit["signals"].values():
                assert signal.get("tag", signal.get("lamp")) in tags
