"""`SmartRouterMiddleware` beside LangChain's own middleware, in every order that makes sense."""

from __future__ import annotations

import subprocess
import sys
from itertools import permutations

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    HumanInTheLoopMiddleware,
    ModelCallLimitMiddleware,
    ModelFallbackMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
)
from langchain_core.messages import AIMessage, HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel

from langchain_smartroute import (
    Catalog,
    ChainExhaustedError,
    ConfigurationError,
    SmartRouterMiddleware,
    SmartRouterRunnable,
)
from langchain_smartroute.sandbox import Fault, SandboxServer

MAIL = "ana@example.org"
UNKNOWN = Fault(kind="status", status=404)


def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"Sunny in {city}"


def chat_model(server, name):
    return ChatOpenAI(model=name, base_url=server.base_url, api_key="none", max_retries=0)


@pytest.fixture(scope="module")
def server():
    with SandboxServer() as running:
        yield running


@pytest.fixture(autouse=True)
def clean(server):
    server.reset()


@pytest.fixture
def router(server):
    return SmartRouterRunnable.from_catalog(base_url=server.base_url, breaker=None)


def agent_with(server, *middleware, tools=(get_weather,), **settings):
    return create_agent(
        chat_model(server, "never-asked"),
        list(tools),
        middleware=list(middleware),
        checkpointer=InMemorySaver(),
        **settings,
    )


def say(agent, text, thread="1"):
    config = {"configurable": {"thread_id": thread}}
    return agent.invoke({"messages": [HumanMessage(text)]}, config)["messages"]


KINDS = ("router", "fallback", "limit", "summary", "pii")
PLACES = [(others[:at], others[at:]) for others in (KINDS[1:], KINDS[:0:-1]) for at in range(5)]
ORDERS = [(*before, "router", *after) for before, after in PLACES]
"""The router in every place among the others, and among them the other way round."""


def made(kind, server, router):
    return {
        "router": lambda: SmartRouterMiddleware(router),
        "fallback": lambda: ModelFallbackMiddleware(chat_model(server, "spare")),
        "limit": lambda: ModelCallLimitMiddleware(run_limit=3, exit_behavior="end"),
        "summary": lambda: SummarizationMiddleware(
            chat_model(server, "summariser"), trigger=("messages", 6), keep=("messages", 2)
        ),
        "pii": lambda: PIIMiddleware("email", strategy="redact", apply_to_output=True),
    }[kind]()


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_every_order_of_the_five_does_what_each_of_them_promises(server, router, order):
    agent = agent_with(server, *(made(kind, server, router) for kind in order))
    first = say(agent, f"My mail is {MAIL}. What's the weather in Paris?")
    assert [m.response_metadata["smartroute"]["model"] for m in first if m.type == "ai"] == [
        "deepseek-chat",
        "deepseek-chat",
    ]
    for model in Catalog.load("default").models:
        server.set_fault(model, UNKNOWN)
    server.set_fault("never-asked", UNKNOWN)
    say(agent, "Thanks!")
    last = say(agent, "Hello!")
    assert last[-1].response_metadata["model_name"] == "spare"
    asked = [request.model for request in server.requests]
    assert "never-asked" not in asked
    assert "summariser" in asked
    assert MAIL not in str([request.body for request in server.requests])
    assert [r.status for r in server.requests if r.status == 400] == []


@pytest.mark.parametrize("order", list(permutations(("router", "limit"))), ids="-".join)
def test_a_call_limit_counts_a_turn_of_the_router_once(server, router, order):
    """However many candidates were tried in it."""
    server.set_fault("deepseek-chat", UNKNOWN)
    limit = ModelCallLimitMiddleware(run_limit=2, exit_behavior="end")
    middleware = {"router": SmartRouterMiddleware(router), "limit": limit}
    agent = agent_with(server, *(middleware[kind] for kind in order))
    messages = say(agent, "What's the weather in Paris?")
    assert len(server.requests) == 3
    assert messages[-1].text == "Here is what I found: Sunny in Paris"


@pytest.mark.parametrize("outside", [True, False])
async def test_the_async_agent_falls_back_once_too(server, router, outside):
    for model in Catalog.load("default").models:
        server.set_fault(model, UNKNOWN)
    both = [made("fallback", server, router), SmartRouterMiddleware(router)]
    agent = agent_with(server, *(both if outside else both[::-1]))
    config = {"configurable": {"thread_id": "1"}}
    state = await agent.ainvoke({"messages": [HumanMessage("Hello!")]}, config)
    assert state["messages"][-1].response_metadata["model_name"] == "spare"
    assert len(server.requests) == 1 + router.max_attempts


