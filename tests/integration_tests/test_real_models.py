"""The router before real models on a real server: llama.cpp's, in two processes.

What is asserted is protocol, usage and accounting; a model of 135 million weights is
not asked to be right.
"""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal

import pytest
from langchain_core.exceptions import ContextOverflowError
from pydantic import BaseModel
from real_models import INSTALL, WINDOW, missing, real_model

from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable, StreamInterruptedError

ABSENT = missing()
if ABSENT is not None and os.environ.get("SMARTROUTE_REAL_MODELS") == "required":
    pytest.fail(f"real models are required, but {ABSENT} is missing: {INSTALL}", pytrace=False)
pytestmark = pytest.mark.skipif(ABSENT is not None, reason=f"{ABSENT} is not installed: {INSTALL}")

TRANSLATE = "Translate to German: good morning"
CODE = "Write a Python function to merge sort an array"
PRICES = {"plain": (Decimal(1), Decimal(4)), "coder": (Decimal(2), Decimal(8))}
MILLION = 1_000_000


@pytest.fixture(scope="module")
def addresses():
    with real_model("plain", "key-of-plain") as plain, real_model("coder", "key-of-coder") as coder:
        yield {"plain": plain[0], "coder": coder[0]}


@pytest.fixture
def router_of(addresses, monkeypatch):
    def make(*, at=None, keys=None, **settings):
        urls = {**addresses, **(at or {})}
        specs = {}
        for alias, (low, high) in PRICES.items():
            monkeypatch.setenv(
                f"REAL_{alias.upper()}_KEY", (keys or {}).get(alias, f"key-of-{alias}")
            )
            price = {"input_usd_per_mtok": str(low), "output_usd_per_mtok": str(high)}
            specs[alias] = {
                "model": alias,
                "base_url": urls[alias],
                "api_key_env": f"REAL_{alias.upper()}_KEY",
                "context_window": WINDOW if alias == "plain" else 8 * WINDOW,
                "tools": False,
                "prices": [{**price, "source": "a test", "date": "2026-11-27"}],
            }
        catalog = {
            "name": "real",
            "models": specs,
            "routes": {"code": "coder"},
            "default": "plain",
        }
        # A busy machine may take seconds for the first token.
        limits = {"first_token_timeout_s": 60, "idle_timeout_s": 60, "timeout_s": 120}
        return SmartRouterRunnable.from_catalog(
            catalog=catalog, max_tokens=24, temperature=0, checks=[], **limits, **settings
        )

    return make


def cost_of(alias, usage):
    low, high = PRICES[alias]
    return (low * usage["input_tokens"] + high * usage["output_tokens"]) / MILLION


def holds(message, alias, costs):
    """An answer with its text, its usage and the exact cost, also in the record."""
    usage = message.usage_metadata
    assert message.text
    assert 0 < usage["output_tokens"] <= 24
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert message.response_metadata["finish_reason"] in ("stop", "length")
    told = message.response_metadata["smartroute"]
    assert told["model"] == alias
    assert Decimal(told["cost"]) == cost_of(alias, usage)
    assert costs.records[-1].alias == alias
    assert costs.records[-1].cost_usd == cost_of(alias, usage)


def joined(chunks):
    whole, *rest = chunks
    for chunk in rest:
        whole += chunk
    return whole


@pytest.mark.parametrize(("prompt", "alias"), [(TRANSLATE, "plain"), (CODE, "coder")])
@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
def test_each_request_reaches_its_model_and_is_accounted_for(router_of, prompt, alias, way):
    router, costs = router_of(), CostCallbackHandler()
    config = {"callbacks": [costs]}

    async def streamed():
        return [chunk async for chunk in router.astream(prompt, config)]

    if way == "invoke":
        message = router.invoke(prompt, config)
    elif way == "ainvoke":
        message = asyncio.run(router.ainvoke(prompt, config))
    else:
        chunks = list(router.stream(prompt, config)) if way == "stream" else asyncio.run(streamed())
        assert len([chunk for chunk in chunks if chunk.text]) > 3
        message = joined(chunks)
    holds(message, alias, costs)


def test_a_conversation_of_many_calls_at_once(router_of):
    router, costs = router_of(), CostCallbackHandler()
    answers = router.batch([TRANSLATE, CODE] * 3, {"callbacks": [costs]})
    told = [answer.response_metadata["smartroute"]["model"] for answer in answers]
    assert told == ["plain", "coder"] * 3
    spent = [cost_of(m, a.usage_metadata) for m, a in zip(told, answers, strict=True)]
    assert costs.stats().actual_cost_usd == sum(spent)


def test_log_probabilities_come_through(router_of):
    answer = router_of().bind(logprobs=True).invoke(TRANSLATE)
    tokens = answer.response_metadata["logprobs"]["content"]
    assert len(tokens) == pytest.approx(answer.usage_metadata["output_tokens"], abs=1)
    assert all(token["logprob"] <= 0 for token in tokens)


class Person(BaseModel):
    """A person."""

    name: str
    age: int


def test_structured_output_has_its_form(router_of):
    asked = router_of().with_structured_output(Person, method="json_schema")
    found = asked.invoke("Anna is 31 years old. Give her name and age as JSON.")
    assert isinstance(found, Person)


def test_a_wrong_key_is_refused_and_the_other_model_answers(router_of):
    router = router_of(keys={"plain": "wrong"}, fallbacks={"plain": "coder"})
    answer = router.invoke(TRANSLATE)
    attempts = answer.response_metadata["smartroute"]["attempts"]
    assert [(a["model"], a["outcome"]) for a in attempts] == [
        ("plain", "failed"),
        ("coder", "accepted"),
    ]


def test_a_prompt_that_is_too_long_is_known_as_such(router_of):
    """The server calls it an invalid request; its words tell that it is the context."""
    router = router_of(model="coder")
    with pytest.raises(ContextOverflowError):
        router.invoke("word " * (WINDOW * 2))


@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_after_a_server_is_killed_the_other_one_answers(router_of, way):
    with real_model("plain", "key-of-plain") as (url, process):
        router = router_of(at={"plain": url}, fallbacks={"plain": "coder"})
        alive = router.invoke(TRANSLATE).response_metadata["smartroute"]
        assert alive["model"] == "plain"
        process.kill()
        process.wait(30)
        costs = CostCallbackHandler()
        config = {"callbacks": [costs]}
        answer = (
            router.invoke(TRANSLATE, config)
            if way == "invoke"
            else joined(list(router.stream(TRANSLATE, config)))
        )
    holds(answer, "coder", costs)
    attempts = answer.response_metadata["smartroute"]["attempts"]
    assert attempts[0]["model"] == "plain"
    assert attempts[0]["outcome"] == "failed"
    assert attempts[-1]["outcome"] == "accepted"


def test_a_server_killed_in_a_stream_leaves_the_text_that_was_shown(router_of):
    with real_model("plain", "key-of-plain") as (url, process):
        router = router_of(at={"plain": url}, fallbacks={"plain": "coder"})
        shown = []

        def read():
            for chunk in router.bind(max_tokens=600).stream("Tell me a very long story."):
                shown.append(chunk)
                if len([one for one in shown if one.text]) == 3:
                    process.kill()

        with pytest.raises(StreamInterruptedError) as caught:
            read()
    assert caught.value.partial.text == "".join(chunk.text for chunk in shown)
    assert caught.value.attempts[-1].model == "plain"
