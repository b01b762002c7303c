"""Catalogs: models with prices and capabilities, and the routing table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.catalog.adapters import (
        adapted_arguments,
        adapted_messages,
        answer_room,
        drop_unbounded_rooms,
    )
    from langchain_smartroute.catalog.catalog import SHIPPED, Catalog, find_spec
    from langchain_smartroute.catalog.checked import faults_of
    from langchain_smartroute.catalog.cost import cost_usd, price_fault
    from langchain_smartroute.catalog.dialects import OF_PROVIDERS, without_tool_marks
    from langchain_smartroute.catalog.elsewhere import OF_MODELS
    from langchain_smartroute.catalog.lookup import (
        PriceBook,
        PriceSource,
        genai_prices,
        own_prices,
        with_prices,
    )
    from langchain_smartroute.catalog.lost import ANSWERED, was_cut
    from langchain_smartroute.catalog.price import Price, PriceVariant, price_at
    from langchain_smartroute.catalog.spec import ModelSpec
    from langchain_smartroute.catalog.table import RoutingTable
    from langchain_smartroute.catalog.usage import (
        estimated_usage,
        holds_anything,
        is_cache_hit,
        is_lost,
        messages_in,
        model_name_of,
        tells_cost,
        usage_of,
        usage_of_answer,
        usage_of_failure,
    )
else:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "adapters": "adapted_arguments adapted_messages answer_room drop_unbounded_rooms",
            "catalog": "SHIPPED Catalog find_spec",
            "checked": "faults_of",
            "cost": "cost_usd price_fault",
            "dialects": "OF_PROVIDERS without_tool_marks",
            "elsewhere": "OF_MODELS",
            "lookup": "PriceBook PriceSource genai_prices own_prices with_prices",
            "lost": "ANSWERED was_cut",
            "price": "Price PriceVariant price_at",
            "spec": "ModelSpec",
            "table": "RoutingTable",
            "usage": (
                "estimated_usage holds_anything is_cache_hit is_lost messages_in model_name_of"
                " tells_cost usage_of usage_of_answer usage_of_failure"
            ),
        },
    )

__all__ = [
    "ANSWERED",
    "OF_MODELS",
    "OF_PROVIDERS",
    "SHIPPED",
    "Catalog",
    "ModelSpec",
    "Price",
    "PriceBook",
    "PriceSource",
    "PriceVariant",
    "RoutingTable",
    "adapted_arguments",
    "adapted_messages",
    "answer_room",
    "cost_usd",
    "drop_unbounded_rooms",
    "estimated_usage",
    "faults_of",
    "find_spec",
    "genai_prices",
    "holds_anything",
    "is_cache_hit",
    "is_lost",
    "messages_in",
    "model_name_of",
    "own_prices",
    "price_at",
    "price_fault",
    "tells_cost",
    "usage_of",
    "usage_of_answer",
    "usage_of_failure",
    "was_cut",
    "with_prices",
    "without_tool_marks",
]
