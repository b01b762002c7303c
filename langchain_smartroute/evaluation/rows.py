"""Rows of outcomes as read: texts dictionary-encoded, numbers as floats, NaN where unknown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError

__all__ = [
    "NEEDED",
    "NUMBERS",
    "TEXTS",
    "Coded",
    "OutcomeRows",
    "score_of",
    "seconds_of",
    "stacked",
    "text_of",
]

NEEDED = ("prompt", "model", "score")
"""Columns that every table of outcomes has."""

TEXTS = ("prompt", "model", "dataset", "source", "answer")
NUMBERS = (
    "score",
    "prompt_tokens",
    "completion_tokens",
    "cost_usd",
    "latency_s",
    "prompt_chars",
    "output_chars",
    "logprob",
    "time",
)
_AMOUNTS = tuple(name for name in NUMBERS if name not in ("score", "logprob", "time"))
_ALSO_CALLED = {"source": "split_or_source"}

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A dictionary-encoded column of texts.

    Attributes:
        codes: Index into `values` per row; -1: no text.
        values: The distinct texts.
    """

    codes: npt.NDArray[np.int32]
    values: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str | None]) -> Coded:
        """Encode texts, numbered in order of first occurrence."""
        known: dict[str, int] = {}
        numbers = [-1 if t is None else known.setdefault(t, len(known)) for t in texts]
        return cls(codes=np.array(numbers, np.int32), values=tuple(known))

    def texts(self) -> npt.NDArray[np.str_]:
        """The text of each row; empty where there is none."""
        return np.array([*self.values, ""])[self.codes]

    def sorted(self) -> Coded:
        """The same column with its values in alphabetical order."""
        order = sorted(range(len(self.values)), key=self.values.__getitem__)
        places = np.empty(len(order) + 1, np.int32)
        places[order], places[-1] = np.arange(len(order), dtype=np.int32), -1
        return Coded(codes=places[self.codes], values=tuple(self.values[i] for i in order))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRows:
    """Rows of one file or ledger.

    Attributes:
        prompt: The request's text.
        model: The model that answered.
        dataset: Dataset of the prompt.
        source: Part of that dataset.
        answer: The final answer.
        numbers: Name in `NUMBERS` → a value per row.
    """

    prompt: Coded
    model: Coded
    dataset: Coded
    source: Coded
    answer: Coded
    numbers: Mapping[str, _Floats]

    @classmethod
    def from_records(
        cls, records: Iterable[Mapping[str, object]], *, where: str = "records"
    ) -> OutcomeRows:
        """Read rows that are mappings.

        Args:
            records: The rows.
            where: Name of their source, for errors.

        Raises:
            ConfigurationError: Naming the row and the column that is missing or not a number.
        """
        found = list(records)
        if not found:
            raise ConfigurationError(f"{where}: holds no outcomes; give rows of {_listed()}")
        for number, record in enumerate(found, 1):
            missing = [name for name in NEEDED if record.get(name) in (None, "")]
            if missing:
                raise ConfigurationError(
                    f"{where}, row {number}: no {missing[0]!r}; every row needs {_listed()}"
                )
        texts = {n: Coded.of(text_of(_field(r, n)) for r in found) for n in TEXTS}
        numbers = {
            n: np.array([_number(r, n, f"{where}, row {i}") for i, r in enumerate(found, 1)])
            for n in NUMBERS
        }
        return cls(**texts, numbers=numbers).checked(where)

    def checked(self, where: str) -> OutcomeRows:
        """Check that every score is in [0, 1], and no amount negative or infinite.

        Raises:
            ConfigurationError: Naming the first row with a score or an amount that cannot be.
        """
        scores = self.numbers["score"]
        wrong = ~((scores >= 0) & (scores <= 1))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            fault = (
                "no score; leave the row out, or give it one"
                if np.isnan(scores[row])
                else f"score = {scores[row]:g} is not in [0, 1]; divide scores by the best possible"
            )
            raise ConfigurationError(f"{where}, row {row + 1}: {fault}")
        for name in _AMOUNTS:
            values = self.numbers[name]
            odd = (values < 0) | np.isinf(values)
            if odd.any():
                row = int(np.flatnonzero(odd)[0])
                raise ConfigurationError(
                    f"{where}, row {row + 1}: {name} = {values[row]:g} cannot be; correct it,"
                    " or leave it out where it is unknown"
                )
        return self


def stacked(parts: Sequence[OutcomeRows]) -> OutcomeRows:
    """Concatenate the rows of several parts."""
    if not parts:
        raise ConfigurationError(f"no outcomes were given; give rows of {_listed()}")
    if len(parts) == 1:
        return parts[0]
    texts = {name: _joined([getattr(part, name) for part in parts]) for name in TEXTS}
    numbers = {name: np.concatenate([part.numbers[name] for part in parts]) for name in NUMBERS}
    return OutcomeRows(**texts, numbers=numbers)


def _joined(columns: Sequence[Coded]) -> Coded:
    known: dict[str, int] = {}
    codes = []
    for column in columns:
        numbers = [known.setdefault(value, len(known)) for value in column.values]
        codes.append(np.array([*numbers, -1], np.int32)[column.codes])
    return Coded(codes=np.concatenate(codes), values=tuple(known))


def _field(record: Mapping[str, object], name: str) -> object:
    return record.get(name, record.get(_ALSO_CALLED.get(name, name)))


def text_of(value: object) -> str | None:
    """A cell as text; nested values, such as an answer's tool calls, as JSON."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping | list | tuple):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = str(value)
    # Half of a surrogate pair, where a text was cut, can be neither written nor shown.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _number(record: Mapping[str, object], name: str, where: str) -> float:
    value = record.get(name)
    if value is None or value == "":
        return float("nan")
    try:
        if name == "time" and isinstance(value, str | datetime):
            return seconds_of(str(value))
        return float(str(value)) if not isinstance(value, bool) else float(value)
    except ValueError:
        wanted = "date or time" if name == "time" else "number"
        raise ConfigurationError(
            f"{where}: {name} = {value!r} is no {wanted}; correct it"
        ) from None


def score_of(value: Any) -> float | None:
    """A score from 0 to 1; `None`: it is none."""
    try:
        score = float(value)
    except (TypeError, ValueError):
        return None
    return score if 0 <= score <= 1 else None


def seconds_of(text: str) -> float:
    """Seconds since 1970, or a date and time, which is in UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return float(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _listed() -> str:
    return ", ".join(NEEDED[:-1]) + f" and {NEEDED[-1]}"
