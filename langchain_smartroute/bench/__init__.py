"""Benchmarks: the router compared with LangChain's own classes, and under load.

Everything runs on this machine against the sandbox, so nothing is paid for.
"""

from langchain_smartroute.bench.fault_card import FaultCard, FaultResult, run_fault_card
from langchain_smartroute.bench.soak import SoakReport, SoakSettings, run_soak
from langchain_smartroute.bench.timings import FULL, SHORT, Timings

__all__ = [
    "FULL",
    "SHORT",
    "FaultCard",
    "FaultResult",
    "SoakReport",
    "SoakSettings",
    "Timings",
    "run_fault_card",
    "run_soak",
]
