"""What is done with a `ChatOpenAI`, done with a router as well."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Literal

import langchain_core.exceptions
import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelRetryMiddleware, wrap_model_call
from langchain.agents.structured_output import ProviderStrategy
from langchain_core.exceptions import ModelError
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from scripted import ANSWER, delta, plain, streamed
from typing_extensions import TypedDict

from langchain_smartroute import SmartRouterRunnable
from langchain_smartroute.sandbox import Fault, SandboxServer

SAID = {"role": "assistant", "content": None, "refusal": "I will not."}
DECLINED = {**ANSWER, "choices": [{"index": 0, "finish_reason": "stop", "message": SAID}]}
ModelRefusalError = getattr(langchain_core.exceptions, "ModelRefusalError", None)
needs_refusals = pytest.mark.skipif(ModelRefusalError is None, reason="new in langchain-core 1.7.5")
METHODS = ["json_schema", "json_mode", "function_calling"]


class Sentiment(BaseModel):
    """A sentiment."""

    label: Literal["positive", "negative"]


class Label(TypedDict):
    """A sentiment."""

    label: str


@pytest.fixture
def server():
    with SandboxServer() as running:
        yield running


def chat_openai(url, **settings):
    return ChatOpenAI(model="gpt-4o", base_url=url, api_key="none", **settings)


def brought(url, **settings):
    """A router with one model that a user brings."""
    return SmartRouterRunnable.from_models({"mine": chat_openai(url, **settings)})


def built(url):
    """A router that builds the same model for a gateway."""
    catalog = {"models": {"gpt-4o": {"provider": "openai"}}, "default": "gpt-4o"}
    return SmartRouterRunnable.from_catalog(catalog=catalog, base_url=url)


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("made", [brought, built])
def test_a_model_that_refuses_to_fill_a_schema_is_not_broken(serve, made, method):
    """A handful of refused prompts opened the breaker of a healthy model, for everybody."""
    router = made(serve(plain(DECLINED)).url)
    form = router.with_structured_output(Sentiment, method=method)
    # Before langchain-core 1.7.5 a tool call that is missing is no object, refused or not.
    silent = ModelRefusalError is None and method == "function_calling"
    told = nullcontext() if silent else pytest.raises(Exception, match=r"refus|I will not|json")
    for _ in range(6):
        with told:
            form.invoke("Judge this, as JSON: lovely")
    ((_, health),) = router.health().items()
    assert (health.state, health.failures) == ("closed", 0)


@pytest.mark.parametrize("made", [brought, built])
def test_words_in_the_place_of_a_tool_call_say_nothing_of_a_models_health(serve, made):
    """`invoke` counted them as an empty answer and opened the breaker; a stream did not."""
    router = made(serve(plain()).url)
    form = router.with_structured_output(Sentiment, method="function_calling")
    assert [form.invoke("Judge this: lovely") for _ in range(6)] == [None] * 6
    ((_, health),) = router.health().items()
    assert (health.state, health.failures) == ("closed", 0)


PIECES = [{"role": "assistant", "content": None}, {"refusal": "I will"}, {"refusal": " not."}]
REFUSED = streamed(
    *(
        delta(None, choices=[{"index": 0, "delta": piece, "finish_reason": None}])
        for piece in PIECES
    ),
    delta(None, "stop"),
    "data: [DONE]\n\n",
)


@needs_refusals
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("made", [brought, built])
def test_a_refused_schema_is_told_as_a_refusal(serve, made, method):
    """Of a gateway's model it was called malformed JSON, or nothing at all came back."""
    router = made(serve(plain(DECLINED)).url)
    with pytest.raises(ModelRefusalError, match="I will not"):
        router.with_structured_output(Sentiment, method=method).invoke("Judge: lovely, as JSON")
    assert {"type": "refusal", "refusal": "I will not."} in router.invoke("Hello").content_blocks


@needs_refusals
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("method", METHODS)
def test_a_refusal_in_a_stream_is_told_once_and_whole(serve, method):
    """Of a gateway's model its text came twice, from the pieces and from the end."""
    router = built(serve(REFUSED).url)
    with pytest.raises(ModelRefusalError) as caught:
        list(router.with_structured_output(Sentiment, method=method).stream("As JSON: lovely"))
    assert str(caught.value).endswith("I will not.")
    assert str(caught.value).count("I will") == 1


