"""Options of the verbs that use outcomes of models, and the resulting table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langchain_smartroute.errors import ConfigurationError

if TYPE_CHECKING:
    from langchain_smartroute.evaluation.outcomes import OutcomeTable

__all__ = [
    "DatasetOption",
    "ModelOption",
    "OutcomesOption",
    "PriceOption",
    "ScoresOption",
    "SeedOption",
    "named_models",
    "price_names",
    "wanted_table",
]

OutcomesOption = Annotated[
    list[str],
    typer.Option(
        "--outcomes",
        metavar="PATH|URL",
        help="Outcomes: a parquet, CSV or JSONL file, a folder of them, a ledger. Repeatable.",
    ),
]
DatasetOption = Annotated[
    list[str] | None,
    typer.Option("--dataset", metavar="NAME", help="Only prompts of this set. Repeatable."),
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option("--model", metavar="NAME", help="A model of the pool; else all. Repeatable."),
]
PriceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--price", metavar="MODEL=IN/OUT", help="US dollars per million tokens. Repeatable."
    ),
]
ScoresOption = Annotated[
    Path | None,
    typer.Option("--scores", metavar="FILE", help="Scores of a ledger's answers, by decision_id."),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of all random draws.")]


def wanted_table(
    outcomes: Sequence[str],
    *,
    datasets: Sequence[str] | None,
    models: Sequence[str] | None,
    prices: Sequence[str] | None,
    scores: Path | None = None,
) -> OutcomeTable:
    """The outcomes that the options name, priced, with a score of every model of the pool.

    Args:
        outcomes: Paths or URLs of the outcomes.
        datasets: Datasets to use; `None` or empty: all.
        models: Models to use; `None` or empty: all.
        prices: As `--price` takes them.
        scores: Of a ledger's answers.
    """
    from langchain_smartroute.evaluation.pricing import price_table  # noqa: PLC0415 - numpy
    from langchain_smartroute.evaluation.reading import read_outcomes  # noqa: PLC0415

    table = read_outcomes(*outcomes, scores=scores)
    if datasets:
        table = table.of_dataset(datasets)
    if models:
        table = table.only(list(dict.fromkeys(models)))
    return table.priced(price_table(prices or (), day=datetime.now(tz=UTC).date()))


def price_names(prices: Sequence[str] | None) -> frozenset[str]:
    """The models that `--price` names."""
    return frozenset(text.rpartition("=")[0].strip() for text in prices or ())


def named_models(texts: Sequence[str] | None, *, option: str) -> dict[str, str]:
    """Alias → model, of texts such as `gpt-4o=gpt-4o-2024-08-06`.

    Args:
        texts: As the option takes them.
        option: What it is called.

    Raises:
        ConfigurationError: If one is not of that form.
    """
    pairs = [text.split("=", 1) for text in texts or ()]
    wrong = next((pair for pair in pairs if len(pair) != 2 or not all(pair)), None)  # noqa: PLR2004 - a pair
    if wrong is not None:
        raise ConfigurationError(f"{option} {wrong[0]!r}: write it as ALIAS=MODEL")
    return {pair[0]: pair[1] for pair in pairs}
