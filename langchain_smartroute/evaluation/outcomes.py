"""Outcomes: measured scores, costs and times, with a row per prompt and a column per model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.rows import NUMBERS, Coded, OutcomeRows, stacked

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Price

__all__ = ["CHARACTERS_A_TOKEN", "OutcomeTable", "listed"]

_Floats = npt.NDArray[np.float64]
_Numbers = npt.NDArray[np.intp]

CHARACTERS_A_TOKEN = 4
"""Characters per token, to estimate an unknown number of tokens."""

_PER_MILLION = 1e-6
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTable:
    """Outcomes of models on prompts, as arrays with a row per prompt and a column per model.

    Unknown values are NaN. Money is held as floats here, since a mean over thousands of rows is
    an estimate anyway; it agrees with exact prices to one part in 10⁹ (tested).

    Attributes:
        prompts: The prompts; no two differ only in white space. Not shown in the repr.
        models: The models, sorted.
        datasets: Dataset of each prompt.
        sources: Part of that dataset, such as a subject.
        score: Quality of each answer, in [0, 1].
        input_tokens: Tokens of each call's prompt.
        output_tokens: Tokens of each answer.
        cost_usd: US dollars of each call.
        latency_s: Seconds of each call.
        logprob: Mean log-probability of each answer's tokens.
        answers: Index of each final answer in `answer_texts`; -1: unknown.
        answer_texts: The distinct final answers. Not shown in the repr.
        times: Seconds since 1970 of each prompt's first row.
        notes: How rows were cleaned: duplicates removed, tokens estimated.

    Example:
        >>> from langchain_smartroute.evaluation import OutcomeTable
        >>> table = OutcomeTable.from_records(
        ...     [
        ...         {"prompt": "2 + 2?", "model": "small", "score": 1},
        ...         {"prompt": "2 + 2?", "model": "large", "score": 1},
        ...         {"prompt": "A proof?", "model": "small", "score": 0},
        ...         {"prompt": "A proof?", "model": "large", "score": 1},
        ...     ]
        ... )
        >>> table
        OutcomeTable(prompts=2, models=2)
        >>> dict(zip(table.models, table.score.mean(axis=0).tolist()))
        {'large': 1.0, 'small': 0.5}
    """

    prompts: tuple[str, ...] = field(repr=False)
    models: tuple[str, ...]
    datasets: npt.NDArray[np.str_]
    sources: npt.NDArray[np.str_]
    score: _Floats
    input_tokens: _Floats
    output_tokens: _Floats
    cost_usd: _Floats
    latency_s: _Floats
    logprob: _Floats
    answers: npt.NDArray[np.int32]
    answer_texts: tuple[str, ...] = field(repr=False)
    times: _Floats
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of prompts."""
        return len(self.prompts)

    def __repr__(self) -> str:
        return f"OutcomeTable(prompts={len(self)}, models={len(self.models)})"

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, object]]) -> OutcomeTable:
        """Build a table from rows with `prompt`, `model`, `score` and optional columns.

        Args:
            records: A mapping per call. Optional keys: `dataset`, `source`,
                `answer`, `time`, `prompt_tokens`, `completion_tokens`, `cost_usd`,
                `latency_s`, `prompt_chars`, `output_chars`, `logprob`.

        Raises:
            ConfigurationError: Naming the row and the column that is missing or not a number.
        """
        return cls.from_rows([OutcomeRows.from_records(records)])

    @classmethod
    def from_rows(cls, parts: Sequence[OutcomeRows]) -> OutcomeTable:
        """Build a table from rows; of several for the same prompt and model the first counts."""
        return _built(stacked(parts))

    def column(self, model: str) -> int:
        """Column index of a model.

        Raises:
            ConfigurationError: If the table has no such model, naming those that it has.
        """
        try:
            return self.models.index(model)
        except ValueError:
            raise ConfigurationError(
                f"model {model!r} is not in the outcomes; they hold {listed(self.models)}"
            ) from None

    def rows(self, wanted: npt.NDArray[np.bool_] | _Numbers) -> OutcomeTable:
        """A table of some of the prompts, by index or by mask."""
        numbers = np.arange(len(self))[wanted]
        arrays = {n: getattr(self, n)[numbers] for n in (*_PER_PROMPT, *_PER_CALL)}
        prompts = tuple(self.prompts[number] for number in numbers.tolist())
        return replace(self, prompts=prompts, **arrays)

    def only(self, models: Sequence[str]) -> OutcomeTable:
        """A table of some models, with the prompts on which all of them have a score."""
        columns = np.array([self.column(model) for model in models], np.intp)
        arrays = {n: getattr(self, n)[:, columns] for n in _PER_CALL}
        chosen = replace(self, models=tuple(models), **arrays)
        known = np.asarray(~np.isnan(chosen.score).any(axis=1))
        if not known.any():
            raise ConfigurationError(
                f"no prompt has a score of each of {listed(models)}; name models that were asked"
                " the same"
            )
        left = len(self) - int(known.sum())
        if not left:
            return chosen
        note = f"{left:,} prompts left out, as a score of one of the models is missing"
        return replace(chosen.rows(known), notes=(*self.notes, note))

    def of_dataset(self, names: Sequence[str]) -> OutcomeTable:
        """A table of the prompts of some datasets.

        Raises:
            ConfigurationError: If a name is unknown.
        """
        there = sorted(set(self.datasets.tolist()))
        unknown = [name for name in names if name not in there]
        if unknown:
            raise ConfigurationError(
                f"dataset {unknown[0]!r} is not in the outcomes; they hold {', '.join(there)}"
            )
        return self.rows(np.isin(self.datasets, list(names)))

    def priced(self, prices: Mapping[str, Price]) -> OutcomeTable:
        """A table with costs at given prices; what has no price or no tokens keeps its cost.

        Args:
            prices: Model → price. Only its input and output rates are used, not its variants.
        """
        cost = self.cost_usd.copy()
        for model, price in prices.items():
            column = self.column(model)
            priced = _PER_MILLION * (
                self.input_tokens[:, column] * float(price.rates["input_usd_per_mtok"])
                + self.output_tokens[:, column] * float(price.rates["output_usd_per_mtok"])
            )
            cost[:, column] = np.where(np.isnan(priced), cost[:, column], priced)
        return replace(self, cost_usd=cost)

    def answer(self, row: int, column: int) -> str | None:
        """The final answer of a model to a prompt; `None` where unknown."""
        number = int(self.answers[row, column])
        return None if number < 0 else self.answer_texts[number]


