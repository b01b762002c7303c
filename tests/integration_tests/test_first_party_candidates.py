"""LangChain's own models of other providers, each before a server that speaks its API."""

from __future__ import annotations

import asyncio
import gc
import warnings
from contextlib import ExitStack
from decimal import Decimal
from functools import partial

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_anthropic._client_utils import _get_default_async_httpx_client
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_deepseek import ChatDeepSeek
from langchain_ollama import ChatOllama
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from langchain_openrouter import ChatOpenRouter
from pydantic import BaseModel
from strict_providers.completions import DEEPSEEK_CHAT, OPENAI
from strict_providers.server import AzureServer, OllamaServer, StrictServer

from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable, SpendLimit
from langchain_smartroute.errors import ConfigurationError

PRICE = {
    "input_usd_per_mtok": "1",
    "output_usd_per_mtok": "4",
    "source": "a test",
    "date": "2026-11-27",
}
COST = Decimal(20 * 1 + 5 * 4) / 1_000_000
"""Of an answer of any of the servers: 20 tokens in, 5 out."""

SERVERS = {
    "anthropic": StrictServer,
    "deepseek": lambda: StrictServer(DEEPSEEK_CHAT),
    "ollama": OllamaServer,
    "openrouter": lambda: StrictServer(OPENAI),
    "azure": lambda: AzureServer(OPENAI),
    "openai": lambda: StrictServer(OPENAI),
}
MODELS = {
    "anthropic": lambda url: ChatAnthropic(model="claude-sonnet-4-6", base_url=url, api_key="k"),
    "deepseek": lambda url: ChatDeepSeek(model="deepseek-chat", base_url=url, api_key="k"),
    "ollama": lambda url: ChatOllama(model="llama3", base_url=url),
    "openrouter": lambda url: ChatOpenRouter(
        model="openai/gpt-4o-mini", base_url=url, api_key="k", max_retries=0
    ),
    "azure": lambda url: AzureChatOpenAI(
        azure_deployment="mini",
        azure_endpoint=url,
        api_key="k",
        api_version="2024-10-21",
        stream_usage=True,
    ),
    "openai": lambda url: ChatOpenAI(
        model="gpt-4o-mini", base_url=url, api_key="k", stream_usage=True
    ),
}
EACH = pytest.mark.parametrize("name", MODELS)
MODES = pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream"])


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


class Place(BaseModel):
    """A place."""

    city: str


@pytest.fixture(scope="module")
def running():
    with ExitStack() as stack:
        yield {name: stack.enter_context(make()) for name, make in SERVERS.items()}


@pytest.fixture
def servers(running):
    for server in running.values():
        server.reset()
    return running


def router_of(servers, name):
    spare = "deepseek" if name == "openai" else "openai"
    return SmartRouterRunnable.from_models(
        {"it": MODELS[name](servers[name].url), "spare": MODELS[spare](servers[spare].url)},
        default="it",
        fallbacks={"it": "spare"},
        prices={"it": [PRICE], "spare": [PRICE]},
    )


@pytest.fixture(scope="module")
def runner():
    """One event loop: ChatAnthropic keeps its connections for the whole process."""
    with asyncio.Runner() as one:
        yield one
    _get_default_async_httpx_client.cache_clear()
    forget()


@pytest.fixture(autouse=True)
def forgotten():
    """Clients without a close method are collected before the next test: OpenRouter's, Ollama's.

    And not before the test ends, where their sockets' warnings would be its own.
    """
    gc.disable()
    yield
    forget()
    gc.enable()


def forget():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def asked(runner):
    return partial(_asked, runner)


def _asked(runner, router, request, mode, config=None):
    async def streamed():
        return [chunk async for chunk in router.astream(request, config)]

    if mode == "invoke":
        return router.invoke(request, config)
    if mode == "ainvoke":
        return runner.run(router.ainvoke(request, config))
    pieces = list(router.stream(request, config)) if mode == "stream" else runner.run(streamed())
    whole, *rest = pieces
    if not isinstance(whole, AIMessageChunk):
        return pieces[-1]  # what a schema has parsed grows
    for piece in rest:
        whole += piece
    return whole


@EACH
@MODES
def test_each_answers_with_its_usage_and_its_cost(servers, asked, name, mode):
    costs = CostCallbackHandler()
    answer = asked(router_of(servers, name), "hi", mode, {"callbacks": [costs]})
    assert not servers[name].refused
    assert answer.text
    told = answer.response_metadata["smartroute"]
    assert told["model"] == "it"
    counted = answer.usage_metadata
    assert (counted["input_tokens"], counted["output_tokens"]) == (20, 5)
    assert Decimal(told["cost"]) == COST
    assert [record.cost_usd for record in costs.records] == [COST]


@EACH
@MODES
def test_each_calls_tools_and_reads_their_results(servers, asked, name, mode):
    router = router_of(servers, name).bind_tools([weather])
    question = HumanMessage("What is the weather?")
    called = asked(router, [question], mode)
    assert called.tool_calls[0]["name"] == "weather"
    assert called.tool_calls[0]["args"] == {"city": "a"}
    results = [
        ToolMessage("sunny", tool_call_id=call["id"], name="weather") for call in called.tool_calls
    ]
    said = AIMessage(content=called.content, tool_calls=called.tool_calls)
    answer = asked(router, [question, said, *results], mode)
    assert not servers[name].refused
    assert answer.text
    assert not answer.tool_calls


