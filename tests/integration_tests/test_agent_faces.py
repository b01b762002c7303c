"""One table of agent scenarios, three faces: all end alike, nothing is doubled, all is counted.

The faces: the middleware in `create_agent`; the router as plain model, in `create_agent`
and in `create_react_agent`; a hand-written graph. Each scenario is played over HTTP against
a sandbox that is as strict as the models that it stands for.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import StructuredTool, ToolException
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, create_react_agent, tools_condition
from langgraph.types import Command, interrupt
from pydantic import BaseModel

from langchain_smartroute import (
    Catalog,
    CostCallbackHandler,
    SmartRouterMiddleware,
    SmartRouterRunnable,
)
from langchain_smartroute.sandbox import Fault, SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models
from langchain_smartroute.state import MemoryState

DEFAULT = Catalog.load("default")
UNAVAILABLE = Fault(kind="status", status=503)
MODES = ["values", "updates", "messages", "custom", "tasks", "checkpoints"]
LIMITED = Fault(kind="status", status=429)
CODE = "Write a Python function to merge sort an array"
PICTURE = HumanMessage(
    [
        {"type": "text", "text": "What is in this picture?"},
        {"type": "image", "base64": "iVBORw0KGgo=", "mime_type": "image/png"},
    ]
)


class Trip(BaseModel):
    """A trip to a city."""

    city: str
    days: int


# ---------------------------------------------------------------- what happens


@dataclass(frozen=True)
class Say:
    """The user says something."""

    what: Any
    options: Any = None


@dataclass(frozen=True)
class Resume:
    """A person answers an interrupt."""

    value: Any


class Continue:
    """The run goes on from its checkpoint."""


class Restart:
    """The process dies: another graph and another router, with the same checkpoints."""


class Heal:
    """All models are healthy again."""


@dataclass(frozen=True)
class Fails:
    """A step that raises."""

    step: Any
    error: str


@dataclass(frozen=True)
class Scenario:
    steps: tuple[Any, ...]
    tools: tuple[str, ...] = ("get_weather", "multiply")
    way: str = "invoke"
    settings: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    asks_first: bool = False
    remembers: bool = True
    shares_state: bool = False
    system: str | None = None
    schema: Any = None
    models: tuple[str, ...] = ()
    """The expected candidate per message; empty: any."""
    leaving_out: tuple[str, ...] = ()
    """What an agent of LangChain's and one that reads its answer in a call of its own do
    differently; `create_agent` with and without the middleware are alike in all, and so are
    `create_react_agent` and the hand-written graph."""


def scenario(*steps: Any, **settings: Any) -> Scenario:
    return Scenario(tuple(Say(s) if isinstance(s, str | list) else s for s in steps), **settings)


def _rejects(*weak: str) -> Callable[[Any, Any], str | None]:
    def check(messages, answer):
        return "weak" if answer.response_metadata.get("model_name") in weak else None

    return check


WEATHER = "What's the weather in Paris?"
BOTH = "Use get_weather for Paris, and multiply 17 by 24"
STEPS = "What's the weather in Paris, and multiply 17 by 24"
ESCALATING = {"checks": [_rejects("deepseek-chat")], "stream_policy": "buffer"}
READ_APART = ("messages", "asked", "cost", "models")
CHAT, PRO, FLASH, GPT = "deepseek-chat", "deepseek-v4-pro", "glm-4-flash", "gpt-4o"

SCENARIOS = {
    "no tools": scenario("Hello!", tools=(), models=(CHAT,)),
    "a tool that is not needed": scenario("Hello!", models=(CHAT,)),
    "one tool": scenario(WEATHER, models=(CHAT, CHAT)),
    "tools at once": scenario(BOTH),
    "one tool after another": scenario(STEPS, models=(CHAT,) * 3),
    "a failing tool": scenario("Do a lookup of Paris", tools=("lookup",)),
    "tools at once, one fails": scenario(
        "What's the weather in Paris? And a lookup of it", tools=("get_weather", "lookup")
    ),
    "a tool fails, another helps": scenario(
        "Do a lookup of Paris, and tell me about its weather", tools=("lookup", "get_weather")
    ),
    "a tool that gives a mapping": scenario("Show the inventory", tools=("inventory",)),
    "a system prompt": scenario(WEATHER, system="Be brief."),
    "without a memory": scenario(WEATHER, remembers=False),
    "a conversation": scenario("Hello!", WEATHER, "Thanks!"),
    "a conversation rises": scenario("Hello!", CODE, models=(CHAT, PRO)),
    "a conversation does not fall": scenario(CODE, "Hello!", WEATHER, models=(PRO,) * 4),
    "a pinned conversation": scenario(
        "Hello!", CODE, settings={"sticky": "pin"}, models=(CHAT, CHAT)
    ),
    "a route for each turn": scenario(
        CODE, "Hello!", settings={"sticky": "turn"}, models=(PRO, CHAT)
    ),
    "a route for each call": scenario(CODE, WEATHER, settings={"sticky": "off"}),
    "the model is switched in mid-conversation": scenario(
        WEATHER, Say(WEATHER, {"model": GPT}), WEATHER, models=(CHAT, CHAT, GPT, GPT, CHAT, CHAT)
    ),
    "tier budget": scenario(WEATHER, settings={"tier": "budget"}),
    "tier quality": scenario(WEATHER, settings={"tier": "quality"}),
    "a price ceiling": scenario(Say(BOTH, {"max_cost_usd": "0.0005"})),
    "a picture": scenario([PICTURE], tools=()),
    "a picture within a conversation": scenario("Hello!", [PICTURE], "Hello!", tools=()),
    "the first model fails": scenario(WEATHER, faults={CHAT: UNAVAILABLE}),
    "the first model is limited": scenario(
        WEATHER, faults={CHAT: Fault(kind="status", status=429)}
    ),
    "a model fails once": scenario(
        WEATHER, faults={CHAT: Fault(kind="status", status=500, times=1)}
    ),
    "a model fails between call and answer": scenario("Use spoil now", tools=("spoil",)),
    "nobody answers": scenario(
        Fails(Say(WEATHER), "ChainExhaustedError"),
        faults=dict.fromkeys(DEFAULT.models, UNAVAILABLE),
    ),
    "a weak answer": scenario("Hello!", settings=ESCALATING),
    "a weak answer while watched": scenario("Hello!", way="messages", settings=ESCALATING),
    "a weak answer to a tool's result": scenario(WEATHER, way="amessages", settings=ESCALATING),
    "a stream breaks": scenario(
        "Hello!",
        way="messages",
        settings={"stream_policy": "buffer"},
        faults={CHAT: Fault(kind="cut", after_tokens=2)},
    ),
    "asked before the tools": scenario(WEATHER, Continue(), asks_first=True),
    "asked before the tools, with asyncio": scenario(
        WEATHER, Continue(), asks_first=True, way="ainvoke"
    ),
    "asked inside a tool": scenario("Use approval for Paris", Resume("yes"), tools=("approval",)),
    "asked inside one of two tools": scenario(
        "Use approval and get_weather for Paris", Resume("no"), tools=("approval", "get_weather")
    ),
    "a crash in a tool": scenario(
        Fails(Say("Use crashing now"), "RuntimeError"), Continue(), tools=("crashing",)
    ),
    "a crash in a tool, then another process": scenario(
        Fails(Say("Use crashing now"), "RuntimeError"), Restart(), Continue(), tools=("crashing",)
    ),
    "a crash before the answer": scenario(
        Fails(Say("Use spoil_all now"), "ChainExhaustedError"),
        Heal(),
        Continue(),
        tools=("spoil_all",),
    ),
    "another process takes over": scenario(
        CODE, Restart(), "Hello!", shares_state=True, models=(PRO, PRO)
    ),
    "the user asks again": scenario("Hello!", "That's not what I asked", models=(CHAT, PRO)),
    "a sub-agent": scenario("Use research about Paris", tools=("research",)),
    "two sub-agents at once": scenario(
        "Use research about Paris and survey about Rome", tools=("research", "survey")
    ),
    "structured output": scenario(
        "Plan a trip to Rome for 3 days", tools=(), schema=Trip, leaving_out=READ_APART
    ),
    "structured output, with asyncio": scenario(
        "Plan a trip to Rome for 3 days",
        tools=(),
        schema=Trip,
        way="ainvoke",
        leaving_out=READ_APART,
    ),
    "structured output while the first model fails": scenario(
        "Plan a trip to Rome for 3 days",
        tools=(),
        schema=Trip,
        faults={CHAT: UNAVAILABLE},
        leaving_out=READ_APART,
    ),
    "structured output in a stream": scenario(
        "Plan a trip to Rome for 3 days",
        tools=(),
        schema=Trip,
        way="messages",
        leaving_out=(*READ_APART, "shown"),
    ),
    "structured output after a tool": scenario(
        "Use get_weather for Rome, where the trip of 3 days goes",
        tools=("get_weather",),
        schema=Trip,
        leaving_out=(*READ_APART, "structured"),
    ),
    "ainvoke": scenario(BOTH, way="ainvoke"),
    "stream of values": scenario(BOTH, way="values"),
    "stream of updates": scenario(BOTH, way="updates"),
    "stream of messages": scenario(BOTH, way="messages"),
    "stream of the tools' own": scenario(BOTH, way="custom"),
    "stream of debug": scenario(BOTH, way="debug"),
    "stream of tasks": scenario(BOTH, way="tasks"),
    "stream of checkpoints": scenario(BOTH, way="checkpoints"),
    "async stream of messages": scenario(BOTH, way="amessages"),
    "async stream of updates": scenario(BOTH, way="aupdates"),
    "stream events": scenario(BOTH, way="events"),
    "stream events, version 3": scenario(BOTH, way="v3"),
    "async stream events, version 3": scenario(BOTH, way="av3"),
    "stream events, version 3, of a conversation": scenario(CODE, "Hello!", WEATHER, way="v3"),
    "stream events, version 3, while the first model fails": scenario(
        WEATHER, way="av3", faults={CHAT: UNAVAILABLE}
    ),
    "stream events, version 3, of a weak answer": scenario(
        "Hello!", way="av3", settings=ESCALATING
    ),
    "stream of all modes at once": scenario(BOTH, way="modes"),
    "async stream of all modes at once": scenario(BOTH, way="amodes"),
    "all modes of a weak answer": scenario("Hello!", way="amodes", settings=ESCALATING),
    "all modes while the first model fails": scenario(
        STEPS, way="modes", faults={CHAT: UNAVAILABLE}
    ),
    "all modes of a sub-agent": scenario(
        "Use research about Paris", tools=("research",), way="modes"
    ),
}


# ---------------------------------------------------------------- the three faces


def middleware_face(play, router, tools):
    """The agent's own model is never asked."""
    never = ChatOpenAI(model="never-asked", base_url=play.server.base_url, api_key="none")
    return create_agent(
        never, tools, middleware=[SmartRouterMiddleware(router)], **_agent_settings(play)
    )


