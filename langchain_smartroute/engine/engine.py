"""From a request to a chain that is ready to be called; written once for every face.

The engine decides and prepares. Calling is the chain's business, and sync and
async differ only there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from langchain_core.runnables import Runnable

from langchain_smartroute.accounting import LimitedRequest, Limits
from langchain_smartroute.classify import Classifier, extract_features, toolkit_tokens
from langchain_smartroute.engine.recording import OnDecision, decision_record
from langchain_smartroute.engine.request import Request
from langchain_smartroute.execution import (
    Baseline,
    Candidate,
    Conduct,
    Link,
    Preparation,
    PreparedCandidate,
    Review,
    RoutedChain,
    Traits,
    Walk,
    unavailable,
)
from langchain_smartroute.execution.checks import (
    Check,
    LengthCheck,
    ToolArgumentsCheck,
    applicable,
)
from langchain_smartroute.routing import TablePolicy
from langchain_smartroute.types import StreamPolicy

if TYPE_CHECKING:
    from langchain_smartroute.types import RequestFeatures, RoutingDecision

__all__ = ["Engine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Decides and prepares.

    Attributes:
        policy: Decides.
        classifier: Says what is asked.
        candidates: Alias → candidate.
        name: What the run of a request is called in traces.
        checks: What answers must pass.
        stream_policy: When a stream is passed on.
        conduct: How failures are gone about.
        limits: What every call has to fit into; `None`: there are no spend limits.
        on_decision: Given the record of each decision when its request has ended.
    """

    policy: TablePolicy
    classifier: Classifier
    candidates: Mapping[str, Candidate]
    name: str
    checks: tuple[Check, ...] = ()
    stream_policy: StreamPolicy = "first_token"
    conduct: Conduct = field(default_factory=Conduct)
    limits: Limits | None = None
    on_decision: OnDecision | None = None

    def decide(self, request: Request) -> tuple[RoutingDecision, RequestFeatures]:
        """Read the request and choose its chain; calls no candidate."""
        features = extract_features(
            request.messages,
            classifier=self.classifier,
            tools=request.tools,
            tool_choice=request.bind_arguments.get("tool_choice", request.forced),
            schema=request.schema,
            schema_tokens=request.schema_tokens,
            answer_tokens=request.answer_tokens,
        )
        features = replace(features, asked_at=request.asked_at)
        decision = self.policy.decide(
            features,
            request.options,
            decision_id=uuid4().hex,
            unavailable=unavailable(self.candidates),
        )
        names = tuple(check.name for check in self._checks_for(request, decision))
        return (replace(decision, checks=names) if names else decision), features

    def chain(
        self,
        request: Request,
        decision: RoutingDecision,
        *,
        features: RequestFeatures,
        prepare: Preparation | None = None,
    ) -> RoutedChain:
        """The chain of a decision, its candidates prepared for the request.

        Args:
            request: The call.
            decision: What was decided for it.
            features: What it was decided from.
            prepare: What else is to be done to each candidate, such as giving
                it a schema.
        """
        input_tokens = features.input_tokens
        held = self._held(request, decision, input_tokens)
        aliases = (*decision.chain, *(held.spares if held else ()))
        links = tuple(self._link(alias, request, decision, prepare, held) for alias in aliases)
        return RoutedChain.of(
            links,
            decision=decision,
            input_tokens=input_tokens,
            name=self.name,
            conduct=replace(
                self.conduct,
                deadline_s=request.options.deadline_s,
                baseline=self._baseline(request),
                on_end=self._on_end(request, decision, features),
            ),
            review=Review(
                checks=[
                    _knowing_tools(c, request.tools) for c in self._checks_for(request, decision)
                ],
                messages=request.messages,
            ),
            stream_policy=self.stream_policy,
            structured=prepare is not None,
        )

    def _on_end(
        self, request: Request, decision: RoutingDecision, features: RequestFeatures
    ) -> Callable[[Walk], None] | None:
        """What to do when the request has ended: make a record, if somebody wants one."""
        told = self.on_decision
        if told is None:
            return None
        specs = self.policy.catalog.models

        def on_end(walk: Walk) -> None:
            told(decision_record(request, decision, features, walk=walk, specs=specs))

        return on_end

    def _baseline(self, request: Request) -> Baseline | None:
        """The catalog's model that savings are measured against."""
        catalog = self.policy.catalog
        if catalog.baseline is None:
            return None
        spec = catalog.models[catalog.baseline]
        return Baseline(alias=catalog.baseline, price=spec.price_at(request.asked_at))

    def _checks_for(self, request: Request, decision: RoutingDecision) -> tuple[Check, ...]:
        """The checks that apply; a caller's own limit of the answer is no weakness of it."""
        found = applicable(self.checks, decision.task)
        if request.answer_tokens is None:
            return found
        return tuple(c for c in found if not isinstance(c.function, LengthCheck))

    def _held(
        self, request: Request, decision: RoutingDecision, input_tokens: int
    ) -> LimitedRequest | None:
        """What spend limits mean for the request; `None` where there are none."""
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

    def _link(
        self,
        alias: str,
        request: Request,
        decision: RoutingDecision,
        prepare: Preparation | None,
        held: LimitedRequest | None,
    ) -> Link:
        candidate = self.candidates[alias]
        if prepare is None and request.tools:

            def prepare(_model: Any, _spec: Any) -> Any:
                return candidate.with_tools(request.tools, request.bind_arguments)

        runnable: Runnable[Any, Any] = PreparedCandidate(candidate, prepare)
        if held is not None:
            runnable = held.guarded(runnable, candidate.spec, composite=candidate.traits.composite)
        return Link(
            spec=candidate.spec,
            runnable=runnable,
            spare=alias not in decision.chain,
            endpoint=candidate.endpoint,
            asked_at=request.asked_at,
            prior=candidate.spec.quality.get(decision.task),
            fallbacks=frozenset(self.policy.fallbacks.get(alias, ())),
            **{trait.name: getattr(candidate.traits, trait.name) for trait in fields(Traits)},
        )


def _knowing_tools(check: Check, tools: Sequence[Any]) -> Check:
    """The built-in check of tool arguments with the schemas of the tools that are bound."""
    if not tools or not isinstance(check.function, ToolArgumentsCheck) or check.function.schemas:
        return check
    functions = [tool.get("function") for tool in tools if isinstance(tool, Mapping)]
    schemas = {f["name"]: f.get("parameters") or {} for f in functions if f and "name" in f}
    return replace(check, function=ToolArgumentsCheck(schemas))
