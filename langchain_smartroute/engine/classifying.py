"""Asking the classifier what a request is about: once for each request of the user.

An agent calls its model again and again for one request. What a pure classifier said
of it holds for all these calls, so it is remembered for a while, by a hash alone: no
word of a request is kept.
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from langchain_smartroute.classify import UserRequest
    from langchain_smartroute.types import Classification

__all__ = ["Classifying"]

_KEPT = 256
"""How many requests are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifying:
    """Asks a classifier.

    Attributes:
        classifier: The router's classifier.
        ledger: The handler of the router's ledger, which sees what a classifier calls.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> from langchain_smartroute.classify import PatternClassifier
        >>> asking = Classifying(classifier=PatternClassifier())
        >>> asking.of([HumanMessage("Translate to German: good morning")])[1].task
        'translation'
    """

    classifier: Classifier
    ledger: BaseCallbackHandler | None = None
    _known: OrderedDict[int, Classification] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def of(
        self,
        messages: Sequence[BaseMessage],
        config: RunnableConfig | None = None,
        *,
        decision_id: str = "",
    ) -> tuple[UserRequest, Classification]:
        """What the user asks in messages, and what it is about; never raises.

        Args:
            messages: The whole history.
            config: The request's own, whose handlers see what a classifier calls.
            decision_id: The decision that is being made.
        """
        asked = user_request(messages)
        if self._is("inline"):
            return asked, self._inline(asked)
        with classifying(config, decision_id, ledger=self.ledger) as context:
            return asked, context.run(classify_safely, self.classifier, asked)

    async def aof(
        self,
        messages: Sequence[BaseMessage],
        config: RunnableConfig | None = None,
        *,
        decision_id: str = "",
    ) -> tuple[UserRequest, Classification]:
        """The same; a classifier that waits or works does not block the event loop."""
        asked = user_request(messages)
        if self._is("inline"):
            return asked, self._inline(asked)
        with classifying(config, decision_id, ledger=self.ledger) as context:
            call = classify_safely_async(self.classifier, asked)
            return asked, await asyncio.create_task(call, context=context)

    def _inline(self, asked: UserRequest) -> Classification:
        """What a classifier says that is fast and calls nobody."""
        if not self._is("pure"):
            return classify_safely(self.classifier, asked)
        key = hash(asked)
        said = self._known.get(key)
        if said is None:
            said = classify_safely(self.classifier, asked)
            with self._lock:
                self._known[key] = said
                if len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        return said

    def _is(self, what: str) -> bool:
        """Whether the classifier says so of itself."""
        return getattr(self.classifier, what, False) is True
