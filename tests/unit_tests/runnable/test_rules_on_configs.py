"""Rules on the tags and the metadata of a call's config, in every way of calling."""

from __future__ import annotations

import asyncio

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.prompts import ChatPromptTemplate

from langchain_smartroute import SmartRouterRunnable

PRO, PLAIN = {"metadata": {"plan": "pro"}}, {"metadata": {"plan": "basic"}}


def speaker(name):
    return GenericFakeChatModel(messages=iter([AIMessage(f"I am {name}")] * 100))


@pytest.fixture
def router():
    return SmartRouterRunnable.from_models(
        {name: speaker(name) for name in ("small", "large")},
        default="small",
        classifier="patterns",
        rules=[({"metadata": {"plan": "pro"}}, "large"), ({"tags": "beta"}, "large")],
    )


async def astreamed(router, config):
    return "".join([chunk.text async for chunk in router.astream("Hello", config)])


WAYS = {
    "invoke": lambda r, c: r.invoke("Hello", c).text,
    "ainvoke": lambda r, c: asyncio.run(r.ainvoke("Hello", c)).text,
    "stream": lambda r, c: "".join(chunk.text for chunk in r.stream("Hello", c)),
    "astream": lambda r, c: asyncio.run(astreamed(r, c)),
    "batch": lambda r, c: r.batch(["Hello"], c)[0].text,
    "abatch": lambda r, c: asyncio.run(r.abatch(["Hello"], c))[0].text,
    "generate": lambda r, c: r.generate([["Hello"]], **c).generations[0][0].text,
    "with_config": lambda r, c: r.with_config(c).invoke("Hello").text,
    "in a chain": lambda r, c: (ChatPromptTemplate.from_template("{a}") | r).invoke("Hi", c).text,
    "explain": lambda r, c: f"I am {r.explain('Hello', c).model}",
    "aexplain": lambda r, c: f"I am {asyncio.run(r.aexplain('Hello', c)).model}",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_rule_sees_the_metadata_and_the_tags(router, way):
    assert WAYS[way](router, PRO) == "I am large"
    assert WAYS[way](router, {"tags": ["beta"]}) == "I am large"
    assert WAYS[way](router, PLAIN) == "I am small"
    assert WAYS[way](router, {"tags": ["alpha"]}) == "I am small"


def test_each_input_of_a_batch_has_its_own(router):
    answers = router.batch(["Hello"] * 3, [PRO, PLAIN, {"tags": ["beta"]}])
    assert [answer.text for answer in answers] == ["I am large", "I am small", "I am large"]


def test_a_callable_sees_them_too(router):
    routed = SmartRouterRunnable.from_models(
        {name: speaker(name) for name in ("small", "large")},
        default="small",
        classifier="patterns",
        rules=[(lambda f: f.metadata.get("seats", 0) > 10 and "eu" in f.tags, "large")],
    )
    big = {"metadata": {"seats": 50}, "tags": ["eu"]}
    assert routed.invoke("Hello", big).text == "I am large"
    assert routed.invoke("Hello", {**big, "tags": []}).text == "I am small"
