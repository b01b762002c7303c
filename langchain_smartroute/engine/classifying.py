"""Runs the classifier, once for each request of the user.

An agent calls its model several times for one request. What a classifier says of it is kept for
the rest of the tool loop, and what a pure one says for good: by a hash of the request, without
its text.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langchain_smartroute.classify import (
    Classifier,
    classify_safely,
    classify_safely_async,
    user_request,
)
from langchain_smartroute.tracing import classifying
from langchain_smartroute.types import new_lock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from langchain_smartroute.classify import UserRequest
    from langchain_smartroute.types import Classification

__all__ = ["Classifying"]

_CACHE_SIZE = 256
"""Number of cached requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifying:
    """Runs a classifier.

    Attributes:
        classifier: The router's classifier.
        ledger: The handler of the router's ledger, which records a classifier's model calls.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> from langchain_smartroute.classify import PatternClassifier
        >>> asking = Classifying(classifier=PatternClassifier())
        >>> asking.of([HumanMessage("Translate to German: good morning")])[1].task
        'translation'
    """

    classifier: Classifier
    ledger: BaseCallbackHandler | None = None
    _cached: OrderedDict[int, Classification] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    _lock: threading.Lock = field(default_factory=new_lock, init=False, repr=False)

    def of(
        self,
        messages: Sequence[BaseMessage],
        config: RunnableConfig | None = None,
        *,
        decision_id: str = "",
        in_loop: bool = False,
    ) -> tuple[UserRequest, Classification]:
        """The user's request in messages, and its classification. Never raises.

        Args:
            messages: The whole history.
            config: The request's config, whose handlers receive a classifier's runs.
            decision_id: Id of the decision.
            in_loop: Whether the call is inside a tool loop, for a request that was asked before.
        """
        request = user_request(messages)
        if self._is("inline"):
            return request, self._inline(request)
        if in_loop and (known := self._cached.get(hash(request))) is not None:
            return request, known
        with classifying(config, decision_id, ledger=self.ledger) as context:
            said = context.run(classify_safely, self.classifier, request)
        return request, self._kept(hash(request), said)

    async def aof(
        self,
        messages: Sequence[BaseMessage],
        config: RunnableConfig | None = None,
        *,
        decision_id: str = "",
        in_loop: bool = False,
    ) -> tuple[UserRequest, Classification]:
        """The asynchronous form of `of`, which does not block the event loop."""
        request = user_request(messages)
        if self._is("inline"):
            return request, self._inline(request)
        if in_loop and (known := self._cached.get(hash(request))) is not None:
            return request, known
        with classifying(config, decision_id, ledger=self.ledger) as context:
            call = classify_safely_async(self.classifier, request)
            said = await asyncio.create_task(call, context=context)
        return request, self._kept(hash(request), said)

    def _inline(self, request: UserRequest) -> Classification:
        """The result of a classifier that is fast and makes no calls."""
        if not self._is("pure"):
            return classify_safely(self.classifier, request)
        key = hash(request)
        classification = self._cached.get(key)
        if classification is None:
            classification = self._kept(key, classify_safely(self.classifier, request))
        return classification

    def _kept(self, key: int, classification: Classification) -> Classification:
        """A result, after it was cached."""
        with self._lock:
            self._cached[key] = classification
            self._cached.move_to_end(key)
            if len(self._cached) > _CACHE_SIZE:
                self._cached.popitem(last=False)
        return classification

    def _is(self, what: str) -> bool:
        """Whether the classifier declares a property."""
        return getattr(self.classifier, what, False) is True