@needs_refusals
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("method", ["json_schema", "json_mode"])
@pytest.mark.parametrize("made", [brought, built])
async def test_a_refusal_in_a_stream_with_the_raw_message_is_no_answer(serve, made, method):
    """`stream` gave the message alone, without `parsed` and without an error; `astream` raised."""
    router = made(serve(REFUSED).url)
    form = router.with_structured_output(Sentiment, method=method, include_raw=True)
    with pytest.raises(ModelRefusalError, match=r"I will not\."):
        list(form.stream("As JSON: lovely"))
    with pytest.raises(ModelRefusalError, match=r"I will not\."):
        [part async for part in form.astream("As JSON: lovely")]


def test_thoughts_stand_before_a_refusal(serve):
    """As they stand before an answer."""
    said = {**SAID, "reasoning_content": "Hm."}
    thinking = {**DECLINED, "choices": [{"index": 0, "finish_reason": "stop", "message": said}]}
    blocks = built(serve(plain(thinking)).url).invoke("Hello").content_blocks
    assert blocks[0] == {"type": "reasoning", "reasoning": "Hm."}


STRICT = ProviderStrategy(Sentiment, strict=True)
FORMATS = {
    "a class": {"response_format": Sentiment, "strict": True},
    "a typed dict": {"response_format": Label},
    "a strict schema": {"response_format": Label, "strict": True, "tool_choice": "auto"},
    "an agent's": {**STRICT.to_model_kwargs(), "strict": True},
}


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("made", [brought, built])
def test_a_format_that_is_bound_without_tools_is_sent_as_with_them(server, made, name):
    """The candidate's `bind_tools` was left out: OpenAI refuses a strict schema that is not closed.

    And `strict` reached the client, which does not know it. What ChatOpenAI sends besides, an
    empty list of tools, is refused too.
    """
    for model in (chat_openai(server.base_url), made(server.base_url)):
        model.bind_tools([], **FORMATS[name]).invoke("Judge: lovely")
    theirs, ours = (dict(request.body) for request in server.requests)
    assert theirs.pop("tools") == []
    theirs.pop("tool_choice", None)
    assert ours == theirs
    schema = ours["response_format"]["json_schema"]
    assert schema["schema"]["additionalProperties"] is False
    assert schema["strict"] is True


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("made", [brought, built])
def test_an_agent_without_tools_gives_strict_structured_output(server, made):
    """As above, as it was met."""
    agent = create_agent(made(server.base_url), [], response_format=STRICT)
    found = agent.invoke({"messages": [("user", "Judge: lovely")]})
    assert isinstance(found["structured_response"], Sentiment)
    (request,) = server.requests
    assert request.body["response_format"]["json_schema"]["schema"]["additionalProperties"] is False


def test_a_model_that_binds_no_tools_may_still_take_a_format(server):
    """Then the format is an argument of its call, as before."""
    model = chat_openai(server.base_url)
    for candidate in (model.with_config(tags=["x"]), model.with_fallbacks([model])):
        router = SmartRouterRunnable.from_models({"mine": candidate})
        router.bind_tools([], response_format={"type": "json_object"}).invoke("As JSON: lovely")
    assert [r.body["response_format"] for r in server.requests] == [{"type": "json_object"}] * 2


@pytest.mark.parametrize(
    ("status", "options", "tries"),
    [(500, {}, 3), (404, {}, 1), (None, {"max_cost_usd": 0}, 1), (None, {"tier": "luxury"}, 1)],
    ids=["servers fail", "models unknown", "no money", "no such tier"],
)
def test_langchains_retries_and_ones_own_code_know_the_routers_errors(
    server, status, options, tries
):
    """`except ModelError` let them through, and what cannot succeed was tried again, and again."""
    models = ("gpt-4o", "gpt-4o-mini")
    for model in models if status else ():
        server.set_fault(model, Fault(kind="status", status=status))
    router = SmartRouterRunnable.from_models(
        {m: ChatOpenAI(model=m, base_url=server.base_url, api_key="none") for m in models},
        breaker=None,
    )
    tried = []

    @wrap_model_call
    def counting(request, handler):
        tried.append(1)
        return handler(request)

    retries = ModelRetryMiddleware(max_retries=2, initial_delay=0, jitter=False, on_failure="error")
    agent = create_agent(router, [], middleware=[retries, counting])
    with pytest.raises(ModelError):
        agent.invoke({"messages": [("user", "Hello")]}, {"configurable": {"smartroute": options}})
    assert len(tried) == tries
