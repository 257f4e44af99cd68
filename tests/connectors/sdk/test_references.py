"""What a configuration made in a browser may name on the edge."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.runtime.configuration import check_source
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.form import form_of
from connectors.sdk.references import check_references
from connectors.sdk.registry import manifest_of


def check(folder: Path, **broker: object) -> None:
    config = check_source(
        {
            "id": "broker",
            "protocol": "mqtt",
            "broker": {"host": "h", "user": "u", "allow_insecure": True, **broker},
            "tags": [{"name": "a", "topic": "a"}],
        }
    )
    check_references(config, form_of(manifest_of("mqtt")), folder)


def test_secrets_that_are_meant_for_pages_are_allowed(tmp_path: Path) -> None:
    check(tmp_path, password="env:MES_SECRET_BROKER")
    check(tmp_path, password=f"file:{tmp_path}/secrets/broker")


@pytest.mark.parametrize("name", ["env:HOME", "env:mes_secret_x", "env:XMES_SECRET_A"])
def test_other_variables_are_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check(tmp_path, password=name)
    assert (caught.value.code, caught.value.field) == ("reference_not_allowed", "broker.password")


@pytest.mark.parametrize("path", ["token", "secrets/../token", "secretsx/a", "../outside"])
def test_other_files_are_refused_even_inside_the_data_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(ConfigurationError, match="reference_not_allowed"):
        check(tmp_path, password=f"file:{tmp_path}/{path}")


def test_a_link_out_of_the_folder_is_followed_before_it_is_judged(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "token").write_text("t")
    (tmp_path / "secrets" / "looks_right").symlink_to(tmp_path / "token")
    with pytest.raises(ConfigurationError, match="reference_not_allowed"):
        check(tmp_path, password=f"file:{tmp_path}/secrets/looks_right")


def test_files_that_are_no_secrets_are_judged_alike(tmp_path: Path) -> None:
    config = check_source(
        {"id": "r", "protocol": "replay", "file": "/etc/passwd", "tags": [{"name": "a"}]}
    )
    with pytest.raises(ConfigurationError) as caught:
        check_references(config, form_of(manifest_of("replay")), tmp_path)
    assert caught.value.field == "file"
