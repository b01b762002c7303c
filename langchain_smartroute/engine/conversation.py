"""Stores the routes of conversations in shared state, until they have been idle for a time.

A conversation is identified by LangGraph's `thread_id`, or by the caller's key. The nodes and
sub-agents of a graph have separate conversations, as each has its own prompt and prompt cache.
If the state is unavailable, one warning is logged, and no call fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from langchain_smartroute.classify import text_of
from langchain_smartroute.state import Get, Put, SharedState
from langchain_smartroute.tracing import MODEL_KEY, is_attempt_run, quietly
from langchain_smartroute.types import Conversation

if TYPE_CHECKING:
    from datetime import datetime

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.classify import StuckSigns
    from langchain_smartroute.engine.request import Request
    from langchain_smartroute.execution import RoutedChain
    from langchain_smartroute.execution.walk import Walk
    from langchain_smartroute.types import RequestFeatures, RoutingDecision

__all__ = [
    "Conversations",
    "Recollection",
    "Visit",
    "conversation_key",
    "conversation_of",
    "stored_key",
]

_CACHE_LIFE_S = 300
"""Assumed lifetime of a provider's prompt cache after a call, the shortest documented one:
Anthropic, Prompt caching (5 minutes); OpenAI, Prompt caching, 5 to 10 minutes of inactivity."""
_LOST = "the conversation's route is not known, as the state does not answer"
_STATE = "the state of conversations"
_ANSWERED = ("accepted", "cached")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """The stored state of a conversation.

    Attributes:
        route: Alias of its route.
        last: Alias of the candidate that answered last.
        at: Time of that call, in seconds since 1970.
        lost: Whether the state was unavailable.
    """

    route: str | None = None
    last: str | None = None
    at: float = 0.0
    lost: bool = False


_NOTHING = Recollection()
_BEGINNING = Conversation()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations:
    """Stores the routes of conversations.

    Attributes:
        state: The shared state.
        idle_s: Seconds without a call after which a conversation is deleted.

    Example:
        >>> from langchain_smartroute.state import MemoryState
        >>> conversations = Conversations(state=MemoryState(), idle_s=60)
        >>> conversations.remember("thread-1", Recollection(route="gpt-4o", last="gpt-4o"))
        >>> conversations.recall("thread-1").route
        'gpt-4o'
    """

    state: SharedState
    idle_s: float
    _warned: set[str] = field(default_factory=set, repr=False)

    def recall(self, key: str | None) -> Recollection:
        """The stored state of a conversation. Never raises."""
        if key is None:
            return _NOTHING
        with quietly(_STATE, said=self._warned):
            return _parsed(self.state.run(Get(key=key)))
        return Recollection(lost=True)

    async def arecall(self, key: str | None) -> Recollection:
        """The stored state of a conversation. Never raises."""
        if key is None:
            return _NOTHING
        with quietly(_STATE, said=self._warned):
            return _parsed(await self.state.arun(Get(key=key)))
        return Recollection(lost=True)

    def remember(self, key: str, what: Recollection) -> None:
        """Store the state of a conversation. Never raises."""
        with quietly(_STATE, said=self._warned):
            self.state.run(self._put(key, what))

    async def aremember(self, key: str, what: Recollection) -> None:
        """Store the state of a conversation. Never raises."""
        with quietly(_STATE, said=self._warned):
            await self.state.arun(self._put(key, what))

    def _put(self, key: str, what: Recollection) -> Put:
        value = json.dumps([what.route, what.last, what.at])
        return Put(key=key, value=value, ttl_s=self.idle_s)


@dataclass(slots=True, kw_only=True)
class Visit:
    """One call of a conversation, which stores the candidate that answers.

    Attributes:
        conversations: The store.
        key: Key of the conversation; `None`: nothing is stored.
        recalled: The state before the call.
        at: Time of the call.
    """

    conversations: Conversations
    key: str | None
    recalled: Recollection
    at: datetime
    _walk: Walk | None = None

    def watch(self, chain: RoutedChain) -> None:
        """Observe the chain of this call."""
        if self.key is None:
            return
        begin = chain.begin

        def begun() -> Walk:
            self._walk = begin()
            return self._walk

        chain.begin = begun

    def ended(self) -> None:
        """Store the candidate that answered."""
        entry = self._answered()
        if entry is not None:
            self.conversations.remember(*entry)

    async def aended(self) -> None:
        """Store the candidate that answered."""
        entry = self._answered()
        if entry is not None:
            await self.conversations.aremember(*entry)

    def _answered(self) -> tuple[str, Recollection] | None:
        if self.key is None or self._walk is None:
            return None
        attempts = reversed(self._walk.attempts)
        alias = next((attempt.model for attempt in attempts if attempt.outcome in _ANSWERED), None)
        if alias is None:
            return None
        decision: RoutingDecision = self._walk.decision
        route = alias if decision.sticks else self.recalled.route
        return self.key, Recollection(route=route, last=alias, at=self.at.timestamp())


def conversation_key(
    config: RunnableConfig, *, given: str | None, messages: Sequence[BaseMessage]
) -> str | None:
    """Key of a call's conversation; `None`: unknown.

    Args:
        config: The call's config.
        given: The caller's key, which comes first.
        messages: The messages. A sub-agent is identified by its first message.
    """
    configurable: Mapping[str, Any] = config.get("configurable") or {}
    conversation_id = given or configurable.get("thread_id")
    if conversation_id in (None, ""):
        return None
    places = str(configurable.get("checkpoint_ns") or "").split("|")
    names = [place.partition(":")[0] for place in places]
    first_text = text_of(messages[0])[:1_000] if len(names) > 1 else ""
    metadata = config.get("metadata") or {}
    # A router inside another one's attempt has its own conversation.
    outer = metadata.get(MODEL_KEY) if is_attempt_run(metadata) else None
    return "\n".join(str(part) for part in (conversation_id, *names, first_text, outer or ""))


def stored_key(key: str) -> str:
    """A hashed key of fixed length, which does not reveal the original."""
    return f"conversation:{sha256(key.encode(errors='replace')).hexdigest()}"


def _parsed(value: str | None) -> Recollection:
    if value is None:
        return Recollection()
    route, last, at = json.loads(value)
    return Recollection(route=route, last=last, at=at)


def conversation_of(
    request: Request,
    recalled: Recollection,
    features: RequestFeatures,
    *,
    models: Mapping[str, ModelSpec],
    stuck: StuckSigns | None,
) -> Conversation:
    """The conversation of a request, as input of the decision.

    Args:
        request: The call.
        recalled: The stored state of the conversation.
        features: Features of the request.
        models: Alias → spec.
        stuck: When an agent counts as stuck; `None`: never.
    """
    turn = request.turn
    if turn.unread is None and recalled == _NOTHING:
        # No candidate has answered yet, and there is no stored state.
        return _BEGINNING
    by_name = next((a for a, s in models.items() if s.model == turn.model_name), None)
    last = next((a for a in (turn.by, by_name, recalled.last) if a in models), None)
    asked_lately = request.asked_at.timestamp() - recalled.at <= _CACHE_LIFE_S
    return Conversation(
        last=last,
        in_loop=turn.in_loop,
        route=recalled.route if recalled.route in models else None,
        prefix_tokens=0 if turn.unread is None else features.input_tokens - turn.unread,
        cached=asked_lately if recalled.at else turn.in_loop,
        stuck=stuck.found(request.messages) if stuck else "",
        notes=(_LOST,) if recalled.lost else (),
    )