def plain_face(play, router, tools):
    return create_agent(router, tools, **_agent_settings(play))


def react_face(play, router, tools):
    settings = _agent_settings(play)
    settings["prompt"] = settings.pop("system_prompt")
    with warnings.catch_warnings():
        # LangGraph says that its prebuilt agent has moved to LangChain.
        warnings.simplefilter("ignore")
        return create_react_agent(router, tools, **settings)


def graph_face(play, router, tools):
    model = router.bind_tools(tools) if tools else router

    def asked(state):
        system = [SystemMessage(play.scenario.system)] if play.scenario.system else []
        return [*system, *state["messages"]]

    def think(state):
        return {"messages": [model.invoke(asked(state))]}

    async def athink(state):
        return {"messages": [await model.ainvoke(asked(state))]}

    class State(MessagesState):
        structured_response: Any

    def read(state):
        reader = router.with_structured_output(play.scenario.schema)
        return {"structured_response": reader.invoke(state["messages"])}

    graph = StateGraph(State)
    graph.add_node("think", athink if play.is_async else think)
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "think")
    graph.add_edge("tools", "think")
    ending = {"tools": "tools", "__end__": "__end__"}
    if play.scenario.schema:
        graph.add_node("read", read)
        ending["__end__"] = "read"
    graph.add_conditional_edges("think", tools_condition, ending)
    return graph.compile(
        checkpointer=play.memory, interrupt_before=["tools"] if play.scenario.asks_first else None
    )


