"""Execution of decisions: endpoints, models, fallback chains, checks and error handling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.execution.adopted import (
        adopted_model,
        drops_thoughts,
        endpoint_of,
        is_bounded,
        own_room,
        tells_end,
    )
    from langchain_smartroute.execution.aftermath import RetryPolicy
    from langchain_smartroute.execution.bounds import TimeLimits
    from langchain_smartroute.execution.breaker import CircuitBreaker, Gate
    from langchain_smartroute.execution.candidates import (
        Candidate,
        Preparation,
        PreparedCandidate,
        unavailable,
    )
    from langchain_smartroute.execution.chain import RoutedChain
    from langchain_smartroute.execution.circuit import CandidateHealth
    from langchain_smartroute.execution.clients import Transport, TransportChoice, chosen_transport
    from langchain_smartroute.execution.conduct import Baseline, Conduct
    from langchain_smartroute.execution.configs import OPTIONS_KEY
    from langchain_smartroute.execution.endpoints import Endpoint, resolve_endpoints
    from langchain_smartroute.execution.link import Link, Traits
    from langchain_smartroute.execution.modelrun import ModelRun
    from langchain_smartroute.execution.models import (
        ModelSettings,
        build_model,
        init_model,
        is_single_model,
        is_single_run,
        provider_of,
        spec_of_model,
    )
    from langchain_smartroute.execution.review import Review
    from langchain_smartroute.execution.together import given_up_together
    from langchain_smartroute.execution.walk import Walk
else:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "adopted": "adopted_model drops_thoughts endpoint_of is_bounded own_room tells_end",
            "aftermath": "RetryPolicy",
            "bounds": "TimeLimits",
            "breaker": "CircuitBreaker Gate",
            "candidates": "Candidate Preparation PreparedCandidate unavailable",
            "chain": "RoutedChain",
            "circuit": "CandidateHealth",
            "clients": "Transport TransportChoice chosen_transport",
            "conduct": "Baseline Conduct",
            "configs": "OPTIONS_KEY",
            "endpoints": "Endpoint resolve_endpoints",
            "link": "Link Traits",
            "models": "ModelSettings build_model init_model is_single_model is_single_run"
            " provider_of spec_of_model",
            "modelrun": "ModelRun",
            "review": "Review",
            "together": "given_up_together",
            "walk": "Walk",
        },
    )

__all__ = [
    "OPTIONS_KEY",
    "Baseline",
    "Candidate",
    "CandidateHealth",
    "CircuitBreaker",
    "Conduct",
    "Endpoint",
    "Gate",
    "Link",
    "ModelRun",
    "ModelSettings",
    "Preparation",
    "PreparedCandidate",
    "RetryPolicy",
    "Review",
    "RoutedChain",
    "TimeLimits",
    "Traits",
    "Transport",
    "TransportChoice",
    "Walk",
    "adopted_model",
    "build_model",
    "chosen_transport",
    "drops_thoughts",
    "endpoint_of",
    "given_up_together",
    "init_model",
    "is_bounded",
    "is_single_model",
    "is_single_run",
    "own_room",
    "provider_of",
    "resolve_endpoints",
    "spec_of_model",
    "tells_end",
    "unavailable",
]
