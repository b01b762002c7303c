"""The verbs of the command, and its exit codes.

0: done. 1: an error of ours, as plain text on stderr. 2: wrong usage. 3: too few outcomes to
promise anything (`calibrate`).
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import langchain_smartroute
from langchain_smartroute.errors import SmartRouteError

__all__ = ["app"]

_VERBS = (
    "calibrate",
    "decisions",
    "demo",
    "explain",
    "models",
    "report",
    "sandbox",
    "train",
    "evaluate",
    "bench",
    "prices",
)
"""The verbs in the order of the help, each in the module of its name. Modules are imported on
use, so that a report does not wait for the benchmarks' imports."""


class _Verbs(TyperGroup):
    """Shows this package's exceptions as text; any other is a bug and keeps its traceback."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's own arguments
        """The verbs, in the order of the help."""
        return list(_VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - as above
        """A verb, imported now."""
        if cmd_name not in _VERBS:
            return None
        verb = getattr(import_module(f"langchain_smartroute.cli.{cmd_name}"), cmd_name)
        if isinstance(verb, typer.Typer):
            group = typer.main.get_group(verb)
            group.name = cmd_name
            return _in_whole_paragraphs(group)
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(verb)
        return _in_whole_paragraphs(typer.main.get_command(alone))

    def invoke(self, ctx: Any) -> Any:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except SmartRouteError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(1) from error


def _in_whole_paragraphs(command: Any) -> Any:
    """A command whose help is broken at the terminal's width, not where its docstring is."""
    paragraphs = (command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    for verb in getattr(command, "commands", {}).values():
        _in_whole_paragraphs(verb)
    return command


app = typer.Typer(
    name="smartroute",
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the flag's value
    if wanted:
        typer.echo(f"smartroute {langchain_smartroute.__version__}")
        raise typer.Exit


@app.callback()
def smartroute(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Route each request to the cheapest model that answers it well."""
