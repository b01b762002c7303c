"""Which model should answer. Pure: no I/O and no model call."""

from langchain_smartroute.routing.decide import POLICY, OnLimit, TablePolicy
from langchain_smartroute.routing.feasible import ANSWER_ROOM_TOKENS, estimated_cost_usd
from langchain_smartroute.routing.options import RouteOptions
from langchain_smartroute.routing.rules import Rule, as_rules

__all__ = [
    "ANSWER_ROOM_TOKENS",
    "POLICY",
    "OnLimit",
    "RouteOptions",
    "Rule",
    "TablePolicy",
    "as_rules",
    "estimated_cost_usd",
]
