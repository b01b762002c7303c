"""The router as a chat model."""

from langchain_smartroute.runnable.router import SmartRouterRunnable

__all__ = ["SmartRouterRunnable"]
