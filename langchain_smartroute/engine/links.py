"""Prepares the candidates of one request, with their limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from langchain_smartroute.engine.checking import wanted_arguments
from langchain_smartroute.execution import Candidate, Link, Preparation, PreparedCandidate
from langchain_smartroute.execution.checks import AskingCheck

if TYPE_CHECKING:
    from langchain_smartroute.accounting import LimitedRequest
    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.engine.request import Request
    from langchain_smartroute.execution.checks import Check
    from langchain_smartroute.types import RoutingDecision

__all__ = ["Links"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Prepares the candidates of one request.

    Attributes:
        request: The call.
        decision: The decision for it.
        checks: The checks of its answers.
        fallbacks: Alias → its fallbacks configured by the user.
        held: Its spend limits; `None`: there are none.
        prepare: Further preparation of each candidate.
    """

    request: Request
    decision: RoutingDecision
    checks: Sequence[Check]
    fallbacks: Mapping[str, Sequence[str]]
    held: LimitedRequest | None = None
    prepare: Preparation | None = None

    def answering(self, candidate: Candidate) -> Link:
        """The link of a candidate that answers or gives a second opinion."""
        request, prepare = self.request, self.prepare
        arguments = wanted_arguments(self.checks, candidate.spec)
        if prepare is not None and arguments:
            prepare = _with_fields(prepare, arguments)
        elif prepare is None and (request.tools or request.bind_arguments):
            # Not the request, whose messages would live as long as the record of the run.
            tools, bound = request.tools, request.bind_arguments

            def prepare(_model: Any, _spec: Any) -> Any:
                return candidate.with_tools(tools, bound)

        return self._link(candidate, PreparedCandidate(candidate, prepare, arguments))

    def judging(self, judges: Mapping[str, Candidate]) -> dict[str, Link]:
        """Name of an applicable check → link of its judge.

        Args:
            judges: The judges of all checks of the router.
        """
        links: dict[str, Link] = {}
        for check in self.checks:
            asking, candidate = check.function, judges.get(check.name)
            if candidate is not None and isinstance(asking, AskingCheck):
                prepared = PreparedCandidate(candidate, _filling(asking))
                links[check.name] = self._link(candidate, prepared)
        return links

    def _link(self, candidate: Candidate, prepared: Runnable[Any, Any]) -> Link:
        spec = candidate.spec
        if self.held is not None:
            traits = candidate.traits
            prepared = self.held.guarded(
                prepared, spec, composite=traits.composite, own_room=traits.room
            )
        return Link(
            **candidate.facts,
            unbuilt=candidate.unbuilt,
            runnable=prepared,
            spare=spec.alias not in self.decision.chain,
            held=self.held is not None,
            asked_at=self.request.asked_at,
            prior=self.decision.predicted.get(spec.alias, spec.quality.get(self.decision.task)),
            fallbacks=frozenset(self.fallbacks.get(spec.alias, ())),
        )


def _with_fields(prepare: Preparation, arguments: Mapping[str, Any]) -> Preparation:
    """A preparation for structured output, with the call's arguments bound to the model.

    LangChain's structured output with the raw message drops the arguments of a call.
    """

    def prepared(model: Runnable[Any, Any], spec: ModelSpec) -> Runnable[Any, Any]:
        if isinstance(model, BaseChatModel) and arguments.keys() <= type(model).model_fields.keys():
            model = model.model_copy(update=dict(arguments))
        return prepare(model, spec)

    return prepared


def _filling(asking: AskingCheck) -> Preparation:
    """A preparation of a judge for its structured output."""

    def prepare(model: Runnable[Any, Any], spec: ModelSpec) -> Runnable[Any, Any]:
        method = asking.method
        if method is None and "json_schema" not in spec.structured_output and spec.tools:
            method = "function_calling"
        options = {} if method is None else {"method": method}
        chat_model: Any = model
        parsed: Runnable[Any, Any] = chat_model.with_structured_output(
            asking.verdict_form, **options
        )
        return parsed

    return prepare
