"""The router drawn: which model answers which tasks, and what happens after a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.graph import Graph

from langchain_smartroute.types import TIERS

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Catalog

__all__ = ["router_graph"]


def router_graph(catalog: Catalog, *, name: str) -> Graph:
    """Draw a router: one branch per model, labelled with the tasks that lead there."""
    graph = Graph()
    start = graph.add_node(_drawn("__start__"), id="__start__")
    router = graph.add_node(_drawn(name), id=name)
    end = graph.add_node(_drawn("__end__"), id="__end__")
    graph.add_edge(start, router)
    for alias in catalog.models:
        node = graph.add_node(_drawn(alias), id=alias)
        tasks = _tasks_of(catalog, alias)
        label = ", ".join(tasks) if tasks else "fallback"
        graph.add_edge(router, node, data=label, conditional=True)
        graph.add_edge(node, end)
    return graph


def _drawn(name: str) -> RunnableLambda[object, object]:
    return RunnableLambda(lambda value: value, name=name)


def _tasks_of(catalog: Catalog, alias: str) -> list[str]:
    """The tasks that lead to a model in some tier, the default's other tasks included."""
    tasks = [
        task
        for task, row in catalog.table.rows.items()
        if any(alias in row[tier].values() for tier in TIERS)
    ]
    return [*tasks, "default"] if alias == catalog.default_alias else tasks
