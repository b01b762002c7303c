"""`SmartRouterRunnable`: the router as a chat model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from langchain_core import tools as core_tools
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import ensure_config
from pydantic import ConfigDict
from typing_extensions import override

from langchain_smartroute import engine, execution
from langchain_smartroute.runnable import making
from langchain_smartroute.runnable.beside import BesideCalls
from langchain_smartroute.runnable.callbacks import with_own
from langchain_smartroute.runnable.changes import TakesChanges
from langchain_smartroute.runnable.configured import ConfiguredModel
from langchain_smartroute.runnable.plan import Form, Plan, planned
from langchain_smartroute.runnable.structured import StructuredRouter
from langchain_smartroute.runnable.tools import bound_tools
from langchain_smartroute.types import SchemaMethod

if TYPE_CHECKING:
    from langchain_core.runnables.graph import Graph

    from langchain_smartroute.engine import Request
    from langchain_smartroute.execution import CandidateHealth
    from langchain_smartroute.runnable.bound import BoundRouter as Bound
    from langchain_smartroute.types import RoutingDecision
else:
    # For annotations that are read at run time.
    Bound = Runnable

__all__ = ["SmartRouterRunnable"]

_A_MESSAGE = Form()


class SmartRouterRunnable(BesideCalls, TakesChanges, ConfiguredModel):
    """A chat model that sends each request to the cheapest model that answers it well.

    Use `from_catalog`, `from_models` or `from_config`; the constructor takes the
    same arguments as `from_catalog`.

    Attributes:
        catalog: Name of a shipped catalog, path, mapping or `Catalog`.
        base_url: The gateway; left out: the catalog's own, or as `from_catalog` says.
        api_key: The gateway's key.
        api_key_env: Name of the environment variable with that key.
        default_headers: Headers of every request to the gateway, such as `HTTP-Referer`; a
            model with its own endpoint has its own. Their values are never shown.
        default_query: Query parameters of the gateway's URLs, likewise.
        tier: How to trade money for quality: `budget`, `balanced` or `quality`.
        model: Alias to send every request to; `None`: decide.
        max_cost_usd: Ceiling on the estimated cost of one call, in US dollars.
        on_limit: What to do when nothing fits the ceiling, or a spend limit leaves no room:
            `raise`, take the `cheapest` candidate, or (for spend limits) a callable that
            is given the error and names another candidate, or `None`.
        prices: Alias → `Price`, or several dated ones: your own, which come before the
            catalog's. What neither has is looked up in genai-prices, where installed.
        spend_limits: `SpendLimit`s that every call has to fit into.
        state: Where workers share counters, breakers and routes of conversations: `redis://…`,
            the URL of a database, a `SharedState`, or `None` for this process alone.
        answer_room_tokens: Under spend limits, the longest answer of a call that names none.
        on_backend_error: What happens to calls under spend limits while the state does not
            answer: they go through (`allow`) or raise (`deny`).
        on_decision: Told every decision when its request has ended: a callable that takes a
            `DecisionRecord`, or the path of a JSONL file, for `smartroute decisions`.
        on_feedback: Told every score: a callable that takes a `ScoreRecord`, or such a path.
        ledger: Where every call is recorded: a `Ledger` or the URL of a database.
        redact: A callable: the text of a prompt or an answer → what the ledger keeps of it.
        policy: How it decides: `table`, `quality`, a policy, or a callable on the features.
        rules: Asked in order before the policy.
        fallbacks: Alias → aliases to try first when it fails.
        max_attempts: The most candidates that are tried for one request.
        classifier: Says what is asked: a `LinearClassifier` (`None`: the shipped one),
            `PatternClassifier`, `EmbeddingClassifier`, `JudgeClassifier`, a
            `ClassifierChain` of them, anything with `classify`, a callable on the text,
            or the settings of a built-in one, such as `"patterns"`.
        checks: What answers must pass, each a callable on messages and answer
            that gives a reason to reject it; `None`: the built-in ones, empty: none.
        cascade: Ask the cheapest candidates first, the policy's choice only where a check
            rejects their answer: `agreement` (two differ), `logprob` (one is unsure), or yours.
        stream_policy: `first_token` passes a stream on from its first content, so
            that only what is known by then can reject it; `buffer` holds an answer
            until it is whole and checked, while another candidate could take over.
        sticky: How a conversation keeps its route. `rise`: it changes only to a candidate
            with a higher prior for the task (and no lower one in general), until the
            conversation is idle; `pin`: never; `turn`: it is chosen anew at each turn of the
            user; `off`: at each call. Except with `off`, one model serves a whole tool loop.
        sticky_idle_s: Seconds without a call after which a conversation is forgotten.
        stuck: When an agent counts as stuck and a stronger candidate takes over: `StuckSigns`,
            its settings, or `None`: never.
        models: Alias → a model object that is used as it is.
        temperature: Of the models that the router builds, where they take one; as with
            `max_tokens`, `stop`, `cache` and the gateway, refused where all are objects.
        max_tokens: The longest answer of those models, in tokens.
        stop: Stop sequences of those models.
        connect_timeout_s: Seconds to open a connection of those models. Every time limit
            may be `None` (no limit), and a model's spec may set its own.
        first_token_timeout_s: Seconds to a stream's first content (text, reasoning or a tool
            call); reasoning models have 60 unless this or their spec says otherwise.
        idle_timeout_s: Seconds between two pieces of a stream's content.
        timeout_s: Seconds to a whole answer, or until a stream is passed on. LangChain's
            name for it, `timeout`, is accepted too.
        deadline_s: Seconds for a whole request: all its attempts and waits together.
        max_retry_after_s: The longest wait that a provider may ask for before the
            same model is tried again; a longer one counts as a refusal.
        max_answer_chars: The longest answer that is accepted, in characters.
        on_content_filter: What happens when a provider's filter refuses the prompt:
            `raise` its reason, or ask another candidate (`fallback`).
        breaker: The circuit breakers: a `CircuitBreaker`, its settings, or `None`.
        transport: Whose connections asynchronous calls use: `aiohttp` (extra `fast`), `httpx`,
            or `auto`: aiohttp where it is installed. The repr says which.
        max_retries: Accepted, as chat models have it, but unused: only the chain retries.
        streaming: Whether `invoke` reads a stream from its model, as in `ChatOpenAI`.

    Raises:
        ConfigurationError: Listing everything that is wrong.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> with SandboxServer() as server:
        ...     router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
        ...     answer = router.invoke("Write a Python function to merge sort an array")
        >>> answer.response_metadata["smartroute"]["model"]
        'deepseek-v4-pro'
    """

    # Build the validator now, as the class's signature is inspected before instances exist.
    model_config = ConfigDict(defer_build=False)

    def explain(
        self,
        input: LanguageModelInput,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> RoutingDecision:
        """Decide without calling any candidate; `str()` of the answer explains it.

        Args:
            input: What would be asked: a text, messages or a prompt value.
            config: The call's config, such as one with `configurable` choices.
            **kwargs: The call's arguments, such as `tools` or `model`.

        Raises:
            InvalidRequestError: For a call that no candidate could serve as it is made.
            NoFeasibleModelError: If every one is ruled out (SpendLimitExceededError: by price).
        """
        run_config, request = self._opened(input, config, kwargs)
        recalled = self._engine.visit(request).recalled
        decision, _ = self._engine.decide(request, recalled, run_config)
        return engine.advised(decision, self._engine.policy)

    async def aexplain(
        self,
        input: LanguageModelInput,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> RoutingDecision:
        """As `explain`, without blocking the event loop.

        Args:
            input: As above.
            config: As above.
            **kwargs: As above.
        """
        run_config, request = self._opened(input, config, kwargs)
        visit = await self._engine.avisit(request)
        decision, _ = await self._engine.adecide(request, visit.recalled, run_config)
        return engine.advised(decision, self._engine.policy)

    def health(self) -> dict[str, CandidateHealth]:
        """Alias → the state of its circuit breaker; without breakers, all are closed."""
        return {
            alias: execution.CandidateHealth(state="closed") if gate is None else gate.health()
            for alias, candidate in self._engine.candidates.items()
            for gate in (candidate.traits.gate,)
        }

    @override
    def plan(
        self,
        input_: LanguageModelInput,
        config: RunnableConfig | None,
        arguments: Mapping[str, Any],
        form: Form = _A_MESSAGE,
    ) -> Plan:
        """Decide and prepare a call, the first step of every method of calling."""
        run_config, request = self._opened(input_, config, arguments, form)
        visit = self._engine.visit(request)
        decided = self._engine.decide(request, visit.recalled, run_config, recorded=True)
        return planned(self._engine, run_config, request, form, visit=visit, decided=decided)

    @override
    async def aplan(
        self,
        input_: LanguageModelInput,
        config: RunnableConfig | None,
        arguments: Mapping[str, Any],
        form: Form = _A_MESSAGE,
    ) -> Plan:
        """Decide and prepare a call, the first step of every method of calling."""
        run_config, request = self._opened(input_, config, arguments, form)
        visit = await self._engine.avisit(request)
        decided = await self._engine.adecide(request, visit.recalled, run_config, recorded=True)
        return planned(self._engine, run_config, request, form, visit=visit, decided=decided)

    @override
    def bind(self, **kwargs: Any) -> Bound:
        """Bind arguments of its calls, which `explain` of what is returned has as well."""
        from langchain_smartroute.runnable.bound import BoundRouter  # noqa: PLC0415 - built on use

        return BoundRouter(bound=self, kwargs=kwargs, config={})

    @override
    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | core_tools.BaseTool],
        *,
        tool_choice: Any = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools; each candidate binds them in its own way when it is called."""
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice
        return self.bind(tools=bound_tools(tools), **kwargs)

    @override
    def with_structured_output(
        self,
        schema: Any = None,
        *,
        method: SchemaMethod | None = None,
        include_raw: bool = False,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Parse answers into a schema.

        Args:
            schema: Pydantic class, TypedDict or JSON schema.
            method: `json_schema`, `json_mode` or `function_calling`, which then
                every candidate must have; left out, each uses the best that it has.
            include_raw: Give `raw`, `parsed` and `parsing_error` instead of the
                parsed object alone.
            **kwargs: Passed to each candidate's `with_structured_output`.
        """
        return StructuredRouter(
            self, schema, method=method, include_raw=include_raw, arguments=kwargs
        )

    @override
    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        """The router as a graph: branches by task, fallbacks, and checks."""
        return making.router_graph(self._engine, self._options, name=self.get_name())

    def _opened(
        self,
        input_: LanguageModelInput,
        config: RunnableConfig | None,
        arguments: Mapping[str, Any],
        form: Form = _A_MESSAGE,
    ) -> tuple[RunnableConfig, Request]:
        """Parse a call, with the router's own config added."""
        config = with_own(ensure_config(config), self)
        messages = self._messages_of(input_)
        rest, options = {**self._changed, **arguments}, self._options
        chosen = (config.get("configurable") or {}).get(execution.OPTIONS_KEY)
        if chosen is not None:
            options = options.updated(chosen, aliases=self._aliases)
        if rest:
            options = options.taken_from(rest, aliases=self._aliases)
        return config, engine.Request.of(
            messages,
            rest,
            options=options,
            answer_tokens=self.max_tokens,
            schema=form.schema,
            schema_definition=form.definition,
            conversation=engine.conversation_key(
                config, given=options.conversation, messages=messages
            ),
        )

    def _messages_of(self, input_: LanguageModelInput) -> list[BaseMessage]:
        """An input as messages, without converting what are messages already."""
        if isinstance(input_, list) and all(isinstance(part, BaseMessage) for part in input_):
            return cast("list[BaseMessage]", input_[:])
        if isinstance(input_, str):
            return [HumanMessage(input_)]
        return self._convert_input(input_).to_messages()
