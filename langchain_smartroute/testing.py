"""Tools for testing your own routes, without a key, a network or costs.

`assert_route` checks where a router sends a request, without calling a model. A
`ScriptedChatModel` answers, streams and fails by a script, to run your rules, checks and
fallbacks. A `FixedClassifier` makes the classification of a test deterministic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field, PrivateAttr
from typing_extensions import override

from langchain_smartroute.types import Classification, Difficulty, RoutingDecision

__all__ = ["FixedClassifier", "ScriptedCall", "ScriptedChatModel", "assert_route"]


class _Explains(Protocol):
    def explain(self, input: Any, config: Any = None, **kwargs: Any) -> RoutingDecision: ...  # noqa: A002 - LangChain's name


class _Request(Protocol):
    @property
    def text(self) -> str: ...


def assert_route(
    router: _Explains,
    request: LanguageModelInput,
    *,
    model: str | None = None,
    config: Any = None,
    arguments: Mapping[str, Any] | None = None,
    **expected: Any,
) -> RoutingDecision:
    """Assert where a request goes; no candidate is called.

    Args:
        router: The router.
        request: What would be asked: a text or messages.
        model: Alias of the candidate that is to be called first.
        config: The call's config, such as one with `configurable` choices.
        arguments: The call's keyword arguments, such as `tools`.
        **expected: Any other attribute of the decision, such as `task`, `difficulty`,
            `tier` and `chain`; of `reason` a part, and of `excluded` the aliases, are
            enough.

    Returns:
        The decision, to assert more of.

    Raises:
        AssertionError: With what was expected and the decision explained.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable
        >>> from langchain_smartroute.testing import ScriptedChatModel, assert_route
        >>> router = SmartRouterRunnable.from_models(
        ...     {"fast": ScriptedChatModel(), "strong": ScriptedChatModel()},
        ...     routes={"code": "strong"},
        ...     default="fast",
        ... )
        >>> decision = assert_route(router, "Write a Python function", model="strong", task="code")
        >>> decision.reason
        'code in tier balanced of the routing table'
    """
    __tracebackhide__ = True
    decision = router.explain(request, config, **(arguments or {}))
    wanted = expected if model is None else {"model": model, **expected}
    faults = [
        f"{name} is {getattr(decision, name)!r}, not {value!r}"
        for name, value in wanted.items()
        if not _fits(name, getattr(decision, name), value)
    ]
    if faults:
        raise AssertionError(f"{'; '.join(faults)}\n{decision}")
    return decision


def _fits(name: str, found: Any, wanted: Any) -> bool:
    if name == "reason":
        return str(wanted) in found
    if name == "excluded" and not isinstance(wanted, Mapping):
        aliases = {wanted} if isinstance(wanted, str) else set(wanted)
        return bool(aliases <= found.keys())
    return bool((tuple(wanted) if isinstance(found, tuple) else wanted) == found)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedClassifier:
    """A classifier with fixed results.

    Attributes:
        task: The task of every request without a match in `tasks`.
        difficulty: Its difficulty; `None` leaves it to the evidence in the request.
        tasks: Part of a text → the task of requests with it; the first one counts.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable
        >>> from langchain_smartroute.testing import FixedClassifier, ScriptedChatModel
        >>> router = SmartRouterRunnable.from_models(
        ...     {"fast": ScriptedChatModel(), "strong": ScriptedChatModel()},
        ...     routes={"math": "strong"},
        ...     classifier=FixedClassifier(tasks={"invoice": "math"}),
        ... )
        >>> router.explain("Is this invoice right?").model
        'strong'
    """

    task: str = "general"
    difficulty: Difficulty | None = None
    tasks: Mapping[str, str] = field(default_factory=dict)

    def classify(self, request: _Request) -> Classification:
        """Return the fixed result for a request."""
        named = (task for part, task in self.tasks.items() if part in request.text)
        task = next(named, self.task)
        return Classification(scores={task: 1.0}, difficulty=self.difficulty, source="fixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedCall:
    """One call of a scripted model.

    Attributes:
        messages: The messages of the call.
        arguments: The arguments of the call, including bound tools.

    Example:
        >>> model = ScriptedChatModel(script=["hi"])
        >>> answer = model.invoke("Hello!", temperature=0)
        >>> model.calls[0].messages[0].text, model.calls[0].arguments["temperature"]
        ('Hello!', 0)
    """

    messages: Sequence[BaseMessage]
    arguments: Mapping[str, Any]


class ScriptedChatModel(BaseChatModel):
    """A chat model that follows a script, for tests.

    Attributes:
        script: What to answer, one entry a call, the last one from then on: a text, an
            `AIMessage` (with tool calls, say), an exception to raise, or a callable that
            is given the messages and returns one of these.
        model_name: What it calls itself; the name of a known model gives it that price.
        input_tokens: What it reports for each call, unless its message says.
        output_tokens: As above.
        calls: What it was called with, in order.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable
        >>> from langchain_smartroute.testing import ScriptedChatModel
        >>> dead = ScriptedChatModel(script=[ConnectionError("no route to host")])
        >>> alive = ScriptedChatModel(script=["hello"], model_name="gpt-4o-mini")
        >>> router = SmartRouterRunnable.from_models(
        ...     {"dead": dead, "alive": alive}, fallbacks={"dead": ["alive"]}
        ... )
        >>> answer = router.invoke("hi")
        >>> answer.text, answer.response_metadata["smartroute"]["model"], len(alive.calls)
        ('hello', 'alive', 1)
    """

    script: Sequence[Any] = ("ok",)
    model_name: str = "scripted"
    input_tokens: int = 10
    output_tokens: int = 3
    calls: list[ScriptedCall] = Field(default_factory=list)

    _turn: Iterator[int] = PrivateAttr(default_factory=count)

    @property
    @override
    def _llm_type(self) -> str:
        return "scripted"

    @override
    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools, for the calls to show."""
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = self._next(messages, stop, kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)])

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        message = self._next(messages, stop, kwargs)
        content: Any = message.content
        for word in re.findall(r"\S+\s*|\s+", content) if isinstance(content, str) else [content]:
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))
        last = AIMessageChunk(
            content="",
            tool_call_chunks=_call_chunks(message),
            usage_metadata=message.usage_metadata,
            response_metadata=message.response_metadata,
            chunk_position="last",
        )
        yield ChatGenerationChunk(message=last)

    def _next(
        self, messages: list[BaseMessage], stop: list[str] | None, arguments: dict[str, Any]
    ) -> AIMessage:
        """The next answer of the script, noted and made whole."""
        given = arguments if stop is None else {**arguments, "stop": stop}
        self.calls.append(ScriptedCall(messages=tuple(messages), arguments=given))
        answer: Any = self.script[min(next(self._turn), len(self.script) - 1)]
        if callable(answer):
            respond: Callable[[Sequence[BaseMessage]], Any] = answer
            answer = respond(messages)
        if isinstance(answer, BaseException):
            raise answer
        message = answer if isinstance(answer, AIMessage) else AIMessage(content=answer)
        reason = "tool_calls" if message.tool_calls else "stop"
        named = {"model_name": self.model_name, "finish_reason": reason}
        usage = message.usage_metadata or {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "total_tokens": self.input_tokens + self.output_tokens,
        }
        return message.model_copy(
            update={
                "usage_metadata": usage,
                "response_metadata": {**named, **message.response_metadata},
            }
        )


def _call_chunks(message: AIMessage) -> list[Any]:
    return [
        {
            "name": call["name"],
            "args": json.dumps(call["args"]),
            "id": call["id"],
            "index": index,
            "type": "tool_call_chunk",
        }
        for index, call in enumerate(message.tool_calls)
    ]
