"""`mes demo`, `mes run`, `mes simulate`. The parent process imports only the standard library."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import click

from mes.core.refusal import Refusal
from mes.features.demo import demo_plant
from mes.features.demo.start import Options, Run, Stopped, mes, speaks_tls
from mes.features.demo.supervisor import Child
from mes.web.addresses import is_loopback

HISTORY_WAIT_S = 120.0

DATA = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), required=True, help="Data folder."
)
PORT = click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)


class SpeedType(click.ParamType[Fraction]):
    """A speed of the plant clock."""

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


@click.command()
@DATA
@PORT
@click.option("--speed", type=SpeedType(), default="1", help="Of the plant clock.")
@click.option("--seed", type=int, default=7, show_default=True, help="Of the simulated plant.")
def demo(data: Path, port: int, speed: Fraction, seed: int) -> None:
    """Run the demo plant: simulators, edge and web, with a week of history."""
    run_ = Run.begin(Options(data=data.absolute(), port=port, speed=speed))
    sys.exit(_foreground(run_, lambda: _prepare_demo(run_, seed)))


@click.command()
@click.option(
    "--plant",
    "plant_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Plant file; without one the plant is what people set up in the browser.",
)
@DATA
@PORT
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--plain-http", is_flag=True, help="Allow another address without TLS.")
def run(plant_file: Path | None, data: Path, port: int, host: str, plain_http: bool) -> None:
    """Run a plant: edge and web. An empty one is set up in the browser."""
    run_ = Run.begin(Options(data=data.absolute(), port=port, host=host, plain_http=plain_http))
    sys.exit(_foreground(run_, lambda: _prepare_plant(run_, plant_file)))


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def simulate(arguments: tuple[str, ...]) -> None:
    """Run the plant simulator alone (--scenario, --seed, --speed ...), or `verify` the MES."""
    if arguments[:1] == ("verify",):
        from mes.features.verify.cli import verify

        verify.main(list(arguments[1:]), prog_name="mes simulate verify", standalone_mode=False)
        return
    os.execv(  # noqa: S606 - our own program
        sys.executable, [sys.executable, "-m", "simulators", "run", *arguments]
    )


def _foreground(run_: Run, prepare: Callable[[], None]) -> int:
    try:
        prepare()
        return run_.serve()
    except Stopped:
        return 0
    finally:
        run_.end()


def _prepare_plant(run_: Run, plant_file: Path | None) -> None:
    prepare = mes("prepare", "--data", str(run_.options.data))
    if plant_file is not None:
        prepare += ["--plant", str(plant_file)]
    if not is_loopback(run_.options.host) and not speaks_tls():
        prepare.append("--plain-http")
    run_.do(prepare, "the preparation")


def _prepare_demo(run_: Run, seed: int) -> None:
    data, supervisor = run_.options.data, run_.supervisor
    state = demo_plant.settle(data, seed)
    file = data / demo_plant.HISTORY_FILE
    command = demo_plant.simulator_command(data, state)
    first = list(command)
    if not state.loaded and not file.exists():
        first += demo_plant.history_options(data, run_.clock.now_us())
    supervisor.start(Child(name="simulators", command=first, again=command))
    status, text = supervisor.run_once(demo_plant.plant_file_command(state), output=True)
    if status != 0:
        raise Refusal("start_failed", "the simulators print no plant file")
    (data / demo_plant.PLANT_FILE).write_bytes(text)
    prepare = mes("prepare", "--data", str(data), "--plant", str(data / demo_plant.PLANT_FILE))
    if state.loaded:
        run_.do(prepare, "the preparation")
        return
    _await_history(run_, file)
    run_.do([*prepare, "--history", str(file)], "the loading of the past week")
    demo_plant.mark_loaded(data, state)


def _await_history(run_: Run, file: Path) -> None:
    from mes.clock import monotonic_s

    deadline = monotonic_s() + HISTORY_WAIT_S
    while not file.exists():
        run_.supervisor.turn(0.1)
        if run_.supervisor.stopping:
            raise Stopped
        if monotonic_s() > deadline:
            raise Refusal("start_failed", "the simulators did not write their past week in time")
