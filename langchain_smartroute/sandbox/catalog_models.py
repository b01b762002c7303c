"""Simulated models for a catalog.

Separate from the rest of the sandbox, which needs the standard library only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.sandbox.models import INPUT_KINDS, SCHEMA_FORMATS, SandboxModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_smartroute.catalog import Catalog, ModelSpec

__all__ = ["sandbox_models"]

_ANY_LENGTH = 10_000_000
"""Context window in tokens of a model whose catalog entry states none."""


def sandbox_models(catalog: Catalog) -> tuple[SandboxModel, ...]:
    """Simulate the models of a catalog, with the capabilities and limits it states.

    Args:
        catalog: Its models are offered by their API ids. Where several aliases
            share an id, the simulated model can do what any of them can.

    Returns:
        One model per API id, in the catalog's order.

    Example:
        >>> from langchain_smartroute import Catalog, SmartRouterRunnable
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> from langchain_smartroute.sandbox.catalog_models import sandbox_models
        >>> models = sandbox_models(Catalog.load("default"))
        >>> with SandboxServer(models=models) as server:
        ...     router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
        ...     router.invoke("Translate to German: good morning").content
        'Guten Morgen'
    """
    by_id: dict[str, list[ModelSpec]] = {}
    for spec in catalog.models.values():
        by_id.setdefault(spec.model, []).append(spec)
    return tuple(_simulated(name, specs) for name, specs in by_id.items())


def _simulated(name: str, specs: Sequence[ModelSpec]) -> SandboxModel:
    longest = [spec.max_output_tokens for spec in specs if spec.max_output_tokens is not None]
    methods = frozenset().union(*(spec.structured_output for spec in specs))
    return SandboxModel(
        name=name,
        inputs=INPUT_KINDS.intersection(*[frozenset().union(*(s.inputs for s in specs))]),
        context_window=max(spec.context_window or _ANY_LENGTH for spec in specs),
        max_output_tokens=max(longest) if len(longest) == len(specs) else None,
        tools=any(spec.tools for spec in specs),
        structured_output=SCHEMA_FORMATS & methods,
        reasoning=any(spec.reasoning for spec in specs),
    )
