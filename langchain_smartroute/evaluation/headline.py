"""The reference design's headline claims, tested on public outcomes.

No public dataset has outcomes of the catalog's own models, so each is represented by another
model, a stand-in, which is named in the report. A stand-in is of the same class as its model
and not known to be better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.baselines import always
from langchain_smartroute.evaluation.decided import by_decisions, decisions_on, same_answers
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.reading import read_outcomes
from langchain_smartroute.evaluation.replays import Replay, replay
from langchain_smartroute.types import RoutingDecision

__all__ = ["STRATA", "Headline", "Stratum", "headline"]

_Floats = npt.NDArray[np.float64]

Decide = Callable[[str], RoutingDecision]

_OPEN_MODELS = {
    "gpt-4o": "llama-3.1-nemotron-51b-instruct",
    "gpt-4o-mini": "llama-3.1-8b-instruct",
    "deepseek-chat": "qwen2.5-7b-instruct",
    "deepseek-v4-pro": "llama-3.3-nemotron-super-49b-v1",
    "deepseek-reasoner": "llama-3.3-nemotron-super-49b-v1",
    "glm-5.1": "gemma-2-9b-it",
    "glm-4-flash": "llama-3.1-8b-instruct",
    "glm-4v": "llama-3.1-8b-instruct",
}
_HOSTED_MODELS = {
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "deepseek-chat": "deepseek-v2.5-0908",
    "deepseek-v4-pro": "Llama-3.1-405B-Inst@sambanova",
    "deepseek-reasoner": "Llama-3.1-405B-Inst@sambanova",
    "glm-5.1": "Mistral-Large-2",
    "glm-4-flash": "gemini-1.5-flash",
    "glm-4v": "gemini-1.5-flash",
}
_TWO_MODELS = {
    "gpt-4o": "anthropic/claude-opus-5",
    "gpt-4o-mini": "openai/gpt-5-nano",
    "deepseek-chat": "openai/gpt-5-nano",
    "deepseek-v4-pro": "openai/gpt-5-nano",
    "deepseek-reasoner": "openai/gpt-5-nano",
    "glm-5.1": "openai/gpt-5-nano",
    "glm-4-flash": "openai/gpt-5-nano",
    "glm-4v": "openai/gpt-5-nano",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One part of the thousand requests.

    Attributes:
        kind: The kind of request in the reference design's terms.
        file: Name of the file of outcomes.
        datasets: Datasets of that file.
        count: Number of requests.
        names: Alias → its stand-in.
        costs: Source of costs: the catalog's prices, recorded costs, or none.
    """

    kind: str
    file: str
    datasets: tuple[str, ...]
    count: int
    names: Mapping[str, str]
    costs: str


