"""From a request to a chain that is ready to be called; written once for every face.

The engine decides and prepares. Calling is the chain's business, and sync and
async differ only there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from langchain_core.messages import BaseMessage

from langchain_smartroute.classify import (
    Classifier,
    check_messages,
    classify_safely,
    classify_safely_async,
    described,
    toolkit_tokens,
    user_request,
)
from langchain_smartroute.errors import InvalidRequestError
from langchain_smartroute.execution import (
    Candidate,
    Link,
    Preparation,
    PreparedCandidate,
    Review,
    RoutedChain,
)
from langchain_smartroute.execution.checks import (
    Check,
    LengthCheck,
    ToolArgumentsCheck,
    applicable,
)
from langchain_smartroute.routing import RouteOptions, TablePolicy
from langchain_smartroute.tracing import classifying
from langchain_smartroute.types import StreamPolicy

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from langchain_smartroute.classify import UserRequest
    from langchain_smartroute.types import (
        Classification,
        RequestFeatures,
        RoutingDecision,
        SchemaMethod,
    )

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
        check_messages(messages)
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
    """

    policy: TablePolicy
    classifier: Classifier
    candidates: Mapping[str, Candidate]
    name: str
    checks: tuple[Check, ...] = ()
    stream_policy: StreamPolicy = "first_token"

    def decide(
        self, request: Request, config: RunnableConfig | None = None
    ) -> tuple[RoutingDecision, RequestFeatures]:
        """Read the request and choose its chain; calls no candidate.

        Args:
            request: The call.
            config: The request's own, whose handlers see what a classifier calls.
        """
        decision_id, asked = uuid4().hex, user_request(request.messages)
        if self._classifies_inline:
            said = classify_safely(self.classifier, asked)
        else:
            with classifying(config, decision_id) as context:
                said = context.run(classify_safely, self.classifier, asked)
        return self._decided(request, asked, said, decision_id=decision_id)

    async def adecide(
        self, request: Request, config: RunnableConfig | None = None
    ) -> tuple[RoutingDecision, RequestFeatures]:
        """The same; a classifier that waits or works does not hold up the event loop."""
        decision_id, asked = uuid4().hex, user_request(request.messages)
        if self._classifies_inline:
            said = classify_safely(self.classifier, asked)
        else:
            with classifying(config, decision_id) as context:
                classifying_it = classify_safely_async(self.classifier, asked)
                said = await asyncio.create_task(classifying_it, context=context)
        return self._decided(request, asked, said, decision_id=decision_id)

    @property
    def _classifies_inline(self) -> bool:
        """Whether the classifier says that it is fast and calls nobody."""
        return getattr(self.classifier, "inline", False) is True

    def _decided(
        self,
        request: Request,
        asked: UserRequest,
        said: Classification,
        *,
        decision_id: str,
    ) -> tuple[RoutingDecision, RequestFeatures]:
        features = described(
            request.messages,
            asked,
            said,
            tools=request.tools,
            tool_choice=request.bind_arguments.get("tool_choice", request.forced),
            schema=request.schema,
            schema_tokens=request.schema_tokens,
            answer_tokens=request.answer_tokens,
        )
        decision = self.policy.decide(features, request.options, decision_id=decision_id)
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
        links = tuple(self._link(alias, request, decision, prepare) for alias in decision.chain)
        return RoutedChain.of(
            links,
            decision=decision,
            input_tokens=input_tokens,
            name=self.name,
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

    def _link(
        self,
        alias: str,
        request: Request,
        decision: RoutingDecision,
        prepare: Preparation | None,
    ) -> Link:
        candidate = self.candidates[alias]
        if prepare is None and request.tools:

            def prepare(_model: Any, _spec: Any) -> Any:
                return candidate.with_tools(request.tools, request.bind_arguments)

        return Link(
            spec=candidate.spec,
            runnable=PreparedCandidate(candidate, prepare),
            endpoint=candidate.endpoint,
            composite=candidate.composite,
            tells_end=candidate.tells_end,
            prior=candidate.spec.quality.get(decision.task),
            fallbacks=frozenset(self.policy.fallbacks.get(alias, ())),
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
