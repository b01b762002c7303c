"""From the usage that a provider reports to tokens by kind and an exact cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_openai import ChatOpenAI

from langchain_smartroute import (
    CostCallbackHandler,
    ModelSpec,
    Price,
    SmartRouterRunnable,
    Usage,
)
from langchain_smartroute.catalog import cost_usd
from langchain_smartroute.sandbox import Fault

LONG_PROMPT = "The quick brown fox jumps over the lazy dog. " * 150
MILLION = Decimal(1_000_000)
PRICE = Price(
    input_usd_per_mtok="2.50",
    cached_input_usd_per_mtok="1.25",
    output_usd_per_mtok="10",
    source="a test",
    date=date(2026, 11, 23),
)
counts = st.integers(min_value=0, max_value=10**9)
money = st.decimals(min_value=0, max_value=1000, places=4)


def specified(server, *prices, alias="small", model="gpt-4o-mini"):
    """A router with one model of its own, at its own prices."""
    spec = ModelSpec(alias=alias, model=model, prices=prices)
    return SmartRouterRunnable.from_models({alias: spec}, base_url=server.base_url)


@given(total=counts, cached=counts, output=counts, reasoning=counts, prices=st.tuples(*[money] * 3))
def test_cost_is_fresh_cached_and_output_tokens_each_at_its_price(
    total, cached, output, reasoning, prices
):
    fresh_price, cached_price, output_price = prices
    price = PRICE.model_copy(
        update={
            "input_usd_per_mtok": fresh_price,
            "cached_input_usd_per_mtok": cached_price,
            "output_usd_per_mtok": output_price,
        }
    )
    cached, reasoning = min(cached, total), min(reasoning, output)
    usage = Usage(
        input_tokens=total,
        output_tokens=output,
        cache_read_tokens=cached,
        reasoning_tokens=reasoning,
    )
    expected = (total - cached) * fresh_price + cached * cached_price + output * output_price
    assert cost_usd(usage, price) == expected / MILLION


@given(usages=st.lists(st.tuples(counts, counts), min_size=1, max_size=20))
def test_the_cost_of_parts_adds_up_to_the_cost_of_the_whole(usages):
    parts = [cost_usd(Usage(input_tokens=i, output_tokens=o), PRICE) for i, o in usages]
    whole = Usage(input_tokens=sum(i for i, _ in usages), output_tokens=sum(o for _, o in usages))
    assert sum(parts) == cost_usd(whole, PRICE)


def test_cached_input_tokens_are_counted_once_and_cost_the_cached_price(sandbox):
    costs = CostCallbackHandler()
    router = specified(sandbox, PRICE)
    router.invoke(LONG_PROMPT)
    answer = router.invoke(LONG_PROMPT, {"callbacks": [costs]})
    usage = answer.usage_metadata
    cached = usage["input_token_details"]["cache_read"]
    assert cached >= 1024
    (record,) = costs.records
    assert record.usage.cache_read_tokens == cached
    assert record.usage.input_tokens == usage["input_tokens"]
    assert record.usage.total_tokens == usage["total_tokens"]
    expected = (
        (usage["input_tokens"] - cached) * Decimal("2.50")
        + cached * Decimal("1.25")
        + usage["output_tokens"] * Decimal(10)
    ) / MILLION
    assert record.cost_usd == expected
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == expected


def test_without_a_cached_price_cached_tokens_cost_as_much_as_others(scripted, answered, dollars):
    costs = CostCallbackHandler()
    answer = answered(tokens=(1000, 10), cached=900)
    router = SmartRouterRunnable.from_models({"small": scripted(script=[answer])})
    router.invoke("Hello", {"callbacks": [costs]})
    assert costs.records[0].cost_usd == dollars("gpt-4o-mini", 1000, 10)


def test_tokens_written_to_the_providers_cache_are_part_of_the_input(scripted):
    costs = CostCallbackHandler()
    answer = AIMessage(
        content="Fine.",
        usage_metadata={
            "input_tokens": 500,
            "output_tokens": 5,
            "total_tokens": 505,
            "input_token_details": {"cache_creation": 300, "cache_read": 100},
        },
    )
    SmartRouterRunnable.from_models({"small": scripted(script=[answer])}).invoke(
        "Hello", {"callbacks": [costs]}
    )
    usage = costs.records[0].usage
    assert (usage.input_tokens, usage.cache_write_tokens, usage.cache_read_tokens) == (
        500,
        300,
        100,
    )
    assert usage.total_tokens == 505


@pytest.mark.parametrize("streaming", [False, True])
def test_reasoning_tokens_are_inside_the_output_and_billed_once(router, dollars, streaming):
    costs = CostCallbackHandler()
    thinking = router.with_route(model="deepseek-reasoner")
    config = {"callbacks": [costs]}
    if streaming:
        answer = add_ai_message_chunks(*thinking.stream("What is 2 + 3?", config))
    else:
        answer = thinking.invoke("What is 2 + 3?", config)
    (record,) = costs.records
    usage = answer.usage_metadata
    assert 0 < record.usage.reasoning_tokens == usage["output_token_details"]["reasoning"]
    assert record.usage.reasoning_tokens < record.usage.output_tokens == usage["output_tokens"]
    assert record.cost_usd == dollars(
        "deepseek-reasoner", usage["input_tokens"], usage["output_tokens"]
    )


def test_a_streamed_call_reports_the_same_usage_as_a_plain_one(router):
    plain, streamed = CostCallbackHandler(), CostCallbackHandler()
    router.invoke("Hello", {"callbacks": [plain]})
    list(router.stream("Hello", {"callbacks": [streamed]}))
    assert streamed.records[0].usage == plain.records[0].usage
    assert not streamed.records[0].usage.estimated


@pytest.mark.parametrize("streaming", [False, True])
def test_a_missing_usage_is_estimated_and_marked(sandbox, router, dollars, streaming):
    sandbox.set_fault("deepseek-chat", Fault(kind="no_usage"))
    costs = CostCallbackHandler()
    config = {"callbacks": [costs]}
    if streaming:
        answer = add_ai_message_chunks(*router.stream("Hello", config))
    else:
        answer = router.invoke("Hello", config)
    assert answer.usage_metadata is None
    (record,) = costs.records
    assert record.usage.estimated
    assert record.usage.input_tokens > 0
    assert record.usage.output_tokens > 0
    assert record.cost_usd == dollars(
        "deepseek-chat", record.usage.input_tokens, record.usage.output_tokens
    )
    assert answer.response_metadata["smartroute"]["cost"] == f"{record.cost_usd:f}"
    assert costs.stats().estimated_calls == 1
    assert "estimated" in costs.report()


def test_a_missing_usage_outside_a_router_is_estimated_from_the_messages(sandbox):
    sandbox.set_fault("gpt-4o-mini", Fault(kind="no_usage"))
    model = ChatOpenAI(model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none")
    short, long = CostCallbackHandler(), CostCallbackHandler()
    model.invoke("Hello", {"callbacks": [short]})
    model.invoke(LONG_PROMPT, {"callbacks": [long]})
    assert short.records[0].usage.estimated
    assert 0 < short.records[0].usage.input_tokens < long.records[0].usage.input_tokens


def test_a_reported_usage_is_never_marked_as_estimated(router):
    costs = CostCallbackHandler()
    router.invoke("Hello", {"callbacks": [costs]})
    assert not costs.records[0].usage.estimated
    assert costs.stats().estimated_calls == 0
    assert "estimated" not in costs.report()


@pytest.mark.parametrize("read", [0, 7])
def test_a_reported_zero_is_a_number_unless_nothing_at_all_was_counted(scripted, read):
    """Gateways that do not count send zeros or `"usage": {}`; their calls cost exactly $0."""
    reported = {"input_tokens": read, "output_tokens": 0, "total_tokens": read}
    costs = CostCallbackHandler()
    answer = AIMessage(content="Fine.", usage_metadata=reported)
    SmartRouterRunnable.from_models({"small": scripted(script=[answer])}).invoke(
        "Hello", {"callbacks": [costs]}
    )
    usage = costs.records[0].usage
    assert usage.estimated is (read == 0)
    assert usage.total_tokens == read or usage.estimated


@pytest.mark.parametrize("count", [-1, -5_000, 10**9, 10**15])
@pytest.mark.parametrize("which", ["input_tokens", "output_tokens"])
def test_an_impossible_count_is_a_missing_usage(scripted, dollars, which, count):
    """A gateway's 10**12 tokens made one answer cost a million dollars."""
    reported = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10, which: count}
    costs = CostCallbackHandler()
    answer = AIMessage(content="Fine.", usage_metadata=reported)
    SmartRouterRunnable.from_models({"small": scripted(script=[answer])}).invoke(
        "Hello", {"callbacks": [costs]}
    )
    (record,) = costs.records
    assert record.usage.estimated
    assert record.cost_usd == dollars(
        "gpt-4o-mini", record.usage.input_tokens, record.usage.output_tokens
    )
    assert 0 < record.usage.total_tokens < 100


def test_usage_spread_over_the_chunks_of_a_stream_is_added_up(scripted, dollars):
    """Anthropic-like: input tokens with the first chunk, output tokens with the last."""
    first = {"input_tokens": 50, "output_tokens": 0, "total_tokens": 50}
    last = {"input_tokens": 0, "output_tokens": 9, "total_tokens": 9}
    script = [
        AIMessageChunk(content="Fi", usage_metadata=first),
        AIMessageChunk(content="ne."),
        AIMessageChunk(content="", usage_metadata=last, chunk_position="last"),
    ]
    costs = CostCallbackHandler()
    router = SmartRouterRunnable.from_models({"small": scripted(script=[script])})
    answer = add_ai_message_chunks(*router.stream("Hello", {"callbacks": [costs]}))
    (record,) = costs.records
    assert (record.usage.input_tokens, record.usage.output_tokens) == (50, 9)
    expected = dollars("gpt-4o-mini", 50, 9)
    assert record.cost_usd == expected
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == expected