@pytest.mark.parametrize("outside", [True, False])
def test_fallback_models_are_asked_once_the_whole_chain_has_failed(server, router, outside):
    for model in Catalog.load("default").models:
        server.set_fault(model, UNKNOWN)
    both = [made("fallback", server, router), SmartRouterMiddleware(router)]
    agent = agent_with(server, *(both if outside else both[::-1]))
    assert say(agent, "Hello!")[-1].response_metadata["model_name"] == "spare"
    assert [r.model for r in server.requests].count("spare") == 1
    assert len(server.requests) == 1 + router.max_attempts


def test_without_a_fallback_the_routers_error_is_the_agents(server, router):
    for model in Catalog.load("default").models:
        server.set_fault(model, UNKNOWN)
    with pytest.raises(ChainExhaustedError):
        say(agent_with(server, SmartRouterMiddleware(router)), "Hello!")


async def test_the_async_agent_is_routed_too(server, router):
    agent = agent_with(server, SmartRouterMiddleware(router))
    config = {"configurable": {"thread_id": "1"}}
    state = await agent.ainvoke(
        {"messages": [HumanMessage("Classify this review: lovely")]}, config
    )
    assert state["messages"][-1].response_metadata["smartroute"]["model"] == "glm-4-flash"


@pytest.mark.parametrize("order", list(permutations(("router", "person"))), ids="-".join)
@pytest.mark.parametrize("decision", ["approve", "edit", "reject"])
def test_a_person_in_the_loop_decides_and_the_same_model_goes_on(server, router, order, decision):
    person = HumanInTheLoopMiddleware(interrupt_on={"get_weather": True})
    middleware = {"router": SmartRouterMiddleware(router), "person": person}
    agent = agent_with(server, *(middleware[kind] for kind in order))
    config = {"configurable": {"thread_id": "1"}}
    say(agent, "What's the weather in Paris?")
    edited = {"name": "get_weather", "args": {"city": "Rome"}}
    told = {"type": decision, **({"edited_action": edited} if decision == "edit" else {})}
    state = agent.invoke(Command(resume={"decisions": [told]}), config)
    answers = [m for m in state["messages"] if isinstance(m, AIMessage)]
    assert len({m.response_metadata["smartroute"]["model"] for m in answers}) == 1
    assert state["messages"][-1].type == "ai"
    assert [r.status for r in server.requests if r.status == 400] == []


def test_structured_output_is_given_by_the_routed_model(server, router):
    class Trip(BaseModel):
        city: str
        days: int

    agent = agent_with(server, SmartRouterMiddleware(router), tools=(), response_format=Trip)
    config = {"configurable": {"thread_id": "1"}}
    state = agent.invoke({"messages": [HumanMessage("Plan a trip to Rome for 3 days")]}, config)
    assert state["structured_response"] == Trip(city="Rome", days=3)


def test_structured_answers_end_a_turn_so_that_the_next_one_may_rise(server, router):
    class Trip(BaseModel):
        city: str
        days: int

    agent = agent_with(server, SmartRouterMiddleware(router), tools=(), response_format=Trip)
    say(agent, "Plan a trip to Rome for 3 days")
    messages = say(agent, "Write a Python function to plan a trip to Rome for 3 days")
    by = [m.response_metadata["smartroute"]["model"] for m in messages if m.type == "ai"]
    assert by == ["deepseek-chat", "gpt-4o"]  # deepseek-v4-pro takes no forced call


def test_only_a_router_is_taken():
    with pytest.raises(ConfigurationError, match="must be a SmartRouterRunnable"):
        SmartRouterMiddleware("gpt-4o")


def test_without_langchain_the_error_names_the_extra():
    code = (
        "import sys; sys.modules['langchain'] = None; sys.modules['langchain.agents'] = None\n"
        "import langchain_smartroute\n"
        "try: langchain_smartroute.SmartRouterMiddleware\n"
        "except langchain_smartroute.ConfigurationError as error: print(error)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert 'pip install "langchain-smartroute[agents]"' in done.stdout
