"""Which model should answer. Pure: no I/O and no model call."""

from langchain_smartroute.routing.feasible import ANSWER_ROOM_TOKENS, estimated_cost_usd
from langchain_smartroute.routing.options import RouteOptions
from langchain_smartroute.routing.policy import OnLimit, Policy, RulesFirst
from langchain_smartroute.routing.predictor import QualityPredictor
from langchain_smartroute.routing.quality import QualityPolicy
from langchain_smartroute.routing.rules import Rule, as_rules
from langchain_smartroute.routing.table import POLICY, TablePolicy

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
