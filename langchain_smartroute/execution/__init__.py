"""Calling what was decided: endpoints, models, the chain and what its errors mean."""

from langchain_smartroute.execution.candidates import Candidate, Preparation, PreparedCandidate
from langchain_smartroute.execution.chain import OPTIONS_KEY, RoutedChain
from langchain_smartroute.execution.endpoints import Endpoint, resolve_endpoints
from langchain_smartroute.execution.link import Link
from langchain_smartroute.execution.models import (
    ModelSettings,
    build_model,
    init_model,
    is_single_model,
    spec_of_model,
)
from langchain_smartroute.execution.review import Review

__all__ = [
    "OPTIONS_KEY",
    "Candidate",
    "Endpoint",
    "Link",
    "ModelSettings",
    "Preparation",
    "PreparedCandidate",
    "Review",
    "RoutedChain",
    "build_model",
    "init_model",
    "is_single_model",
    "resolve_endpoints",
    "spec_of_model",
]