@EACH
@MODES
def test_each_gives_what_a_schema_asks_for(servers, asked, name, mode):
    read = router_of(servers, name).with_structured_output(Place, method="function_calling")
    assert asked(read, "Where is it sunny?", mode) == Place(city="a")
    assert not servers[name].refused


def sent_to(server):
    """What the latest request says of the answer's length and temperature."""
    body = server.requests[-1]
    told = {**body, **body.get("options", {})}
    named = ("max_completion_tokens", "max_tokens", "num_predict")
    return next((told[name] for name in named if name in told), None), told.get("temperature")


@EACH
@MODES
def test_each_keeps_to_spend_limits_and_to_parameters_of_a_call(servers, asked, name, mode):
    """Under any limit a ChatOllama failed at once: its client takes no `max_tokens`.

    Nor does it take `temperature` in a call.
    """
    limited = SmartRouterRunnable.from_models(
        {"it": MODELS[name](servers[name].url)},
        prices={"it": [PRICE]},
        spend_limits=[SpendLimit(usd=1, period="day")],
    )
    answer = asked(limited, "hi", mode)
    assert answer.response_metadata["smartroute"]["model"] == "it"
    assert sent_to(servers[name]) == (4096, None)
    bound = router_of(servers, name).bind(max_tokens=9, temperature=0.5)
    answer = asked(bound, "hi", mode)
    assert answer.response_metadata["smartroute"]["model"] == "it"
    assert sent_to(servers[name]) == (9, 0.5)
    assert not servers[name].refused


@EACH
def test_each_answers_a_batch(servers, runner, name):
    router = router_of(servers, name)
    answers = router.batch(["hi", "ho"]) + runner.run(router.abatch(["hi", "ho"]))
    assert [answer.response_metadata["smartroute"]["model"] for answer in answers] == ["it"] * 4
    assert not servers[name].refused


@EACH
@MODES
def test_each_gives_way_to_another_when_it_is_down(servers, asked, name, mode):
    servers[name].down = True
    answer = asked(router_of(servers, name), "hi", mode)
    attempts = answer.response_metadata["smartroute"]["attempts"]
    assert attempts[-1]["model"] == "spare"
    assert {attempt["outcome"] for attempt in attempts[:-1]} == {"failed"}
    # Its own retries are off: each attempt is one request.
    assert len(servers[name].requests) == len(attempts) - 1


NAMES = {
    "openai": ("openai:gpt-4o-mini", {"OPENAI_API_KEY": "k", "OPENAI_API_BASE": "{url}"}),
    "ollama": ("ollama:llama3", {"OLLAMA_HOST": "{url}"}),
    "anthropic": (
        "anthropic:claude-sonnet-4-6",
        {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": "{url}"},
    ),
    "deepseek": ("deepseek:deepseek-chat", {"DEEPSEEK_API_KEY": "k", "DEEPSEEK_API_BASE": "{url}"}),
    "openrouter": (
        "openrouter:openai/gpt-4o-mini",
        {"OPENROUTER_API_KEY": "k", "OPENROUTER_API_BASE": "{url}"},
    ),
    "azure": (
        "azure_openai:mini",
        {
            "AZURE_OPENAI_API_KEY": "k",
            "AZURE_OPENAI_ENDPOINT": "{url}",
            "OPENAI_API_VERSION": "2024-10-21",
        },
    ),
}


@pytest.fixture
def named(servers, monkeypatch):
    """Puts a provider's key and its server's address where `init_chat_model` looks for them."""

    def prepared(name):
        text, environment = NAMES[name]
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value.format(url=servers[name].url))
        return text

    return prepared


@pytest.mark.parametrize("name", NAMES)
@MODES
def test_a_name_is_a_model(servers, asked, named, name, mode):
    """What `init_chat_model` takes; keys and addresses come from the environment, as with it."""
    text = named(name)
    for router in (
        SmartRouterRunnable.from_models({"x": text}),
        SmartRouterRunnable(models={"x": text}),
    ):
        answer = asked(router, "hi", mode)
        assert answer.text
        assert answer.response_metadata["smartroute"]["model"] == "x"
    assert not servers[name].refused
    assert len(servers[name].requests) == 2


@pytest.mark.parametrize("name", NAMES)
@MODES
def test_a_name_calls_tools(servers, asked, named, name, mode):
    router = SmartRouterRunnable.from_models({"x": named(name)}).bind_tools([weather])
    called = asked(router, "What is the weather?", mode)
    assert called.tool_calls[0]["args"] == {"city": "a"}
    assert not servers[name].refused


def test_a_name_that_means_nothing_says_so():
    with pytest.raises(ConfigurationError, match=r"models\.x: model 'nobody:at-all'"):
        SmartRouterRunnable.from_models({"x": "nobody:at-all"})
