"""The simulator as a process: it serves, ends when told or orphaned, and keeps its counters."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.simulators.helpers import (
    RawClient,
    SimulatorProcess,
    journal,
    pieces,
    read_line,
    seoul_us,
    simulator,
)

PRESS = ("--scenario", "press", "--seed", "33")
"""With this seed the press runs for more than half an hour before its first stop."""

MONDAY = str(seoul_us(23, 13, 30))


def _press(*more: str) -> tuple[str, ...]:
    return (*PRESS, "--start", MONDAY, *more)


def test_polled_counters_equal_the_journal_at_speed_60(tmp_path: Path) -> None:
    polls: list[tuple[int, int]] = []
    with simulator(*_press("--speed", "60", "--data", str(tmp_path))) as running:
        client = RawClient(running.modbus_port)
        until = time.monotonic() + 3.0
        while time.monotonic() < until:
            _, strokes, high, low = client.registers(1, 3, 0, 4)
            polls.append((strokes, (high << 16) + low))
            time.sleep(0.010)
        running.end()
        client.close()
    made = sum((b[0] - a[0]) % 65_536 for a, b in itertools.pairwise(polls))
    lines = journal(tmp_path)
    counted = pieces(lines, "press-1")
    first = (polls[0][0] - 65_300) % 65_536
    after_last_poll = sum(counted.values()) - first - made
    assert len(polls) > 100
    assert made > 40
    assert 0 <= after_last_poll <= 5
    kept = json.loads((tmp_path / "plc-memory.json").read_text())["machines"]["press-1"]
    assert kept["total"] == sum(counted.values())
    assert kept["rejects"] == counted[False]


def test_an_answer_is_never_older_than_its_request(tmp_path: Path) -> None:
    clock = (int(MONDAY), time.monotonic_ns())
    environment = {"MES_CLOCK": f"{clock[0]}:{clock[1]}:60"}
    asked: list[tuple[int, int, int]] = []

    def plant_us() -> int:
        return clock[0] + (time.monotonic_ns() - clock[1]) * 60 // 1000

    with simulator(*PRESS, "--data", str(tmp_path), environment=environment) as running:
        client = RawClient(running.modbus_port)
        for _ in range(40):
            before = plant_us()
            shown = client.registers(1, 3, 1, 1)[0]
            asked.append((before, plant_us(), (shown - 65_300) % 65_536))
            time.sleep(0.013)
        running.end()
        client.close()
    made = [line["t"] for line in journal(tmp_path) if line["kind"] == "part"]
    for before, after, shown in asked:
        assert sum(t <= before for t in made) <= shown <= sum(t <= after for t in made)


def test_a_signal_lets_the_plant_stand_still_at_once(tmp_path: Path) -> None:
    with simulator(*_press("--speed", "60", "--data", str(tmp_path))) as running:
        client = RawClient(running.modbus_port)
        running.process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + 5
        while not any(line.get("action") == "halt" for line in journal(tmp_path)):
            assert time.monotonic() < until, "no halt in the journal"
            time.sleep(0.05)
        shown = client.registers(1, 3, 1, 1)
        time.sleep(0.2)
        assert client.registers(1, 3, 1, 1) == shown
        client.close()
        running.end()


def test_the_journal_tells_when_a_change_was_first_asked_about(tmp_path: Path) -> None:
    begin_at = int(MONDAY) + 30_000_000
    arguments = _press("--speed", "60", "--data", str(tmp_path), "--begin-at", str(begin_at))
    with simulator(*arguments) as running:
        client = RawClient(running.modbus_port)
        until = time.monotonic() + 5
        while client.registers(1, 3, 0, 1) == [0]:
            assert time.monotonic() < until
            time.sleep(0.01)
        client.registers(1, 3, 0, 1)
        client.close()
        running.end()
    lines = journal(tmp_path)
    changes = [line["t"] for line in lines if line["kind"] == "state"]
    seen = [line for line in lines if line["kind"] == "seen"]
    assert [line["changed_at"] for line in seen] == changes[: len(seen)]
    assert begin_at <= seen[0]["t"] < begin_at + 30_000_000


def test_before_the_instant_given_the_plant_is_off_and_counts_nothing(tmp_path: Path) -> None:
    begin_at = int(MONDAY) + 60_000_000
    arguments = _press("--speed", "60", "--data", str(tmp_path), "--begin-at", str(begin_at))
    with simulator(*arguments) as running:
        client = RawClient(running.modbus_port)
        assert client.registers(1, 3, 0, 2) == [0, 65_300]
        until = time.monotonic() + 5
        while client.registers(1, 3, 0, 2)[1] == 65_300:
            assert time.monotonic() < until
            time.sleep(0.01)
        client.close()
        running.end()
    lines = journal(tmp_path)
    assert lines[0]["action"] == "start"
    assert min(line["t"] for line in lines) == begin_at


def test_the_plant_stands_still_from_the_instant_given_and_is_served_on(tmp_path: Path) -> None:
    stop_at = int(MONDAY) + 60_000_000
    arguments = _press("--speed", "60", "--data", str(tmp_path), "--stop-at", str(stop_at))
    with simulator(*arguments) as running:
        client = RawClient(running.modbus_port)
        until = time.monotonic() + 5
        while not any(line.get("action") == "halt" for line in journal(tmp_path)):
            assert time.monotonic() < until, "no halt in the journal"
            time.sleep(0.05)
        shown = client.registers(1, 3, 1, 1)[0]
        time.sleep(0.3)
        assert client.registers(1, 3, 1, 1)[0] == shown
        client.close()
        running.end()
    lines = journal(tmp_path)
    assert [line["t"] for line in lines if line.get("action") == "halt"] == [stop_at]
    assert max(line["t"] for line in lines if line["kind"] == "part") <= stop_at
    made = sum(pieces(lines, "press-1").values())
    assert made > 20
    assert (shown - 65_300) % 65_536 == made


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_a_second(tmp_path: Path, number: signal.Signals) -> None:
    with simulator(*_press("--data", str(tmp_path))) as running:
        client = RawClient(running.modbus_port)
        client.registers(1, 3, 0, 6)
        took = running.end(number)
        client.close()
        assert running.process.returncode == 0
    assert took < 1.0
    assert journal(tmp_path)[-1]["action"] == "stop"


def test_the_demo_plant_with_opc_ua_ends_within_a_second(tmp_path: Path) -> None:
    with simulator("--opcua-port", "0", "--data", str(tmp_path)) as running:
        assert running.ready["opcua_port"] > 0
        assert running.end() < 1.0
        assert running.process.returncode == 0


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'simulators', 'run', '--scenario',"
        " 'press', '--modbus-port', '0'], stdout=sys.stdout)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    child = int(read_line(parent, 10))
    assert parent.stdout is not None
    assert json.loads(parent.stdout.readline())["ready"]
    parent.kill()
    parent.wait(5)
    _wait_until_gone(child, 2.0)
    parent.stdout.close()


def test_it_ends_when_the_life_pipe_closes() -> None:
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators", "run", *PRESS, "--modbus-port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[read_end],
        env={**os.environ, "MES_LIFE_FD": str(read_end)},
    )
    os.close(read_end)
    read_line(process, 10)
    os.close(write_end)
    assert process.wait(2) == 0
    assert process.stdout is not None
    process.stdout.close()


def _wait_until_gone(pid: int, within_s: float) -> None:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} still lives")


def _strokes(running: SimulatorProcess) -> int:
    client = RawClient(running.modbus_port)
    value = client.registers(1, 3, 1, 1)[0]
    client.close()
    return value


def test_counters_and_jobs_survive_a_restart(tmp_path: Path) -> None:
    with simulator(*_press("--speed", "60", "--data", str(tmp_path))) as running:
        time.sleep(0.7)
        before = _strokes(running)
        running.end()
    later = str(int(MONDAY) + 120_000_000)
    again = (*PRESS, "--start", later, "--speed", "1", "--data", str(tmp_path))
    with simulator(*again) as running:
        after = _strokes(running)
        running.end()
    assert 0 <= (after - before) % 65_536 <= 5
    lines = journal(tmp_path)
    started = [line["order"] for line in lines if line.get("action") == "start" and line["unit"]]
    assert started == ["P1-0001"]
    assert (after - 65_300) % 65_536 == sum(pieces(lines, "press-1").values())


def test_counters_never_go_back_over_a_kill(tmp_path: Path) -> None:
    with simulator(*_press("--speed", "60", "--data", str(tmp_path))) as running:
        time.sleep(1.3)
        before = _strokes(running)
        running.process.kill()
        running.process.wait(5)
    later = str(int(MONDAY) + 120_000_000)
    again = (*PRESS, "--start", later, "--speed", "60", "--data", str(tmp_path))
    with simulator(*again) as running:
        after = _strokes(running)
        running.end()
    assert 0 <= (after - before) % 65_536 < 200
    lines = journal(tmp_path)
    kept = json.loads((tmp_path / "plc-memory.json").read_text())["machines"]["press-1"]
    assert kept["total"] == sum(pieces(lines, "press-1").values())


def test_it_shares_the_clock_of_its_parent(tmp_path: Path) -> None:
    anchor = int(MONDAY)
    clock = {"MES_CLOCK": f"{anchor}:{time.monotonic_ns()}:60"}
    arguments = (*PRESS, "--data", str(tmp_path), "--speed", "1")
    with simulator(*arguments, environment=clock) as running:
        _strokes(running)
        running.end()
    instants = [line["t"] for line in journal(tmp_path)]
    assert anchor < instants[0] < anchor + 10 * 60_000_000
    assert instants == sorted(instants)


def test_past_days_are_written_and_the_plant_goes_on(tmp_path: Path) -> None:
    begin, end = seoul_us(23, 8), seoul_us(24, 14, 10)
    file = tmp_path / "history.jsonl"
    with simulator(
        *("--scenario", "demo", "--start", str(end), "--speed", "60", "--opcua-port", "0"),
        *("--history-from", str(begin), "--history-until", str(end)),
        *("--history-file", str(file), "--data", str(tmp_path)),
    ) as running:
        assert file.exists()
        client = RawClient(running.modbus_port)
        shown = client.registers(1, 3, 0x21, 1)[0]
        client.close()
        running.end()
    last = 0
    for line in file.read_text(encoding="utf-8").splitlines():
        for record in json.loads(line).get("records", []):
            last = record[3] if record[2] == "press2_strokes" else last
    assert 0 <= (shown - last) % 65_536 < 400
    lines = journal(tmp_path)
    assert [line["action"] for line in lines if line["kind"] == "plant"] == [
        "start",
        "live",
        "stop",
    ]


def test_a_dropped_link_comes_back_on_the_same_port(tmp_path: Path) -> None:
    arguments = _press("--data", str(tmp_path), "--fault", "link-drop@0.3:0.4")
    with simulator(*arguments) as running:
        client = RawClient(running.modbus_port, timeout_s=5)
        assert client.socket.recv(1) == b""
        client.close()
        until = time.monotonic() + 3
        while True:
            try:
                assert _strokes(running) >= 0
                break
            except ConnectionError:
                assert time.monotonic() < until
                time.sleep(0.02)
        running.end()
    faults = [line["action"] for line in journal(tmp_path) if line["kind"] == "fault"]
    assert faults == ["begin", "end"]


def test_a_rebooted_controller_counts_from_zero(tmp_path: Path) -> None:
    arguments = _press("--data", str(tmp_path), "--fault", "reboot@0.2:0.2")
    with simulator(*arguments) as running:
        assert _strokes(running) > 65_000
        until = time.monotonic() + 5
        while True:
            client = RawClient(running.modbus_port, timeout_s=0.3)
            try:
                strokes = client.registers(1, 3, 1, 1)[0]
            except TimeoutError:
                strokes = 65_535
            client.close()
            if strokes < 100:
                break
            assert time.monotonic() < until
        running.end()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--fault", "fire@1"), "no fault 'fire'"),
        (("--speed", "0"), "is no speed"),
        (("--history-from", "5"), "go together"),
        (("--scenario", "moon"), "moon"),
    ],
)
def test_wrong_arguments_are_refused_with_status_2(arguments: tuple[str, ...], words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simulators", "run", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_and_a_foreign_memory_are_refused_with_status_1(tmp_path: Path) -> None:
    (tmp_path / "plc-memory.json").write_text("{}")
    with simulator(*PRESS) as running:
        for extra in (
            ("--modbus-port", str(running.modbus_port)),
            ("--modbus-port", "0", "--data", str(tmp_path)),
        ):
            done = subprocess.run(
                [sys.executable, "-m", "simulators", "run", *PRESS, *extra],
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
            assert done.returncode == 1
            assert done.stderr.startswith("Error: ")
            assert "Traceback" not in done.stderr
        running.end()
