"""Options of the verbs that work on labelled prompts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["SEED", "DataOption"]

SEED = 5
"""Seed of all random draws of a command."""

DataOption = Annotated[
    list[Path],
    typer.Option(
        "--data",
        metavar="PATH",
        help="Labelled prompts: a JSONL file, also gzipped, or a folder of them. Repeatable.",
    ),
]
