"""`smartroute explain`: where a request would go and why; calls no model."""

from __future__ import annotations

import sys
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.cli.gateway import deciding_router
from langchain_smartroute.cli.options import (
    CatalogOption,
    Format,
    FormatOption,
    TierName,
    TierOption,
)
from langchain_smartroute.cli.output import console, print_hanging, print_json

__all__ = ["explain"]


def _dollars(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"{text!r} is no amount of US dollars, such as 0.01")
    return amount


def explain(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="The request; - reads it from standard input.")
    ],
    *,
    tier: TierOption = TierName.BALANCED,
    catalog: CatalogOption = "default",
    max_cost_usd: Annotated[
        Decimal | None,
        typer.Option(
            "--max-cost-usd", metavar="USD", parser=_dollars, help="Ceiling on the estimated cost."
        ),
    ] = None,
    policy: Annotated[
        str,
        typer.Option(
            "--policy", metavar="NAME|FILE", help="table, quality, or a saved quality policy."
        ),
    ] = "table",
    output: FormatOption = Format.TABLE,
) -> None:
    """Show which model would answer a request, and why. Calls no model, needs no key."""
    prompt = sys.stdin.read() if text == "-" else text
    if not prompt.strip():
        raise typer.BadParameter("there is no text to explain", param_hint="TEXT")
    router = deciding_router(
        Catalog.load(catalog),
        tier=tier.tier,
        max_cost_usd=max_cost_usd,
        policy=policy if policy in ("table", "quality") else {"quality": policy},
    )
    decision = router.explain(prompt)
    if output is Format.JSON:
        print_json(decision)
    else:
        print_hanging(str(decision).splitlines(), width=console().width)