def _agent_settings(play):
    return {
        "system_prompt": play.scenario.system,
        "response_format": play.scenario.schema,
        "checkpointer": play.memory,
        "interrupt_before": ["tools"] if play.scenario.asks_first else None,
    }


FACES = [middleware_face, plain_face, react_face, graph_face]


# ---------------------------------------------------------------- a scenario is played


class Play:
    """One scenario with one face."""

    def __init__(self, face, scenario, server):
        self.face, self.scenario, self.server = face, scenario, server
        self.memory = InMemorySaver() if scenario.remembers else None
        self.is_async = scenario.way.startswith("a") or scenario.way == "events"
        self.shared = {"state": MemoryState()} if scenario.shares_state else {}
        self.costs = CostCallbackHandler()
        self.shown: list[str] = []
        self.inner: list[AIMessage] = []
        self.parts: Counter[str] = Counter()
        self.crashes = 1
        self.errors: list[str] = []
        self.state: Any = {}
        self.start()

    def start(self):
        self.router = SmartRouterRunnable.from_catalog(
            classifier="patterns",
            base_url=self.server.base_url,
            timeout=5,
            breaker=None,
            **self.shared,
            **self.scenario.settings,
        )
        tools = [self.tool(name) for name in self.scenario.tools]
        self.graph = self.face(self, self.router, tools)

    def tool(self, name):
        function = getattr(self, name)
        return StructuredTool.from_function(function, name=name, handle_tool_error=True)

    def get_weather(self, city: str) -> str:
        """Get the weather in a city."""
        get_stream_writer()(f"looking at {city}")
        return f"Sunny in {city}"

    def multiply(self, first: int, second: int) -> int:
        """Multiply two numbers."""
        return first * second

    def lookup(self, key: str) -> str:
        """Do a lookup of a key."""
        raise ToolException(f"Error: nothing under {key}")

    def inventory(self) -> dict[str, int]:
        """Show the inventory."""
        return {"lamps": 3, "chairs": 4}

    def spoil(self) -> str:
        """The model that called this fails from now on."""
        self.server.set_fault(self.server.requests[-1].model, UNAVAILABLE)
        return "spoilt"

    def spoil_all(self) -> str:
        """All models fail from now on."""
        for model in DEFAULT.models:
            self.server.set_fault(model, UNAVAILABLE)
        return "spoilt"

    def approval(self, city: str) -> str:
        """Ask a person for approval."""
        return f"A person says {interrupt({'city': city})}"

    def crashing(self) -> str:
        """Crash the first time."""
        if self.crashes:
            self.crashes -= 1
            raise RuntimeError("out of memory")
        return "it worked"

    def research(self, topic: str) -> str:
        """Let a sub-agent research a topic."""
        return self._sub_agent(f"What's the weather in {topic}?")

    def survey(self, topic: str) -> str:
        """Let a sub-agent make a survey of a topic."""
        return self._sub_agent(f"Get the weather of {topic}")

    def _sub_agent(self, question):
        alone = Play.__new__(Play)
        alone.__dict__.update(self.__dict__, memory=None)
        graph = self.face(alone, self.router, [self.tool("get_weather")])
        messages = graph.invoke({"messages": [("user", question)]})["messages"]
        self.inner += [m for m in messages if isinstance(m, AIMessage)]
        return messages[-1].text

    async def run(self):
        for model, fault in self.scenario.faults.items():
            self.server.set_fault(model, fault)
        for step in self.scenario.steps:
            await self.step(step)
        return self

    async def step(self, step):
        match step:
            case Fails(step=inner, error=error):
                with pytest.raises(Exception) as caught:  # noqa: PT011 - which it is, is compared
                    await self.step(inner)
                assert type(caught.value).__name__ in (error, "ChainRateLimitError")
                self.errors.append(type(caught.value).__name__)
            case Say(what=what, options=options):
                said = what if isinstance(what, list) else [HumanMessage(what)]
                await self.drive({"messages": said}, options)
            case Resume(value=value):
                await self.drive(Command(resume=value))
            case Continue():
                await self.drive(None)
            case Restart():
                self.start()
            case Heal():
                for model in DEFAULT.models:
                    self.server.set_fault(model, None)

    async def drive(self, given, options=None):
        config: Any = {"callbacks": [self.costs], "configurable": {}}
        if self.memory is not None:
            config["configurable"]["thread_id"] = "1"
        if options:
            config["configurable"]["smartroute"] = options
        await self.call(given, config)
        if self.memory is not None:
            self.state = self.graph.get_state(config).values

    async def call(self, given, config):
        way = self.scenario.way
        if way == "invoke":
            self.state = self.graph.invoke(given, config)
        elif way == "ainvoke":
            self.state = await self.graph.ainvoke(given, config)
        elif way == "events":
            async for event in self.graph.astream_events(given, config, version="v2"):
                if event["event"] == "on_chat_model_stream":
                    self.shown.append(event["data"]["chunk"].text)
        elif way in ("v3", "av3"):
            await self.call_v3(given, config)
        else:
            await self.stream(given, config, way)

    async def stream(self, given, config, way):
        several = way in ("modes", "amodes")
        modes: Any = MODES if several else way.removeprefix("a")
        if self.is_async:
            stream = self.graph.astream(given, config, stream_mode=modes)
            parts = [part async for part in stream]
        else:
            parts = list(self.graph.stream(given, config, stream_mode=modes))
        for part in parts:
            self.note(*reversed(part)) if several else self.note(part)

    async def call_v3(self, given, config):
        with warnings.catch_warnings():
            # LangGraph says that the protocol is a beta.
            warnings.simplefilter("ignore")
            if self.is_async:
                stream = await self.graph.astream_events(given, config, version="v3")
                events = [event async for event in stream]
            else:
                events = list(self.graph.stream_events(given, config, version="v3"))
        for event in events:
            data = event["params"]["data"]
            if event["method"] == "messages":
                data = data[0]
                self.shown += [data["delta"]["text"]] if "text" in data.get("delta", {}) else []
            if event["method"] == "messages":
                self.parts[data["event"]] += 1

    def note(self, part, mode=None):
        """Keep the text that a stream shows, and how many parts there were of each kind."""
        mode = mode or self.scenario.way
        if mode == "custom":
            self.shown.append(part)
        if mode.endswith("messages") and not isinstance(part[0], ToolMessage):
            self.shown.append(part[0].text)
        if self.scenario.way.endswith("modes") and mode not in ("tasks", "updates"):
            # Agents of LangChain's start a task for each tool, a tool node one for all of them.
            self.parts[mode] += 1

    def outcome(self):
        """What is equal over all faces, as plain values without ids and times."""
        messages = self.state.get("messages", [])
        answers = [m for m in messages if isinstance(m, AIMessage)]
        return {
            "messages": [_plain(message) for message in messages],
            "asked": sorted(request.model for request in self.server.requests),
            "errors": self.errors,
            "structured": self.state.get("structured_response"),
            "shown": "".join(self.shown),
            "parts": dict(self.parts),
            "inner": sorted(map(str, map(_plain, self.inner))),
            "cost": f"{sum((r.cost_usd or 0 for r in self.costs.records), Decimal(0)):f}",
            "models": [a.response_metadata["smartroute"]["model"] for a in answers],
        }


