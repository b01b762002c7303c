"""Benchmark figures with their spread, as a run writes them and pages quote them."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self

from langchain_smartroute.errors import ConfigurationError

__all__ = ["Figure", "Figures", "Key", "merged", "tell"]

Key = tuple[str, str, str]
"""Table, row and column of a figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One quantity with repeated measurements.

    Attributes:
        table: Name of its table.
        row: Its row: the subject of the measurement.
        column: Its column: the quantity, with its unit.
        samples: The measurements in order; at least one.
    """

    table: str
    row: str
    column: str
    samples: tuple[float, ...]

    @property
    def key(self) -> Key:
        """Its unique key."""
        return self.table, self.row, self.column

    @property
    def value(self) -> float:
        """The median."""
        return median(self.samples)

    @property
    def low(self) -> float:
        """The lowest sample."""
        return min(self.samples)

    @property
    def high(self) -> float:
        """The highest sample."""
        return max(self.samples)

    def as_dict(self) -> dict[str, Any]:
        """The figure as JSON values, with statistics of its samples."""
        spread = {"value": self.value, "low": self.low, "high": self.high}
        rounded = {name: _rounded(number) for name, number in spread.items()}
        samples = [_rounded(sample) for sample in self.samples]
        return {**asdict(self), **rounded, "n": len(self.samples), "samples": samples}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read a figure from the values of `as_dict`; statistics are computed anew."""
        return cls(
            table=str(stored["table"]),
            row=str(stored["row"]),
            column=str(stored["column"]),
            samples=tuple(float(sample) for sample in stored["samples"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one run.

    Attributes:
        made: Date, machine, versions and duration, as JSON values.
        notes: Table → how its figures were measured.
        figures: All of them, in the order of the tables.
    """

    made: Mapping[str, Any]
    notes: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()

    def by_key(self) -> dict[Key, Figure]:
        """Table, row and column → the figure."""
        return {figure.key: figure for figure in self.figures}

    def tables(self) -> dict[str, list[Figure]]:
        """Table → its figures."""
        found: dict[str, list[Figure]] = {}
        for figure in self.figures:
            found.setdefault(figure.table, []).append(figure)
        return found

    def as_dict(self) -> dict[str, Any]:
        """All figures as JSON values."""
        return {
            "made": dict(self.made),
            "notes": dict(self.notes),
            "figures": [figure.as_dict() for figure in self.figures],
        }

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the figures from a file that `smartroute bench all` wrote.

        Raises:
            ConfigurationError: If the file cannot be read, or is of another form.
        """
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            figures = tuple(Figure.from_dict(figure) for figure in stored["figures"])
            return cls(made=stored["made"], notes=stored["notes"], figures=figures)
        except OSError as error:
            raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"{path}: these are no figures; make some: smartroute bench all --out DIR"
            ) from error


def merged(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Merge figures with the same key into one with all samples."""
    samples: dict[Key, list[float]] = {}
    for figure in figures:
        samples.setdefault(figure.key, []).extend(figure.samples)
    return tuple(
        Figure(table=table, row=row, column=column, samples=tuple(found))
        for (table, row, column), found in samples.items()
    )


def tell(figures: Iterable[Figure], *, notes: Mapping[str, str] | None = None) -> None:
    """Print figures in the form that `smartroute bench all` reads, one per line.

    Args:
        figures: The figures.
        notes: Table → how its figures were measured.
    """
    notes_told = [{"table": table, "note": note} for table, note in (notes or {}).items()]
    for line in (*notes_told, *(figure.as_dict() for figure in figures)):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


def _rounded(number: float) -> float:
    """Round to five significant digits, more than the precision of any measurement."""
    if number == 0:
        return 0.0
    return round(number, 4 - math.floor(math.log10(abs(number))))
