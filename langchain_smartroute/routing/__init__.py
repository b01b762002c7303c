"""Routing: which model should answer. Pure functions without I/O or model calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.routing.feasible import ANSWER_ROOM_TOKENS, estimated_cost_usd
    from langchain_smartroute.routing.options import RouteOptions
    from langchain_smartroute.routing.policy import OnLimit, Policy, RulesFirst
    from langchain_smartroute.routing.predictor import QualityPredictor
    from langchain_smartroute.routing.quality import QualityPolicy
    from langchain_smartroute.routing.rules import Rule, as_rules
    from langchain_smartroute.routing.table import POLICY, TablePolicy
else:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "feasible": "ANSWER_ROOM_TOKENS estimated_cost_usd",
            "options": "RouteOptions",
            "policy": "OnLimit Policy RulesFirst",
            "predictor": "QualityPredictor",
            "quality": "QualityPolicy",
            "rules": "Rule as_rules",
            "table": "POLICY TablePolicy",
        },
    )

__all__ = [
    "ANSWER_ROOM_TOKENS",
    "POLICY",
    "OnLimit",
    "Policy",
    "QualityPolicy",
    "QualityPredictor",
    "RouteOptions",
    "Rule",
    "RulesFirst",
    "TablePolicy",
    "as_rules",
    "estimated_cost_usd",
]
