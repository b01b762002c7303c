"""Models that users bring: copies that leave retries to the chain, and where they go."""

from __future__ import annotations

import asyncio
from functools import cached_property

import pytest
from langchain_core.runnables import RunnableLambda
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import BaseModel

from langchain_smartroute import SmartRouterRunnable
from langchain_smartroute.execution import (
    Endpoint,
    TimeLimits,
    adopted_model,
    endpoint_of,
    is_bounded,
    tells_end,
    transport,
)
from langchain_smartroute.sandbox import Fault, SandboxModel, SandboxServer

LIMITS = TimeLimits(timeout_s=33, connect_timeout_s=4)
URL = "http://127.0.0.1:9/v1"


def chat(**settings):
    return ChatOpenAI(**{"model": "m", "base_url": URL, "api_key": "sk-mine", **settings})


def adopt(model, *, loop=None):
    return adopted_model(model, LIMITS, loop=loop)


def clients(model):
    return model.root_client, model.root_async_client


# ---- ChatOpenAI -------------------------------------------------------------------------


@pytest.mark.parametrize("retries", [None, 2, 7])
def test_a_copy_never_retries_by_itself(retries):
    copy = adopt(chat(max_retries=retries))
    assert copy.max_retries == 0
    assert [client.max_retries for client in clients(copy)] == [0, 0]
    assert copy.client._client is copy.root_client
    assert copy.async_client._client is copy.root_async_client


def test_the_users_own_object_is_unchanged():
    model = chat(max_retries=3, temperature=0.4)
    before = dict(model.__dict__)
    copy = adopt(model)
    assert copy is not model
    assert model.__dict__ == before
    assert [client.max_retries for client in clients(model)] == [3, 3]
    assert (copy.temperature, copy.model_name) == (0.4, "m")


async def test_a_copy_counts_each_token_of_a_stream_once():
    """vLLM's `continuous_usage_stats` came to four times the tokens, and so to the cost."""
    with SandboxServer() as server:
        copy = adopt(chat(base_url=server.base_url, stream_usage=True))
        told = copy.invoke("Hello").usage_metadata
        server.set_fault("m", Fault(kind="duplicate"))
        for way in (list(copy.stream("Hello")), [c async for c in copy.astream("Hello")]):
            assert (
                sum(c.usage_metadata["total_tokens"] for c in way if c.usage_metadata)
                == (told["total_tokens"])
            )


def test_a_copy_shares_the_routers_http_clients():
    copy = adopt(chat())
    assert copy.root_client._client is transport.blocking_client()
    assert copy.root_async_client._client is transport.async_client(None)


def test_in_a_loop_a_copy_has_the_loops_own_client():
    async def look():
        loop = asyncio.get_running_loop()
        copy = adopt(chat(), loop=loop)
        assert copy.root_async_client._client is transport.async_client(loop)

    asyncio.run(look())


def test_a_copy_keeps_address_key_and_headers():
    copy = adopt(chat(default_headers={"x-mine": "1"}, organization="org"))
    for client in clients(copy):
        assert str(client.base_url).rstrip("/") == URL
        assert client.api_key == "sk-mine"
        assert client._custom_headers["x-mine"] == "1"
        assert client.organization == "org"


def test_a_time_out_of_the_models_own_stays():
    for client in clients(adopt(chat(timeout=7))):
        assert client.timeout == 7


def test_where_it_has_none_the_routers_limits_count():
    for client in clients(adopt(chat())):
        assert client.timeout == transport.timeout_of(LIMITS)


def test_an_http_client_of_the_users_own_stays():
    with httpx_client() as own:
        model = chat(http_client=own)
        copy = adopt(model)
        assert copy.root_client._client is own
        assert copy.root_client.max_retries == 0
        assert not is_bounded(copy)
        assert is_bounded(adopt(chat()))


def httpx_client():
    return transport._http.Client()


def test_a_model_without_a_blocking_client_has_none_in_its_copy():
    """With an asynchronous client and key alone, `ChatOpenAI` makes no blocking one."""
    model = chat()
    model.root_client = model.client = None
    copy = adopt(model)
    assert copy.root_client is None
    assert copy.root_async_client.max_retries == 0
    model = chat()
    model.root_async_client = model.async_client = None
    copy = adopt(model)
    assert copy.root_async_client is None
    assert copy.root_client.max_retries == 0


def test_a_subclass_for_another_cloud_is_adopted_too():
    model = AzureChatOpenAI(
        azure_endpoint="http://127.0.0.1:9", api_key="k", api_version="1", azure_deployment="d"
    )
    copy = adopt(model)
    assert isinstance(copy, AzureChatOpenAI)
    assert type(copy.root_client) is type(model.root_client)
    assert [client.max_retries for client in clients(copy)] == [0, 0]


# ---- others -----------------------------------------------------------------------------


