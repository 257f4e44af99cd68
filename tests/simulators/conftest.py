"""The independent Modbus peer of these tests, installed when it is missing."""

from __future__ import annotations

import shutil
import subprocess

import pytest


@pytest.fixture(scope="session")
def mbpoll() -> str:
    """The path of mbpoll (which uses libmodbus); a machine that cannot have it fails the test."""
    if shutil.which("mbpoll") is None:
        subprocess.run(["apt-get", "install", "-y", "-qq", "mbpoll"], check=False, timeout=180)
    if shutil.which("mbpoll") is None:
        subprocess.run(["apt-get", "update", "-qq"], check=False, timeout=180)
        subprocess.run(["apt-get", "install", "-y", "-qq", "mbpoll"], check=False, timeout=180)
    path = shutil.which("mbpoll")
    if path is None:
        pytest.fail("mbpoll is missing and could not be installed: apt-get install mbpoll")
    return path