def _plain(message):
    plain = [message.type, message.text]
    if isinstance(message, AIMessage):
        plain += [[(c["name"], c["args"]) for c in message.tool_calls], message.usage_metadata]
        plain += [message.response_metadata["smartroute"]["model"]]
    return plain


def expected_cost(alias, usage):
    """What a usage costs by the catalog: this price list knows input and output only."""
    rates = DEFAULT.models[alias].price.rates
    tokens = {"input_usd_per_mtok": "input_tokens", "output_usd_per_mtok": "output_tokens"}
    return sum(rates[rate] * usage[kind] for rate, kind in tokens.items()) / 1_000_000


def check_account(play):
    """Usage and cost are exact: each answered request is counted once, at its own price."""
    answered = [r for r in play.server.requests if r.status == 200 and r.fault is None]
    records = [r for r in play.costs.records if r.outcome in ("accepted", "rejected")]
    assert len(answered) == len(records)
    for record in records:
        usage = {
            "input_tokens": record.usage.input_tokens,
            "output_tokens": record.usage.output_tokens,
        }
        assert record.cost_usd == expected_cost(record.alias, usage)
    told = [
        Decimal(message.response_metadata["smartroute"]["cost"])
        for message in (*play.state.get("messages", []), *play.inner)
        if isinstance(message, AIMessage) and message.response_metadata["smartroute"]["cost"]
    ]
    # Where the answer is read in a call of its own, no message is left of that.
    apart = play.scenario.schema and play.face in (react_face, graph_face)
    failed = any(r.outcome == "failed" for r in play.costs.records)
    if not apart and not failed:
        assert sum(told, Decimal(0)) == sum((r.cost_usd for r in records), Decimal(0))


