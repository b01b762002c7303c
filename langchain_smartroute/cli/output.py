"""Output of the command: exact money, JSON, and text wrapped to the terminal."""

from __future__ import annotations

import dataclasses
import json
import math
import textwrap
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["console", "json_text", "plain", "print_hanging", "print_json", "shown_usd"]

_HANG = 4


def console(*, stderr: bool = False) -> Console:
    """A console without markup, emoji codes or automatic highlighting."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def shown_usd(amount: Decimal | None) -> str:
    """US dollars to the last digit, or `unknown`."""
    return "unknown" if amount is None else f"${amount:f}"


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Write a value as JSON to stdout; money as an exact string, what is unknown as `null`."""
    typer.echo(json_text(value, indent=indent))


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """A value as JSON; money as an exact string, what is unknown as `null`."""
    return json.dumps(_known(value), default=plain, ensure_ascii=False, indent=indent)


def _known(value: Any) -> Any:
    """The same without floats that are not finite, which JSON cannot say, as `None`."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _known(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_known(each) for each in value]
    if dataclasses.is_dataclass(value):
        return _known(plain(value))
    return value


def plain(value: Any) -> Any:
    """Convert a value to a JSON value."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def print_hanging(lines: Iterable[str], *, width: int) -> None:
    """Print lines, wrapped between words where they are too long.

    Args:
        lines: Lines of text. What is broken off a line that is laid out with
            spaces is indented further than it.
        width: Columns of the terminal.
    """
    for line in lines:
        indentation = len(line) - len(line.lstrip()) + (_HANG if "  " in line else 0)
        typer.echo(
            textwrap.fill(
                line,
                width=width,
                subsequent_indent=" " * indentation,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