def test_the_model_inside_of_bindings_is_adopted():
    bound = chat(max_retries=5).bind(stop=["."]).with_config(tags=["mine"])
    copy = adopt(bound)
    inner = copy
    while not isinstance(inner, ChatOpenAI):
        inner = inner.bound
    assert inner.max_retries == 0
    assert copy.config["tags"] == ["mine"]
    assert copy.kwargs == bound.kwargs
    assert bound.bound.max_retries == 5
    assert is_bounded(copy)


@pytest.fixture
def retrying(scripted):
    """A model of another provider, which keeps its clients in a cached property."""
    kind = type(scripted())

    class Retrying(kind):
        max_retries: int = 4

        @cached_property
        def _client(self):
            return f"a client that retries {self.max_retries} times"

    return Retrying(texts=("fine",))


def test_another_providers_model_does_not_retry_in_its_copy(retrying):
    assert "4 times" in retrying._client
    copy = adopt(retrying)
    assert copy.max_retries == 0
    assert "0 times" in copy._client
    assert (retrying.max_retries, retrying._client) == (4, "a client that retries 4 times")
    assert not is_bounded(copy)


def test_what_has_nothing_to_change_is_used_as_it_is(scripted):
    for model in (scripted("fine"), scripted("fine").bind(stop=["."]), RunnableLambda(str)):
        assert adopt(model) is model
        assert not is_bounded(model)


def test_a_runnable_of_several_models_is_used_as_it_is():
    both = chat().with_fallbacks([chat()])
    assert adopt(both) is both


# ---- where they go ----------------------------------------------------------------------


def test_the_same_address_and_key_are_the_same_endpoint():
    one = endpoint_of("a", chat())
    assert isinstance(one, Endpoint)
    assert one == endpoint_of("b", chat(model="other"))
    assert one == endpoint_of("c", chat().bind(stop=["."]))
    assert one == endpoint_of("d", chat(base_url=f"{URL}/"))
    assert one == endpoint_of("e", adopt(chat()))
    assert hash(one) == hash(endpoint_of("b", chat(model="other")))


@pytest.mark.parametrize("other", [{"api_key": "sk-other"}, {"base_url": "http://127.0.0.1:8/v1"}])
def test_another_address_or_key_is_another_endpoint(other):
    assert endpoint_of("a", chat()) != endpoint_of("a", chat(**other))


def test_a_model_that_the_router_builds_there_has_the_same_endpoint():
    """A refused key was tried again by the model that was brought along with it."""
    from langchain_smartroute import ModelSpec

    for slash in ("", "/"):
        router = SmartRouterRunnable.from_models(
            {"own": chat(), "built": ModelSpec(alias="built", model="n")},
            base_url=URL + slash,
            api_key="sk-mine",
        )
        own, built = (router._engine.candidates[alias] for alias in ("own", "built"))
        assert own.endpoint == built.endpoint


def test_a_key_is_never_shown():
    assert "sk-mine" not in repr(endpoint_of("a", chat()))


@pytest.mark.parametrize("key", ["callable", None])
def test_a_model_with_an_unknown_key_has_its_own_endpoint(key, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ambient")
    model = chat()
    model.openai_api_key = (lambda: "sk-mine") if key else None
    assert endpoint_of("a", model) == "a"


def test_another_providers_model_has_an_endpoint_of_its_own(scripted):
    assert endpoint_of("a", scripted("fine")) == "a"


# ---- whether they tell their end --------------------------------------------------------


def test_an_openai_models_streams_name_their_end(scripted):
    assert tells_end(chat())
    assert tells_end(chat().bind(stop=["."]))
    assert not tells_end(scripted("fine"))
    assert not tells_end(RunnableLambda(str))


@pytest.mark.parametrize(
    ("package", "name", "told"),
    [
        ("langchain_anthropic", "ChatAnthropic", True),
        ("langchain_ollama.chat_models", "ChatOllama", True),
        ("somewhere_else", "ChatAnthropic", False),
        ("langchain_anthropic", "AnthropicLLM", False),
    ],
)
def test_models_with_finish_reasons_are_known_by_package_and_class(package, name, told):
    kind = type(name, (BaseModel,), {"__module__": package})
    assert tells_end(kind()) is told
    assert tells_end(type("Mine", (kind,), {"__module__": "mine"})()) is told


# ---- the same through a router ----------------------------------------------------------


async def test_a_model_that_was_brought_is_asked_as_often_as_the_chain_says(call):
    with SandboxServer(models=[SandboxModel(name="m"), SandboxModel(name="n")]) as sandbox:
        sandbox.set_fault("m", Fault(kind="status", status=503))
        models = {
            alias: chat(model=alias, base_url=sandbox.base_url, max_retries=6) for alias in "mn"
        }
        router = SmartRouterRunnable.from_models(models)
        answer = await call(router, "What is 2 + 3?")
        assert answer.response_metadata["smartroute"]["model"] == "n"
        assert [request.model for request in sandbox.requests] == ["m", "n"]
