"""The command line `python -m simulators`."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import click

from simulators import life, plc_memory
from simulators.build import Built, build
from simulators.clock import PlantClock, clock_from_environment
from simulators.devices import STROKES_MODULUS
from simulators.faults import Fault, FaultSchedule, parse
from simulators.journal import Journal
from simulators.plant.model import SECOND_US, JobMode
from simulators.runtime import KEEP_EVERY_S, Ports, Runtime, print_line
from simulators.scenarios import SCENARIOS
from simulators.scenarios.model import MODBUS_DEFAULT_PORT, OPCUA_DEFAULT_PORT, Scenario

_MOST_LOST_S = 4 * KEEP_EVERY_S
_PORT = click.IntRange(0, 65_535)


class _FaultType(click.ParamType[Fault]):
    name = "fault"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Fault:
        """Read a fault or say what is wrong with it."""
        if isinstance(value, Fault):
            return value
        try:
            return parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _SpeedType(click.ParamType[Fraction]):
    name = "speed"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Fraction:
        """Read a speed above 0 and at most 1000."""
        try:
            speed = Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            speed = Fraction(0)
        if not 0 < speed <= 1000:
            self.fail(f"{value!r} is no speed above 0 and at most 1000", param, ctx)
        return speed


_SCENARIO = click.Choice(sorted(SCENARIOS))


@click.group()
def main() -> None:
    """A simulated plant with Modbus TCP and OPC UA servers and a journal of the truth."""


@main.command("plant-file")
@click.option("--scenario", type=_SCENARIO, default="demo", show_default=True)
@click.option("--modbus-port", type=_PORT, default=MODBUS_DEFAULT_PORT, show_default=True)
@click.option("--opcua-port", type=_PORT, default=OPCUA_DEFAULT_PORT, show_default=True)
def plant_file(scenario: str, modbus_port: int, opcua_port: int) -> None:
    """Print the plant file of a scenario with the ports filled in."""
    text = SCENARIOS[scenario].plant_file(modbus_port=modbus_port, opcua_port=opcua_port)
    click.echo(text, nl=False)


@main.command()
@click.option("--scenario", type=_SCENARIO, default="demo", show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--speed", type=_SpeedType(), default="1", help="Only without MES_CLOCK.")
@click.option("--start", type=int, default=None, help="Plant time in us, only without MES_CLOCK.")
@click.option("--modbus-port", type=_PORT, default=MODBUS_DEFAULT_PORT, show_default=True)
@click.option("--opcua-port", type=_PORT, default=OPCUA_DEFAULT_PORT, show_default=True)
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=None)
@click.option("--history-from", type=int, default=None, help="Instant in us of plant time.")
@click.option("--history-until", type=int, default=None, help="Instant in us of plant time.")
@click.option("--history-file", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option("--fault", "faults", type=_FaultType(), multiple=True, help="KIND@AT[:FOR]...")
@click.option(
    "--first-strokes",
    type=click.IntRange(0, STROKES_MODULUS - 1),
    default=None,
    help="What the stroke counters of a new plant show; default: the scenario's.",
)
@click.option("--reboot-at", type=float, default=None, help="Same as --fault reboot@SECONDS.")
@click.option("--begin-at", type=int, default=None, help="Plant time in us; off before it.")
@click.option("--stop-at", type=int, default=None, help="Plant time in us; stands still from then.")
def run(
    scenario: str,
    seed: int,
    speed: Fraction,
    start: int | None,
    modbus_port: int,
    opcua_port: int,
    data: Path | None,
    history_from: int | None,
    history_until: int | None,
    history_file: Path | None,
    faults: tuple[Fault, ...],
    first_strokes: int | None,
    reboot_at: float | None,
    begin_at: int | None,
    stop_at: int | None,
) -> None:
    """Run a scenario in the foreground; prints one line of JSON when it serves."""
    parent = life.tie_to_parent()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    given = [history_from, history_until, history_file]
    if any(part is not None for part in given) and any(part is None for part in given):
        raise click.UsageError("--history-from, --history-until and --history-file go together")
    wanted = list(faults)
    if reboot_at is not None:
        wanted.append(parse(f"reboot@{reboot_at}"))
    try:
        clock = clock_from_environment(speed=speed, start_us=start)
        journal = Journal(data)
        chosen = SCENARIOS[scenario]
        if first_strokes is not None:
            chosen = replace(chosen, first_strokes=first_strokes)
        if history_from is not None and history_until is not None and history_file is not None:
            built = _past_days(chosen, seed, history_from, history_until, history_file, journal)
        else:
            built = _fresh(chosen, seed, max(clock.now_us(), begin_at or 0), clock, data, journal)
        asyncio.run(
            _serve(
                built,
                clock,
                journal,
                data,
                wanted,
                parent,
                Ports(modbus=modbus_port, opcua=opcua_port),
                stop_at,
            )
        )
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _fresh(
    scenario: Scenario,
    seed: int,
    begin: int,
    clock: PlantClock,
    data: Path | None,
    journal: Journal,
) -> Built:
    """A plant that begins at plant time `begin`, with the memory of its controllers if any."""
    built = build(scenario, seed=seed, start_us=begin, job_mode=scenario.live_job_mode)
    kept = plc_memory.Kept.NOTHING
    if data is not None:
        kept = plc_memory.restore(data / plc_memory.FILE_NAME, built.plant, built.counters)
    journal.note(begin, "plant", "start", seed=seed, live=True)
    built.plant.listeners.append(journal)
    built.plant.start()
    if kept is plc_memory.Kept.UNCLEAN:
        plc_memory.make_up_for_lost_counts(built.plant, int(_MOST_LOST_S * SECOND_US * clock.speed))
    return built


def _past_days(
    scenario: Scenario, seed: int, begin: int, end: int, file: Path, journal: Journal
) -> Built:
    """A plant that worked through past days, written to the history file."""
    if begin >= end:
        raise click.UsageError("--history-until must lie after --history-from")
    from simulators.history import write_history

    built = build(scenario, seed=seed, start_us=begin, job_mode=JobMode.CYCLE)
    journal.note(begin, "plant", "start", seed=seed, live=False)
    built.plant.listeners.append(journal)
    write_history(built, until=end, path=file)
    built.plant.job_mode = scenario.live_job_mode
    journal.note(end, "plant", "live")
    return built


async def _serve(
    built: Built,
    clock: PlantClock,
    journal: Journal,
    data: Path | None,
    faults: list[Fault],
    parent: int,
    ports: Ports,
    stop_at: int | None,
) -> None:
    runtime = Runtime(
        built,
        clock=clock,
        journal=journal,
        directory=data,
        faults=FaultSchedule(faults),
        parent=parent,
        stop_at=stop_at,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, runtime.stop)
    loop.add_signal_handler(signal.SIGUSR1, runtime.halt)
    await runtime.run(ports, print_line)