def check_shown(play):
    """What was shown as it came is what was said in the end: nothing doubled, no draft."""
    way = play.scenario.way
    if play.scenario.schema or not way.endswith(("messages", "events", "v3", "modes")):
        return
    said = [m.text for m in play.state["messages"] if isinstance(m, AIMessage)]
    shown = [text for text in play.shown if not text.startswith("looking at")]
    assert "".join(shown) == "".join(said)


@pytest.fixture(scope="module")
def server():
    with SandboxServer(models=sandbox_models(DEFAULT)) as running:
        yield running


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_scenario_ends_alike_with_every_face(server, name):
    scenario = SCENARIOS[name]
    outcomes = {}
    for face in FACES:
        server.reset()
        play = await Play(face, scenario, server).run()
        assert [r for r in server.requests if r.status == 400] == []
        check_account(play)
        check_shown(play)
        outcome = play.outcome()
        if scenario.models:
            assert tuple(outcome["models"]) == scenario.models
        outcomes[face] = outcome
    assert outcomes[middleware_face] == outcomes[plain_face]
    assert outcomes[graph_face] == outcomes[react_face]
    shared = {
        face: {what: found for what, found in outcome.items() if what not in scenario.leaving_out}
        for face, outcome in outcomes.items()
    }
    assert shared[react_face] == shared[plain_face]


def test_the_table_has_at_least_forty_scenarios():
    assert len(SCENARIOS) >= 40
