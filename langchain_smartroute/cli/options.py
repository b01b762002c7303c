"""Options that several verbs have."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import typer

__all__ = ["CatalogOption", "Format", "FormatOption", "TierName", "TierOption"]


class Format(StrEnum):
    """How a verb shows what it found."""

    TABLE = "table"
    JSON = "json"


class TierName(StrEnum):
    """The tiers, as the command line takes them."""

    BUDGET = "budget"
    BALANCED = "balanced"
    QUALITY = "quality"

    @property
    def tier(self) -> Literal["budget", "balanced", "quality"]:
        """The tier, as the package takes it."""
        return self.value


FormatOption = Annotated[Format, typer.Option("--format", help="A table to read or JSON.")]
TierOption = Annotated[TierName, typer.Option("--tier", help="How to trade money for quality.")]
CatalogOption = Annotated[
    str,
    typer.Option(
        "--catalog", metavar="NAME|FILE", help="default, openai, openrouter, or a TOML file."
    ),
]