STRATA: tuple[Stratum, ...] = (
    Stratum(
        kind="code",
        file="omnisbench",
        datasets=("omnis_humaneval",),
        count=164,
        names=_TWO_MODELS,
        costs="records",
    ),
    Stratum(
        kind="code",
        file="llmrouter",
        datasets=("human_eval", "mbpp"),
        count=136,
        names=_OPEN_MODELS,
        costs="unknown",
    ),
    Stratum(
        kind="classification",
        file="llmrouter",
        datasets=("arc_challenge", "commonsense_qa", "openbook_qa"),
        count=300,
        names=_OPEN_MODELS,
        costs="unknown",
    ),
    Stratum(
        kind="reasoning",
        file="zeroeval",
        datasets=("zeroeval_gsm", "zeroeval_crux"),
        count=300,
        names=_HOSTED_MODELS,
        costs="catalog",
    ),
    Stratum(
        kind="reasoning",
        file="omnisbench",
        datasets=("omnis_gsm8k",),
        count=100,
        names=_TWO_MODELS,
        costs="records",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """Results on the thousand requests; all arrays have a value per request.

    Attributes:
        kinds: Kind of each request.
        costs: Source of its cost.
        plain: The shipped router.
        cascade: The shipped router with a cascade by agreement, where answers are known.
        baseline: The baseline's stand-in on every request.
        tasks: Predicted task of each request.
        compared: Whether a cascade by agreement was replayed on each request.
    """

    kinds: npt.NDArray[np.str_]
    costs: npt.NDArray[np.str_]
    plain: Replay
    cascade: Replay
    baseline: Replay
    tasks: npt.NDArray[np.str_]
    compared: npt.NDArray[np.bool_]


def headline(
    folder: Path, *, catalog: Catalog, plain: Decide, cascade: Decide, baseline: str, seed: int
) -> Headline:
    """Replay a mix of a thousand requests from public outcomes.

    Args:
        folder: Folder with the files that `STRATA` names.
        catalog: The router's catalog.
        plain: Function from a prompt to the router's decision.
        cascade: The same with a cascade by agreement.
        baseline: Alias of the baseline.
        seed: Seed of the random choice of requests.

    Raises:
        ConfigurationError: If a file is missing.
    """
    tables = {name: _read(folder, name) for name in dict.fromkeys(s.file for s in STRATA)}
    parts = [
        _replayed(
            _drawn(tables[stratum.file], stratum, seed=seed + number),
            stratum,
            catalog=catalog,
            plain=plain,
            cascade=cascade,
            baseline=baseline,
        )
        for number, stratum in enumerate(STRATA)
    ]
    return Headline(
        kinds=np.concatenate([part.kinds for part in parts]),
        costs=np.concatenate([part.costs for part in parts]),
        plain=_joined([part.plain for part in parts]),
        cascade=_joined([part.cascade for part in parts]),
        baseline=_joined([part.baseline for part in parts]),
        tasks=np.concatenate([part.tasks for part in parts]),
        compared=np.concatenate([part.compared for part in parts]),
    )


def _read(folder: Path, name: str) -> OutcomeTable:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise ConfigurationError(
            f"--outcomes {str(folder)!r}: there is no {path.name}; the headline needs"
            f" {', '.join(sorted({f'{s.file}.parquet' for s in STRATA}))}"
        )
    return read_outcomes(path)


def _drawn(table: OutcomeTable, stratum: Stratum, *, seed: int) -> OutcomeTable:
    """A random sample of the stratum's requests, with columns named by alias, not by stand-in."""
    models = list(stratum.names.values())
    there = replace(table.of_dataset(stratum.datasets).only(models), models=tuple(stratum.names))
    count = min(stratum.count, len(there))
    chosen = np.random.default_rng(seed).choice(len(there), count, replace=False)
    return there.rows(np.sort(chosen))


def _replayed(
    table: OutcomeTable,
    stratum: Stratum,
    *,
    catalog: Catalog,
    plain: Decide,
    cascade: Decide,
    baseline: str,
) -> Headline:
    if stratum.costs == "catalog":
        prices = {a: catalog.models[a].price for a in table.models}
        table = table.priced({a: price for a, price in prices.items() if price is not None})
    decisions = decisions_on(table, plain)
    found = _found(table, decisions, "the router")
    answers = bool((table.answers >= 0).any())
    compared = decisions_on(table, cascade) if answers else decisions
    compares = [d is not None and bool(d.opinions) for d in compared]
    return Headline(
        kinds=np.full(len(table), stratum.kind),
        costs=np.full(len(table), stratum.costs),
        plain=found,
        cascade=_found(table, compared, "the router with agreement"),
        baseline=always(table, baseline, name=f"always {baseline}"),
        tasks=np.array(["unserved" if d is None else d.task for d in decisions]),
        compared=np.array(compares, bool),
    )


def _found(table: OutcomeTable, decisions: Sequence[RoutingDecision | None], name: str) -> Replay:
    return replay(
        table, by_decisions(table, decisions, names={}, accepts=same_answers(table), name=name)
    )


def _joined(parts: Sequence[Replay]) -> Replay:
    """Replays of several tables, one after the other."""

    def laid(found: Sequence[Mapping[str, _Floats]]) -> dict[str, _Floats]:
        names = dict.fromkeys(name for each in found for name in each)
        return {
            name: np.concatenate(
                [each.get(name, np.zeros(len(p))) for each, p in zip(found, parts, strict=True)]
            )
            for name in names
        }

    answered = laid([part.answered for part in parts])
    called = laid([part.called for part in parts])
    return Replay(
        name=parts[0].name,
        quality=np.concatenate([part.quality for part in parts]),
        cost_usd=np.concatenate([part.cost_usd for part in parts]),
        latency_s=np.concatenate([part.latency_s for part in parts]),
        answered=answered,
        called=called,
    )
