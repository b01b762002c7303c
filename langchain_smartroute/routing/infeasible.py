"""Errors for requests without a feasible candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.errors import ContextWindowError, NoFeasibleModelError
from langchain_smartroute.routing.feasible import window_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_smartroute.catalog import Catalog
    from langchain_smartroute.types import RequestFeatures

__all__ = ["nothing_feasible", "pinned_infeasible"]


def nothing_feasible(
    features: RequestFeatures, catalog: Catalog, excluded: Mapping[str, str]
) -> NoFeasibleModelError:
    """The error if no candidate is feasible."""
    kind = NoFeasibleModelError
    mend = "add a model that can, or change the request"
    if any(excluded[a] == window_fault(features, s) for a, s in catalog.models.items()):
        kind, mend = ContextWindowError, "shorten the prompt or add a model with a larger window"
    return kind(
        f"No model of catalog {catalog.name!r} can serve this request"
        f" (inputs: {', '.join(sorted(features.inputs))}; tools: {features.tools};"
        f" about {features.input_tokens:,} tokens); {mend}:",
        excluded=excluded,
    )


def pinned_infeasible(
    alias: str, features: RequestFeatures, catalog: Catalog, excluded: Mapping[str, str]
) -> NoFeasibleModelError:
    """The error if the candidate chosen by the caller is excluded."""
    too_long = excluded[alias] == window_fault(features, catalog.models[alias])
    kind = ContextWindowError if too_long else NoFeasibleModelError
    return kind(
        f"model = {alias!r} was asked for but cannot serve this request; ask for another"
        " one, or for none to let the router choose:",
        excluded=excluded,
    )
