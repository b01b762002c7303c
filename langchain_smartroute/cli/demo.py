"""`smartroute demo`: mixed requests through the router, and what they cost."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from langchain_smartroute.accounting import CostCallbackHandler
from langchain_smartroute.catalog import Catalog
from langchain_smartroute.cli.demo_report import DemoReport, print_report
from langchain_smartroute.cli.demo_requests import demo_requests
from langchain_smartroute.cli.demo_run import other_routings, run_demo
from langchain_smartroute.cli.gateway import demo_router
from langchain_smartroute.cli.options import (
    CatalogOption,
    Format,
    FormatOption,
    TierName,
    TierOption,
)
from langchain_smartroute.cli.output import console, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["demo"]

_BASELINE = "gpt-4o"
_KEY_VARIABLE = "SMARTROUTE_API_KEY"


def demo(
    *,
    tier: TierOption = TierName.BALANCED,
    catalog: CatalogOption = "default",
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="A real gateway instead of the sandbox.")
    ] = None,
    api_key_env: Annotated[
        str,
        typer.Option(metavar="NAME", help="The environment variable with that gateway's key."),
    ] = _KEY_VARIABLE,
    requests: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="How many requests.", show_default="all, once"),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Record every call there, for smartroute report."),
    ] = None,
    decisions: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Record every decision there, for smartroute decisions."),
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Route mixed requests and show task, model, cost and savings.

    Needs no key: unless --base-url names a gateway, a local sandbox simulates
    the answers and nothing is spent.
    """
    if base_url is None and api_key_env != _KEY_VARIABLE:
        raise typer.BadParameter("goes with --base-url only", param_hint="--api-key-env")
    loaded = Catalog.load(catalog)
    costs = CostCallbackHandler(_baseline(loaded), catalog=loaded)
    prompts = demo_requests(requests)
    with (
        demo_router(
            loaded,
            tier=tier.tier,
            base_url=base_url,
            api_key_env=api_key_env,
            ledger=ledger,
            on_decision=decisions,
        ) as router,
        _progress(len(prompts), shown=output is Format.TABLE) as on_answer,
    ):
        answers = run_demo(router, prompts, costs=costs, on_answer=on_answer)
        others = other_routings(router, answers, catalog=loaded)
    report = DemoReport(
        base_url=base_url,
        tier=tier.tier,
        catalog=loaded,
        answers=answers,
        costs=costs,
        others=others,
    )
    _show(report, output)


def _baseline(catalog: Catalog) -> str | None:
    """The catalog's baseline; `None` if it has no price."""
    if catalog.baseline is None:
        return _BASELINE
    return catalog.baseline if catalog.baseline_price(catalog.baseline) else None


@contextmanager
def _progress(total: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    """A progress bar on stderr, if it is a terminal; yields the function that advances it."""
    screen = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    hidden = not (shown and screen.is_terminal)
    with Progress(*columns, console=screen, transient=True, disable=hidden) as bar:
        asking = bar.add_task("requests", total=total)
        yield lambda: bar.advance(asking)


def _show(report: DemoReport, output: Format) -> None:
    """Print a report; exits with 1 if a request failed."""
    if output is Format.JSON:
        print_json(report.as_dict())
    elif report.answered:
        print_report(report, console())
    errors = [answer.error for answer in report.answers if answer.error is not None]
    if not errors:
        return
    first = errors[0]
    typer.echo(
        f"Error: {len(errors)} of {len(report.answers)} requests failed; the first with"
        f" {type(first).__name__}: {first}",
        err=True,
    )
    raise typer.Exit(1)
