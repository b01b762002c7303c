"""Decides and prepares a chain, for all methods of calling.

The chain makes the calls, and only there sync and async differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import TYPE_CHECKING

from langchain_smartroute.accounting import LimitedRequest, Limits, tags_of
from langchain_smartroute.classify import Classifier, StuckSigns, described, toolkit_tokens
from langchain_smartroute.engine.checking import Cascade, Informing, checked
from langchain_smartroute.engine.classifying import Classifying
from langchain_smartroute.engine.conversation import (
    Conversations,
    Recollection,
    Visit,
    conversation_of,
    stored_key,
)
from langchain_smartroute.engine.feedback import Feedback
from langchain_smartroute.engine.ledger_entries import LedgerEntries
from langchain_smartroute.engine.links import Links
from langchain_smartroute.engine.recording import OnDecision, recorder
from langchain_smartroute.engine.refusal import RecordedRefusal
from langchain_smartroute.engine.request import Request
from langchain_smartroute.execution import (
    Baseline,
    Candidate,
    Conduct,
    Preparation,
    Review,
    RoutedChain,
    unavailable,
)
from langchain_smartroute.execution.checks import Check
from langchain_smartroute.routing import RulesFirst
from langchain_smartroute.state import MemoryState
from langchain_smartroute.types import StreamPolicy

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from langchain_smartroute.classify import UserRequest
    from langchain_smartroute.types import Classification, RequestFeatures, RoutingDecision

__all__ = ["Engine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Decides and prepares.

    Attributes:
        policy: The routing policy.
        classifier: Classifies requests.
        candidates: Alias → candidate.
        name: Name of a request's run in traces.
        checks: Checks of answers.
        cascade: The cascade among them, and their judges.
        stream_policy: When a stream is passed on.
        conduct: Settings for attempts and failures.
        limits: The spend limits; `None`: there are none.
        conversations: Stores the routes of conversations.
        stuck: When an agent counts as stuck; `None`: never.
        on_decision: Called with the record of each decision at the end of its request.
        feedback: Keeps finished requests, so that their answers can be scored.
    """

    policy: RulesFirst
    classifier: Classifier
    candidates: Mapping[str, Candidate]
    name: str
    checks: tuple[Check, ...] = ()
    cascade: Cascade = field(default_factory=Cascade)
    stream_policy: StreamPolicy = "first_token"
    conduct: Conduct = field(default_factory=Conduct)
    limits: Limits | None = None
    conversations: Conversations = field(
        default_factory=lambda: Conversations(state=MemoryState(), idle_s=3600)
    )
    stuck: StuckSigns | None = None
    on_decision: OnDecision | None = None
    feedback: Feedback = field(default_factory=Feedback)
    classifying: Classifying = field(init=False, repr=False)
    informing: Informing = field(default_factory=Informing, init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare what every request needs."""
        classifying = Classifying(classifier=self.classifier, ledger=self.conduct.ledger)
        object.__setattr__(self, "classifying", classifying)

    def visit(self, request: Request) -> Visit:
        """The request in its conversation, with the stored state."""
        key = self._key(request)
        return self._visit(request, key, self.conversations.recall(key))

    async def avisit(self, request: Request) -> Visit:
        """The request in its conversation, with the stored state."""
        key = self._key(request)
        return self._visit(request, key, await self.conversations.arecall(key))

    def decide(
        self,
        request: Request,
        recalled: Recollection | None = None,
        config: RunnableConfig | None = None,
        *,
        recorded: bool = False,
    ) -> tuple[RoutingDecision, RequestFeatures]:
        """Classify the request and choose its chain, without calling a candidate.

        Args:
            request: The call.
            recalled: The stored state of its conversation.
            config: The request's config, whose handlers receive a classifier's runs.
            recorded: Whether it is an actual call, which is recorded even if no candidate can
                serve it.
        """
        decision_id = token_hex(16)
        classified = self.classifying.of(
            request.messages, config, decision_id=decision_id, in_loop=request.turn.in_loop
        )
        features = self._described(request, config or {}, *classified)
        with RecordedRefusal(self, request, features, decision_id=decision_id, recorded=recorded):
            return self._decided(request, features, recalled, decision_id=decision_id), features

    async def adecide(
        self,
        request: Request,
        recalled: Recollection | None = None,
        config: RunnableConfig | None = None,
        *,
        recorded: bool = False,
    ) -> tuple[RoutingDecision, RequestFeatures]:
        """The asynchronous form of `decide`, which does not block the event loop."""
        decision_id = token_hex(16)
        classified = await self.classifying.aof(
            request.messages, config, decision_id=decision_id, in_loop=request.turn.in_loop
        )
        features = self._described(request, config or {}, *classified)
        with RecordedRefusal(self, request, features, decision_id=decision_id, recorded=recorded):
            return self._decided(request, features, recalled, decision_id=decision_id), features

    def _described(
        self,
        request: Request,
        config: RunnableConfig,
        user_request: UserRequest,
        classification: Classification,
    ) -> RequestFeatures:
        return described(
            request.messages,
            user_request,
            classification,
            tools=request.tools,
            tool_choice=request.bind_arguments.get("tool_choice", request.forced),
            schema=request.schema,
            schema_tokens=request.schema_tokens,
            answer_tokens=request.answer_tokens,
            asked_at=request.asked_at,
            tags=tags_of(config.get("tags")),
            metadata=config.get("metadata"),
        )

    def _decided(
        self,
        request: Request,
        features: RequestFeatures,
        recalled: Recollection | None,
        *,
        decision_id: str,
    ) -> RoutingDecision:
        decision = self.policy.decide(
            features,
            request.options,
            decision_id=decision_id,
            unavailable=unavailable(self.candidates),
            conversation=conversation_of(
                request,
                recalled or Recollection(),
                features,
                models=self.policy.catalog.models,
                stuck=self.stuck,
            ),
        )
        return self.checked(decision, request, features)

    def checked(
        self, decision: RoutingDecision, request: Request, features: RequestFeatures
    ) -> RoutingDecision:
        """A policy's decision with checks and their second opinions."""
        return checked(
            decision,
            self.informing.applying(self.checks, request, decision.task),
            request=request,
            features=features,
            specs=self.policy.catalog.models,
            cascade=self.cascade,
            fallbacks=self.policy.fallbacks,
            most=self.policy.max_attempts,
        )

    def chain(
        self,
        request: Request,
        decision: RoutingDecision,
        *,
        features: RequestFeatures,
        config: RunnableConfig,
        prepare: Preparation | None = None,
    ) -> RoutedChain:
        """The chain of a decision, with candidates prepared for the request.

        Args:
            request: The call.
            decision: The decision for it.
            features: Features of the request.
            config: The request's config, whose metadata and tags identify the caller.
            prepare: Further preparation of each candidate, such as binding a schema.
        """
        input_tokens = features.input_tokens
        limited = self._limited(request, decision, input_tokens)
        aliases = (*decision.chain, *(limited.spares if limited else ()))
        checks = self.informing.applying(self.checks, request, decision.task)
        links = Links(
            request=request,
            decision=decision,
            checks=checks,
            fallbacks=self.policy.fallbacks,
            held=limited,
            prepare=prepare,
        )
        return RoutedChain.of(
            tuple(links.answering(self.candidates[alias]) for alias in aliases),
            decision=decision,
            input_tokens=input_tokens,
            name=self.name,
            conduct=replace(
                self.conduct,
                deadline_s=request.options.deadline_s,
                baseline=self._baseline(request),
                on_end=recorder(
                    self.on_decision,
                    request,
                    decision,
                    features,
                    specs=self.policy.catalog.models,
                    feedback=self.feedback,
                    entries=LedgerEntries.of(self.conduct.ledger, config),
                ),
            ),
            review=Review(
                checks=self.informing.of(checks, request.tools),
                messages=request.messages,
                seconds=[links.answering(self.candidates[a]) for a in decision.opinions],
                cascades=self.cascade.check in checks,
                judges=links.judging(self.cascade.judges) if self.cascade.judges else {},
            ),
            stream_policy=self.stream_policy,
            structured=prepare is not None,
        )

    def _key(self, request: Request) -> str | None:
        key = request.conversation
        if key is None or self.policy.sticky == "off":
            return None
        return stored_key(f"{self.policy.catalog.name}\n{key}")

    def _visit(self, request: Request, key: str | None, recalled: Recollection) -> Visit:
        return Visit(
            conversations=self.conversations, key=key, recalled=recalled, at=request.asked_at
        )

    def _baseline(self, request: Request) -> Baseline | None:
        """The model that savings are measured against."""
        catalog = self.policy.catalog
        if catalog.baseline is None:
            return None
        spec = catalog.models[catalog.baseline]
        return Baseline(alias=catalog.baseline, price=spec.price_at(request.asked_at))

    def _limited(
        self, request: Request, decision: RoutingDecision, input_tokens: int
    ) -> LimitedRequest | None:
        """The spend limits for the request; `None`: there are none."""
        if self.limits is None:
            return None
        return self.limits.on(
            decision,
            self.policy.catalog.models,
            input_tokens=input_tokens,
            room=request.answer_tokens,
            tool_tokens=toolkit_tokens(request.tools) + request.schema_tokens,
            asked_at=request.asked_at,
        )
