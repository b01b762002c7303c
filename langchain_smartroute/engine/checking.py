"""Selects and prepares the checks of a request, and the candidates for their side calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from langchain_smartroute.execution.checks import (
    AskingCheck,
    Check,
    LearnedCheck,
    LengthCheck,
    LogprobCheck,
    ToolArgumentsCheck,
    applicable,
)
from langchain_smartroute.routing.cascade import cascaded, cheapest_beside

if TYPE_CHECKING:
    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.engine.request import Request
    from langchain_smartroute.execution import Candidate
    from langchain_smartroute.routing import RulesFirst
    from langchain_smartroute.types import RequestFeatures, RoutingDecision

__all__ = ["Cascade", "Informing", "advised", "checked", "checks_for", "wanted_arguments"]

_CACHE_SIZE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """A router's cascade and judges.

    Attributes:
        check: The check that accepts or rejects the cheap answer; `None`: the router has no
            cascade.
        judges: Name of a check → its judge.
    """

    check: Check | None = None
    judges: Mapping[str, Candidate] = field(default_factory=dict)


def checks_for(checks: Sequence[Check], request: Request, task: str) -> tuple[Check, ...]:
    """The checks that apply; a truncation at the caller's own limit is not checked."""
    plain = applicable((c for c in checks if not isinstance(c.function, AskingCheck)), task)
    if request.answer_tokens is not None:
        plain = tuple(c for c in plain if not isinstance(c.function, LengthCheck))
    tools, schema = bool(request.tools), request.schema is not None
    asking = (c for c in checks if isinstance(c.function, AskingCheck))
    return (*plain, *(c for c in asking if _applies(c, task, tools=tools, schema=schema)))


def advised(decision: RoutingDecision, policy: RulesFirst) -> RoutingDecision:
    """A decision that is explained, with a note where its checks can do nothing.

    A rejected answer escalates to nobody from a route of unknown quality.
    """
    route, task, others = decision.model, decision.task, decision.chain[1:]
    quality = policy.catalog.models[route].quality.get(task)
    known = decision.predicted.get(route, quality) is not None
    named = any(alias in policy.fallbacks.get(route, ()) for alias in others)
    if known or named or not (others and decision.checks):
        return decision
    note = (
        f"an answer that a check rejects is returned as it is: how good {route} is at {task} is"
        " unknown, so nobody is known to be better; give it a quality, or name fallbacks"
    )
    return replace(decision, notes=(*decision.notes, note))


def checked(
    decision: RoutingDecision,
    found: Sequence[Check],
    *,
    request: Request,
    features: RequestFeatures,
    specs: Mapping[str, ModelSpec],
    cascade: Cascade,
    fallbacks: Mapping[str, Sequence[str]],
    most: int,
) -> RoutingDecision:
    """Add checks, cascade and second opinions to a decision."""
    if cascade.check is not None and cascade.check in found:
        function = cascade.check.function
        compares = (
            isinstance(function, AskingCheck) and function.compares and function.with_ is None
        )
        decision = cascaded(
            decision,
            features,
            specs,
            name=cascade.check.name,
            cheap=2 if compares else 1,
            most=most,
            among=[a for a in specs if specs[a].gives_logprobs]
            if _reads_logprobs(function)
            else None,
            in_loop=request.turn.in_loop,
        )
    names = tuple(check.name for check in found)
    if not names:
        return decision
    decision = replace(decision, checks=names)
    asking = [c.function for c in found if isinstance(c.function, AskingCheck)]
    comparing = [check for check in asking if check.compares]
    if not comparing:
        return decision
    deciding = _deciding(decision, specs, fallbacks)
    if not deciding:
        return replace(decision, opinions=())
    partners: dict[str, None] = dict.fromkeys(decision.opinions)
    for check in comparing:
        if check.with_ is not None:
            partners |= dict.fromkeys(check.with_)
        elif not partners:
            partners |= dict.fromkeys(cheapest_beside(decision, features, specs, deciding=deciding))
    return _compared(decision, partners, deciding)


