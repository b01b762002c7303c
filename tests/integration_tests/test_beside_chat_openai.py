"""What is done with a `ChatOpenAI`, done with a router as well."""

from __future__ import annotations

from typing import Literal

import langchain_core.exceptions
import pytest
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from scripted import ANSWER, delta, plain, streamed

from langchain_smartroute import SmartRouterRunnable

SAID = {"role": "assistant", "content": None, "refusal": "I will not."}
DECLINED = {**ANSWER, "choices": [{"index": 0, "finish_reason": "stop", "message": SAID}]}
ModelRefusalError = getattr(langchain_core.exceptions, "ModelRefusalError", None)
needs_refusals = pytest.mark.skipif(ModelRefusalError is None, reason="new in langchain-core 1.7.5")
METHODS = ["json_schema", "json_mode", "function_calling"]


class Sentiment(BaseModel):
    """A sentiment."""

    label: Literal["positive", "negative"]


def brought(url, **settings):
    """A router with one model that a user brings."""
    model = ChatOpenAI(model="gpt-4o", base_url=url, api_key="none", **settings)
    return SmartRouterRunnable.from_models({"mine": model})


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
    for _ in range(6):
        with pytest.raises(Exception, match=r"refus|I will not|json"):
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


def test_thoughts_stand_before_a_refusal(serve):
    """As they stand before an answer."""
    said = {**SAID, "reasoning_content": "Hm."}
    thinking = {**DECLINED, "choices": [{"index": 0, "finish_reason": "stop", "message": said}]}
    blocks = built(serve(plain(thinking)).url).invoke("Hello").content_blocks
    assert blocks[0] == {"type": "reasoning", "reasoning": "Hm."}
