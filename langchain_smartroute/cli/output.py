"""How values are shown: exact money, plain JSON, text that fits the terminal."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["console", "plain", "print_hanging", "print_json", "shown_usd"]

_HANG = 4


def console(*, stderr: bool = False) -> Console:
    """A console that shows text as it is: no markup, no emoji codes, no guessed colours."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def shown_usd(amount: Decimal | None) -> str:
    """US dollars to the last digit, or `unknown`."""
    return "unknown" if amount is None else f"${amount:f}"


def plain(value: Any) -> Any:
    """A value as JSON has it; money as an exact string, what is unknown as `None`."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def print_json(value: Any) -> None:
    """Write a value as JSON to stdout."""
    typer.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def print_hanging(lines: Iterable[str], *, width: int) -> None:
    """Write lines to stdout, each broken between words where it is too long.

    Args:
        lines: Lines of text, each with its own indentation, which the lines
            that it is broken into keep.
        width: Columns of the terminal.
    """
    for line in lines:
        own = len(line) - len(line.lstrip())
        typer.echo(
            textwrap.fill(
                line,
                width=width,
                subsequent_indent=" " * (own + _HANG),
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
