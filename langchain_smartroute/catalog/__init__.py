"""What can answer: models, prices, capabilities and the routing table."""

from langchain_smartroute.catalog.adapters import adapted_arguments, adapted_messages
from langchain_smartroute.catalog.catalog import SHIPPED, Catalog, find_spec
from langchain_smartroute.catalog.prices import (
    cost_usd,
    estimated_usage,
    holds_anything,
    is_cache_hit,
    may_be_billed,
    usage_of,
)
from langchain_smartroute.catalog.spec import ModelSpec, Price, faults_of
from langchain_smartroute.catalog.table import RoutingTable

__all__ = [
    "SHIPPED",
    "Catalog",
    "ModelSpec",
    "Price",
    "RoutingTable",
    "adapted_arguments",
    "adapted_messages",
    "cost_usd",
    "estimated_usage",
    "faults_of",
    "find_spec",
    "holds_anything",
    "is_cache_hit",
    "may_be_billed",
    "usage_of",
]
