"""The command's verbs, and what its exit codes mean.

0: done. 1: an error of ours, as plain text on stderr. 2: wrong usage. 3: too few outcomes to
promise anything (`calibrate`).
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import langchain_smartroute
from langchain_smartroute.cli.bench import bench
from langchain_smartroute.cli.calibrate import calibrate
from langchain_smartroute.cli.decisions import decisions
from langchain_smartroute.cli.demo import demo
from langchain_smartroute.cli.evaluate import evaluate
from langchain_smartroute.cli.explain import explain
from langchain_smartroute.cli.models import models
from langchain_smartroute.cli.prices import prices
from langchain_smartroute.cli.report import report
from langchain_smartroute.cli.sandbox import sandbox
from langchain_smartroute.cli.train import train
from langchain_smartroute.errors import SmartRouteError

__all__ = ["app"]


class _PlainErrors(TyperGroup):
    """Shows our own exceptions as text; anything else is a bug and keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except SmartRouteError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    name="smartroute",
    cls=_PlainErrors,
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
    """Each request to the cheapest model that answers it well."""


for verb in (calibrate, decisions, demo, explain, models, report, sandbox, train):
    app.command()(verb)
app.add_typer(evaluate, name="evaluate")
app.add_typer(bench)
app.add_typer(prices)
