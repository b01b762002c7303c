"""`SmartRouterMiddleware`: routes each model call of an agent.

It replaces the agent's model by the router, so that limits, fallback, escalation and accounts
work as if the router were the agent's model. An agent that was built with one model is routed
without being rebuilt, and other middleware sees the router as the model of each call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.runnable import SmartRouterRunnable

try:
    from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
except ImportError as error:
    raise ConfigurationError(
        "SmartRouterMiddleware needs LangChain's agents:"
        ' pip install "langchain-smartroute[agents]"'
    ) from error

__all__ = ["SmartRouterMiddleware"]

_KEPT = 64
"""Number of failed steps that are stored, by their state and the model that was replaced."""


class SmartRouterMiddleware(AgentMiddleware[Any, Any, Any]):
    """Routes each model call of an agent.

    `ModelFallbackMiddleware` may stand on either side of it; its models are then called when
    the router's whole chain has failed. A model that a middleware outside of this one puts
    in the place of the agent's own is called as it is.

    Args:
        router: The router.

    Raises:
        ConfigurationError: If it is not a router.

    Example:
        >>> from langchain.agents import create_agent
        >>> from langchain_smartroute import SmartRouterMiddleware, SmartRouterRunnable
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> with SandboxServer() as server:
        ...     router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
        ...     agent = create_agent(router, middleware=[SmartRouterMiddleware(router)])
        ...     state = agent.invoke({"messages": [("user", "Classify this review: lovely")]})
        >>> state["messages"][-1].response_metadata["smartroute"]["model"]
        'glm-4-flash'
    """

    def __init__(self, router: SmartRouterRunnable) -> None:
        super().__init__()
        if not isinstance(router, SmartRouterRunnable):
            raise ConfigurationError(
                f"router is a {type(router).__name__}: must be a SmartRouterRunnable, such as"
                " SmartRouterRunnable.from_catalog()"
            )
        self.router = router
        self._failed: deque[tuple[Any, Any]] = deque(maxlen=_KEPT)

    def wrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
    ) -> ModelResponse[Any]:
        """Make the call with the router."""
        routed = self._routed(request)
        try:
            return handler(routed)
        except Exception:
            self._failed.append((request.state, request.model))
            raise

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Make the call with the router."""
        routed = self._routed(request)
        try:
            return await handler(routed)
        except Exception:
            self._failed.append((request.state, request.model))
            raise

    def _routed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        """The request with the router in place of the agent's model.

        Outer middleware that retries with another model (`ModelFallbackMiddleware`) calls this
        again in the same step, with a different model.
        """
        tried = [model for state, model in tuple(self._failed) if state is request.state]
        if tried and all(model is not request.model for model in tried):
            return request
        return request.override(model=self.router)
