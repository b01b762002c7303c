"""Routes of a table's prompts by a policy, a score threshold, or a callable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from langchain_core.messages import HumanMessage

from langchain_smartroute.classify import Classifier, extract_features
from langchain_smartroute.errors import ConfigurationError, NoFeasibleModelError
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import NOBODY, Routes
from langchain_smartroute.routing import RouteOptions
from langchain_smartroute.types import RequestFeatures, RoutingDecision

__all__ = ["Decider", "by_callable", "by_policy", "by_threshold", "features_of"]


class Decider(Protocol):
    """A policy, such as `TablePolicy`."""

    def decide(
        self, features: RequestFeatures, options: RouteOptions, *, decision_id: str
    ) -> RoutingDecision:
        """Choose the chain of candidates for a request."""
        ...


def features_of(table: OutcomeTable, *, classifier: Classifier) -> list[RequestFeatures]:
    """Extract the features of every prompt once, for several policies.

    Args:
        table: The outcomes.
        classifier: Classifies the prompts.
    """
    return [extract_features([HumanMessage(p)], classifier=classifier) for p in table.prompts]


def by_policy(
    table: OutcomeTable,
    policy: Decider,
    *,
    features: Sequence[RequestFeatures],
    options: RouteOptions | None = None,
    names: Mapping[str, str] | None = None,
    name: str = "policy",
) -> Routes:
    """Routes by a policy's own `decide`.

    Args:
        table: The outcomes.
        policy: The policy.
        features: Of each prompt, from `features_of`.
        options: The caller's options, such as the tier.
        names: Alias → the table's name of the model; the alias itself where left out.
        name: Name of the router.

    Raises:
        ConfigurationError: If it chooses a model that the table does not have.
    """
    chosen = options or RouteOptions()
    aliases = names or {}
    columns: dict[str, int] = {}
    answered = np.empty(len(table), np.intp)
    for row, known in enumerate(features):
        try:
            alias = policy.decide(known, chosen, decision_id="replay").model
        except NoFeasibleModelError:
            answered[row] = NOBODY
            continue
        if alias not in columns:
            columns[alias] = table.column(aliases.get(alias, alias))
        answered[row] = columns[alias]
    lost = int((answered == NOBODY).sum())
    notes = (f"{lost:,} prompts that no candidate can serve count as wrong",) if lost else ()
    return Routes.single(name, answered, models=len(table.models), notes=notes)


def by_callable(
    table: OutcomeTable, route: Callable[[str], str], *, name: str = "router"
) -> Routes:
    """Routes by a callable, such as another library's router.

    Args:
        table: The outcomes.
        route: Prompt → the table's name of a model.
        name: Name of the router.

    Raises:
        ConfigurationError: If it names a model that the table does not have.
    """
    answered = np.array([table.column(route(prompt)) for prompt in table.prompts], np.intp)
    return Routes.single(name, answered, models=len(table.models))


def by_threshold(
    table: OutcomeTable,
    scores: Callable[[str], float] | npt.NDArray[np.float64],
    *,
    weak: str,
    strong: str,
    threshold: float,
    name: str = "threshold",
) -> Routes:
    """Routes between two models: the strong one from a score threshold on.

    Args:
        table: The outcomes.
        scores: Estimate of how much a prompt needs the strong model: a callable on it, or a
            value per prompt.
        weak: The model that answers below the threshold.
        strong: The model that answers from it on.
        threshold: Lowest score that goes to the strong model.
        name: Name of the router.

    Raises:
        ConfigurationError: If there is not one score per prompt.
    """
    found = np.array([scores(p) for p in table.prompts]) if callable(scores) else scores
    if found.shape != (len(table),):
        raise ConfigurationError(
            f"scores of shape {found.shape} for {len(table):,} prompts; give one for each"
        )
    answered = np.where(found >= threshold, table.column(strong), table.column(weak))
    return Routes.single(name, answered, models=len(table.models))
