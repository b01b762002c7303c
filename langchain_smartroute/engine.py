"""From a request to a chain that is ready to be called; written once for every face.

The engine decides and prepares. Calling is the chain's business, and sync and
async differ only there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langchain_core.runnables import Runnable

from langchain_smartroute.accounting import LimitedRequest, Limits
from langchain_smartroute.classify import Classifier, extract_features, toolkit_tokens
from langchain_smartroute.errors import InvalidRequestError
from langchain_smartroute.execution import (
    Candidate,
    Conduct,
    Link,
    Preparation,
    PreparedCandidate,
    Review,
    RoutedChain,
    Traits,
    unavailable,
)
from langchain_smartroute.execution.checks import (
    Check,
    LengthCheck,
    ToolArgumentsCheck,
    applicable,
)
from langchain_smartroute.routing import RouteOptions, TablePolicy
from langchain_smartroute.types import StreamPolicy, Usage

if TYPE_CHECKING:
    from langchain_smartroute.types import RequestFeatures, RoutingDecision, SchemaMethod

__all__ = ["Engine", "Request"]

_BIND_ARGUMENTS = ("tool_choice", "strict", "parallel_tool_calls", "response_format")
_ROOM_ARGUMENTS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of the router, taken apart.

    Attributes:
        messages: The whole history that will be sent.
        options: What the caller chose.
        arguments: What goes to the candidate's own call.
        tools: The bound tools.
        bind_arguments: What goes to the candidate's `bind_tools`.
        schema: How structured output is wanted.
        schema_tokens: Estimated tokens of the schema.
        answer_tokens: The answer's room in tokens.
        forced: Whether a tool call is forced by the way structured output is asked for.
        asked_at: When the call was made, for prices that depend on it.
    """

    messages: Sequence[BaseMessage]
    options: RouteOptions
    arguments: Mapping[str, Any] = field(default_factory=dict)
    tools: Sequence[Any] = ()
    bind_arguments: Mapping[str, Any] = field(default_factory=dict)
    schema: SchemaMethod | Literal["any"] | None = None
    schema_tokens: int = 0
    answer_tokens: int | None = None
    forced: bool = False
    asked_at: datetime = field(default_factory=partial(datetime.now, tz=UTC))

    @classmethod
    def of(
        cls,
        messages: Sequence[BaseMessage],
        arguments: Mapping[str, Any],
        *,
        options: RouteOptions,
        answer_tokens: int | None,
        schema: SchemaMethod | Literal["any"] | None = None,
        schema_definition: Any = None,
    ) -> Request:
        """Take a call apart.

        Args:
            messages: The whole history that will be sent.
            arguments: The call's keyword arguments.
            options: What the caller chose.
            answer_tokens: The answer's room where the call names none.
            schema: How structured output is wanted.
            schema_definition: The schema itself.

        Raises:
            InvalidRequestError: If no candidate could serve the call as it was made.
        """
        _check_messages(messages)
        rest = dict(arguments)
        if rest.get("n") not in (None, 1):
            raise InvalidRequestError(
                f"n = {rest['n']!r}: the router gives one answer per call; call batch() with the"
                " same input as often as you want answers"
            )
        room = next((rest[n] for n in _ROOM_ARGUMENTS if rest.get(n) is not None), answer_tokens)
        tools = rest.pop("tools", None) or ()
        bind = {name: rest.pop(name) for name in _BIND_ARGUMENTS if tools and name in rest}
        wanted = bind.get("response_format", rest.get("response_format"))
        if schema is None and wanted is not None:
            schema, schema_definition = _method_of(wanted), wanted
        return cls(
            messages=messages,
            options=options,
            arguments=rest,
            tools=tools,
            bind_arguments={name: value for name, value in bind.items() if value is not None},
            schema=schema,
            schema_tokens=toolkit_tokens([schema_definition]) if schema_definition else 0,
            answer_tokens=room if isinstance(room, int) else None,
            forced=schema == "function_calling",
        )


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
    """

    policy: TablePolicy
    classifier: Classifier
    candidates: Mapping[str, Candidate]
    name: str
    checks: tuple[Check, ...] = ()
    stream_policy: StreamPolicy = "first_token"
    conduct: Conduct = field(default_factory=Conduct)
    limits: Limits | None = None

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
        input_tokens: int,
        prepare: Preparation | None = None,
    ) -> RoutedChain:
        """The chain of a decision, its candidates prepared for the request.

        Args:
            request: The call.
            decision: What was decided for it.
            input_tokens: Estimate of the request, for answers without usage.
            prepare: What else is to be done to each candidate, such as giving
                it a schema.
        """
        held = self._held(request, decision, input_tokens)
        aliases = (*decision.chain, *(held.spares if held else ()))
        links = tuple(self._link(alias, request, decision, prepare, held) for alias in aliases)
        return RoutedChain.of(
            links,
            decision=decision,
            input_tokens=input_tokens,
            name=self.name,
            conduct=replace(self.conduct, deadline_s=request.options.deadline_s),
            review=Review(
                checks=[
                    _knowing_tools(c, request.tools) for c in self._checks_for(request, decision)
                ],
                messages=request.messages,
            ),
            stream_policy=self.stream_policy,
            structured=prepare is not None,
        )

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
            usage=Usage(input_tokens=input_tokens, output_tokens=request.answer_tokens or 0),
            room=request.answer_tokens,
            # The estimate counts three bytes to a token; a token is one byte at least.
            extra_tokens=4 * (toolkit_tokens(request.tools) + request.schema_tokens),
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


def _method_of(response_format: Any) -> SchemaMethod:
    kind = response_format.get("type") if isinstance(response_format, Mapping) else None
    return "json_mode" if kind == "json_object" else "json_schema"


def _check_messages(messages: Sequence[BaseMessage]) -> None:
    """Reject histories that every provider rejects, before anything is spent."""
    if not messages:
        raise InvalidRequestError("The message list is empty; give at least one user message")
    if all(isinstance(message, SystemMessage) for message in messages):
        raise InvalidRequestError("There are only system messages; add a user message to answer")
    if all(isinstance(message, AIMessage | SystemMessage) for message in messages):
        raise InvalidRequestError("There are only AI messages; add a user message to answer")
    called: set[str] = set()
    for position, message in enumerate(messages):
        if isinstance(message, AIMessage):
            called |= _call_ids(message)
        elif isinstance(message, ToolMessage) and message.tool_call_id not in called:
            raise InvalidRequestError(
                f"messages[{position}] is the result of tool call {message.tool_call_id!r}, which"
                " no AI message before it makes; keep the AI message with the call, or drop both"
            )


def _call_ids(message: AIMessage) -> set[str]:
    calls = (*message.tool_calls, *message.invalid_tool_calls)
    ids = {call["id"] for call in calls if call["id"] is not None}
    if isinstance(message.content, list):
        # A call in another provider's form, such as Anthropic's tool_use block.
        ids |= {str(b["id"]) for b in message.content if isinstance(b, dict) and b.get("id")}
    return ids