@dataclass(frozen=True, slots=True)
class Informing:
    """Passes tool schemas to checks; cached, as an agent binds the same tools for each call."""

    _by_tools: dict[tuple[int, ...], tuple[Sequence[Any], Sequence[Check]]] = field(
        default_factory=dict, init=False, repr=False
    )
    _by_kind: dict[tuple[str, bool, bool, bool], tuple[Check, ...]] = field(
        default_factory=dict, init=False, repr=False
    )

    def applying(self, checks: Sequence[Check], request: Request, task: str) -> tuple[Check, ...]:
        """The checks of a router that apply to a request, cached by kind of request."""
        kind = (
            task,
            request.answer_tokens is not None,
            bool(request.tools),
            request.schema is not None,
        )
        applicable_checks = self._by_kind.get(kind)
        if applicable_checks is None:
            applicable_checks = checks_for(checks, request, task)
            if len(self._by_kind) >= _CACHE_SIZE:
                self._by_kind.clear()
            self._by_kind[kind] = applicable_checks
        return applicable_checks

    def of(self, checks: Sequence[Check], tools: Sequence[Any]) -> Sequence[Check]:
        """The checks with the schemas of the bound tools."""
        if not tools:
            return checks
        key = (*map(id, checks), *map(id, tools))
        entry = self._by_tools.get(key)
        if entry is None:
            # The cache keeps these objects alive, so their ids are safe keys.
            entry = ((*checks, *tools), [_knowing_tools(check, tools) for check in checks])
            if len(self._by_tools) >= _CACHE_SIZE:
                self._by_tools.clear()
            self._by_tools[key] = entry
        return entry[1]


def _knowing_tools(check: Check, tools: Sequence[Any]) -> Check:
    """The built-in check of tool arguments with the schemas of the bound tools."""
    if not isinstance(check.function, ToolArgumentsCheck) or check.function.schemas:
        return check
    return replace(check, function=ToolArgumentsCheck.of_tools(tools))


def wanted_arguments(checks: Sequence[Check], spec: ModelSpec) -> dict[str, Any]:
    """Arguments of the call that checks need, such as for log-probabilities."""
    reads_logprobs = spec.gives_logprobs and any(
        _reads_logprobs(check.function) for check in checks
    )
    return {"logprobs": True} if reads_logprobs else {}


def _reads_logprobs(check: Any) -> bool:
    return isinstance(check, LogprobCheck) or (
        isinstance(check, LearnedCheck) and check.wants_logprobs
    )


def _applies(check: Check, task: str, *, tools: bool, schema: bool) -> bool:
    asking = check.function
    return isinstance(asking, AskingCheck) and asking.applies(task, tools=tools, schema=schema)


def _deciding(
    decision: RoutingDecision,
    specs: Mapping[str, ModelSpec],
    fallbacks: Mapping[str, Sequence[str]],
) -> tuple[str, ...]:
    """The aliases that answer if cheap answers differ: the strongest, and the user's fallbacks."""
    route, task = decision.model, decision.task
    prior = specs[route].quality.get(task)
    priors = {a: specs[a].quality.get(task) for a in decision.chain[1:]}
    priors_known = {a: value for a, value in priors.items() if value is not None}
    best = max(priors_known, key=priors_known.__getitem__, default=None)
    strongest = [best] if best and prior is not None and priors_known[best] > prior else []
    user_fallbacks = [a for a in decision.chain[1:] if a in fallbacks.get(route, ())]
    return tuple(dict.fromkeys((*strongest, *user_fallbacks)))


def _compared(
    decision: RoutingDecision, partners: Iterable[str], deciding: Sequence[str]
) -> RoutingDecision:
    """Add candidates of second opinions to a decision, at the end of its chain.

    Args:
        decision: The decision with its checks.
        partners: Candidates for second opinions.
        deciding: Candidates that answer if they differ; at least one is kept for that.
    """
    excluded = decision.excluded
    able = [a for a in partners if a != decision.model and a not in excluded]
    if all(alias in able for alias in deciding):
        able = [alias for alias in able if alias not in deciding]
    notes = [f"{a} gives no second opinion: {excluded[a]}" for a in partners if a in excluded]
    return replace(
        decision,
        opinions=tuple(able),
        # They have answered already, so they are only called again as last fallbacks.
        chain=tuple(sorted(decision.chain, key=able.__contains__)),
        notes=(*decision.notes, *notes),
    )
