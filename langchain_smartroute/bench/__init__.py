"""Benchmarks: the router beside what LangChain ships, and under load.

Everything runs on this machine, against the sandbox; nothing is spent.
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
