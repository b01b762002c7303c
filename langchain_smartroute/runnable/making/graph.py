"""Draws the router as a graph: tasks, models, fallbacks and checks."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.graph import Graph, Node

from langchain_smartroute.engine import Engine, Request
from langchain_smartroute.errors import SmartRouteError
from langchain_smartroute.routing import RouteOptions
from langchain_smartroute.types import RequestFeatures

__all__ = ["router_graph"]


def router_graph(engine: Engine, options: RouteOptions, *, name: str) -> Graph:
    """Draw a router.

    It has a branch per model, labelled with its tasks; an edge to the next candidate after a
    failure or a rejection; the candidates of second opinions; and the checks.

    Args:
        engine: The engine.
        options: The router's own choices, such as its tier.
        name: Name of the router.
    """
    policy, checks = engine.policy, [check.name for check in engine.checks]
    graph = Graph()
    router = graph.add_node(_drawn(name), id=name)
    graph.add_edge(graph.add_node(_drawn("__start__"), id="__start__"), router)
    last = end = graph.add_node(_drawn("__end__"), id="__end__")
    if checks:
        last = graph.add_node(_drawn("checks"), id="checks", metadata={"checks": list(checks)})
        graph.add_edge(last, end, data="accepted")
    tasks, beside, successors = _ways(engine, options)
    nodes: dict[str, Node] = {}
    for alias in policy.catalog.models:
        nodes[alias] = graph.add_node(_drawn(alias), id=alias)
        label = ", ".join(tasks.get(alias, ()))
        if label:
            graph.add_edge(router, nodes[alias], data=label, conditional=True)
        if alias in beside:
            compared = f"second opinion: {', '.join(beside[alias])}"
            graph.add_edge(router, nodes[alias], data=compared, conditional=True)
        graph.add_edge(nodes[alias], last)
    for alias, followers in successors.items():
        for follower in followers:
            graph.add_edge(
                nodes[alias], nodes[follower], data="fails or too weak", conditional=True
            )
    return graph


def _ways(
    engine: Engine, options: RouteOptions
) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]], Mapping[str, dict[str, None]]]:
    """Alias → its tasks, the tasks of its second opinions, and its followers."""
    tasks: dict[str, list[str]] = {}
    beside: dict[str, list[str]] = {}
    policy, plainly = engine.policy, Request(messages=(), options=options)
    successors: dict[str, dict[str, None]] = {}
    for task in (*policy.catalog.table.rows, "default"):
        inputs = frozenset({"text", "image"} if task == "vision" else {"text"})
        features = RequestFeatures(task=task, inputs=inputs)  # type: ignore[arg-type] # modalities
        try:
            decided = policy.drawn().decide(features, options, decision_id="")
        except SmartRouteError:
            # If no candidate can serve a task, it has no branch.
            continue
        decision = engine.checked(decided, plainly, features)
        tasks.setdefault(decision.model, []).append(task)
        for alias in decision.opinions:
            beside.setdefault(alias, []).append(task)
        for alias, follower in pairwise(decision.chain):
            successors.setdefault(alias, {})[follower] = None
    return tasks, beside, successors


def _drawn(name: str) -> RunnableLambda[object, object]:
    return RunnableLambda(lambda value: value, name=name)
