"""What it cost: records, statistics, savings."""

from langchain_smartroute.accounting.callback import CostCallbackHandler, track_costs
from langchain_smartroute.accounting.summary import CostStats

__all__ = ["CostCallbackHandler", "CostStats", "track_costs"]
