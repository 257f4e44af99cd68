"""The `mes` command: a table of commands, each loaded only when it is called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from mes.core.refusal import Refusal
from mes.web.parent import tie_to_parent

COMMANDS: dict[str, str] = {
    "backup": "mes.features.storage.cli:backup",
    "calendar": "mes.features.calendars.cli:calendar",
    "db": "mes.features.storage.cli:db",
    "demo": "mes.features.demo.cli:demo",
    "edge": "connectors.runtime.commands:edge_command",
    "import": "mes.features.imports.cli:import_command",
    "oee": "mes.features.oee.cli:oee",
    "plant": "mes.features.plant.cli:plant",
    "prepare": "mes.features.demo.prepare:prepare",
    "printer": "mes.features.labels.cli:printer",
    "rebuild": "mes.features.ingest.cli:rebuild",
    "report": "mes.features.schedules.cli:report",
    "restore": "mes.features.storage.cli:restore",
    "run": "mes.features.demo.cli:run",
    "simulate": "mes.features.demo.cli:simulate",
    "source": "connectors.runtime.commands:source_command",
    "template": "connectors.templates.commands:template_command",
    "token": "mes.features.people.cli:token",
    "user": "mes.features.people.cli:user",
    "web": "mes.web.cli:web",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the public commands, sorted; internal ones have no summary."""
        return sorted(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None when there is none."""
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, attribute = target.split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List names without importing every command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in self.list_commands(ctx)])


SUMMARIES: dict[str, str] = {
    "backup": "copy the database in one step, safe while running",
    "calendar": "list calendars, show their days, add public holidays",
    "db": "upgrade or check the database schema",
    "demo": "run the demo plant: simulators, edge and web",
    "edge": "run the connectors alone",
    "import": "check and import masters, orders and calendar days from a spreadsheet",
    "oee": "compute OEE case files",
    "plant": "check, apply or export a plant file",
    "printer": "enter and list label printers",
    "rebuild": "make the projections again from the facts and compare",
    "report": "print an OEE report",
    "restore": "put a backup in place",
    "run": "run a plant: from a plant file, or set up in the browser",
    "simulate": "run the plant simulator alone",
    "source": "list, read or test sources",
    "template": "list, check, import and export device templates",
    "token": "make and revoke tokens of machine clients",
    "user": "manage people and accounts",
    "web": "run the web process alone",
}


@click.group(cls=LazyGroup)
@click.version_option(package_name="pilot-mes")
def cli() -> None:
    """A lightweight MES for pilot factories."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: exit status 0, 1 (refused or failed) or 2 (usage)."""
    tie_to_parent()
    try:
        cli.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except Refusal as refusal:
        click.echo(f"{refusal.code}: {refusal.message}", err=True)
        sys.exit(1)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(1)
    except Exception as error:
        if not _is_of_the_database(error):
            raise
        click.echo(f"database_error: {_first_line(error)}", err=True)
        sys.exit(1)


def _is_of_the_database(error: Exception) -> bool:
    return any(kind.__name__ == "DBAPIError" for kind in type(error).__mro__)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


if __name__ == "__main__":
    main()