_PER_PROMPT = ("datasets", "sources", "times")
_PER_CALL = (
    "score",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "latency_s",
    "logprob",
    "answers",
)


def listed(names: Sequence[str]) -> str:
    """The first names of a list, for an error, and how many others there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _built(rows: OutcomeRows) -> OutcomeTable:
    prompts, models = _same_prompts(rows.prompt), rows.model.sorted()
    shape = (len(prompts.values), len(models.values))
    cells = prompts.codes.astype(np.int64) * shape[1] + models.codes
    places, first = np.unique(cells, return_index=True)
    filled = {name: _filled(rows.numbers[name], places, first, shape) for name in NUMBERS}
    # Indices of answers fit into a float64 exactly, as no table has more than 2⁵³ of them.
    answers = _filled(rows.answer.codes.astype(np.float64), places, first, shape, empty=-1.0)
    _, starts = np.unique(prompts.codes, return_index=True)
    estimated, tokens = _tokens(filled, prompts.values)
    notes = [*_duplicates(rows, cells, first), *_merged(rows.prompt, prompts)]
    if estimated:
        notes.append(
            f"tokens of {estimated:,} calls are estimated as characters / {CHARACTERS_A_TOKEN}"
        )
    return OutcomeTable(
        prompts=prompts.values,
        models=models.values,
        datasets=rows.dataset.texts()[starts],
        sources=rows.source.texts()[starts],
        score=filled["score"],
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cost_usd=filled["cost_usd"],
        latency_s=filled["latency_s"],
        logprob=filled["logprob"],
        answers=answers.astype(np.int32),
        answer_texts=rows.answer.values,
        times=rows.numbers["time"][starts],
        notes=tuple(notes),
    )


def _same_prompts(prompts: Coded) -> Coded:
    """Merge prompts that differ only in white space."""
    plain = [" ".join(text.split()) for text in prompts.values]
    kept: dict[str, int] = {}
    numbers = [kept.setdefault(text, len(kept)) for text in plain]
    _, first = np.unique(np.array(numbers, np.intp), return_index=True)
    values = tuple(prompts.values[place] for place in first.tolist())
    return Coded(codes=np.array(numbers, np.int32)[prompts.codes], values=values)


def _filled(
    values: _Floats,
    places: npt.NDArray[np.int64],
    first: _Numbers,
    shape: tuple[int, int],
    *,
    empty: float = np.nan,
) -> _Floats:
    found = np.full(shape[0] * shape[1], empty)
    found[places] = values[first]
    return found.reshape(shape)


def _tokens(filled: Mapping[str, _Floats], prompts: Sequence[str]) -> tuple[int, list[_Floats]]:
    """Number of calls whose tokens were estimated, and the tokens of prompts and answers."""
    lengths = np.array([len(prompt) for prompt in prompts], np.float64)[:, None]
    prompt_chars = np.where(np.isnan(filled["prompt_chars"]), lengths, filled["prompt_chars"])
    there = ~np.isnan(filled["score"])
    known = (filled["prompt_tokens"], filled["completion_tokens"])
    guesses = (prompt_chars / CHARACTERS_A_TOKEN, filled["output_chars"] / CHARACTERS_A_TOKEN)
    found = [np.where(np.isnan(k), g, k) for k, g in zip(known, guesses, strict=True)]
    guessed = np.isnan(known[1]) & ~np.isnan(guesses[1])
    return int((there & guessed).sum()), [np.where(there, tokens, np.nan) for tokens in found]


def _duplicates(rows: OutcomeRows, cells: npt.NDArray[np.int64], first: _Numbers) -> list[str]:
    left_out = len(cells) - len(first)
    if not left_out:
        return []
    scores = rows.numbers["score"]
    kept = np.zeros(len(cells), bool)
    kept[first] = True
    standing = scores[first][np.searchsorted(cells[first], cells[~kept])]
    differ = int((standing != scores[~kept]).sum())
    why = "as prompt and model are those of a row before"
    return [f"{left_out:,} rows left out, {why} ({differ:,} with another score)"]


def _merged(before: Coded, after: Coded) -> list[str]:
    fewer = len(before.values) - len(after.values)
    return [f"{fewer:,} prompts merged that differ in white space alone"] if fewer else []
