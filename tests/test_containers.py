"""The container files are sound as far as they can be read without an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(ROOT.joinpath("docker-compose.yml"))
    return loaded


def test_the_services_start_in_the_order_of_their_health() -> None:
    services = compose()["services"]
    assert set(services) == {"database", "prepare", "web", "edge", "simulators"}
    assert services["prepare"]["depends_on"]["database"]["condition"] == "service_healthy"
    completed = "service_completed_successfully"
    assert services["web"]["depends_on"]["prepare"]["condition"] == completed
    assert services["edge"]["depends_on"]["web"]["condition"] == "service_healthy"


def test_what_services_use_is_declared() -> None:
    plant = compose()
    for name, service in plant["services"].items():
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in plant["volumes"], name
        for secret in service.get("secrets", ()):
            assert secret in plant["secrets"], name
        for needed in service.get("depends_on", ()):
            assert needed in plant["services"], name


def test_no_service_holds_a_secret_or_listens_on_all_addresses_of_the_box() -> None:
    for service in compose()["services"].values():
        for key, value in (service.get("environment") or {}).items():
            assert "PASSWORD" not in key or key.endswith("_FILE"), value
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")


def test_the_image_runs_as_somebody_without_rights_and_knows_its_health() -> None:
    lines = ROOT.joinpath("Dockerfile").read_text(encoding="utf-8").splitlines()
    instructions = [line.split()[0] for line in lines if line and line[0].isupper()]
    assert lines[[line.startswith("ARG") for line in lines].index(True)].startswith(
        "ARG BASE_IMAGE"
    )
    assert instructions[-1] == "CMD"
    assert "USER mes" in lines
    assert "HEALTHCHECK" in instructions
