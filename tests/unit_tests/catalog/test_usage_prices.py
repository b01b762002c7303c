"""Usage × price = cost, exactly; usage as LangChain messages report it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_openai import StreamChunkTimeoutError

from langchain_smartroute.catalog import (
    Price,
    cost_usd,
    estimated_usage,
    is_cache_hit,
    usage_of,
    usage_of_answer,
    usage_of_failure,
)
from langchain_smartroute.errors import AttemptTimeoutError
from langchain_smartroute.types import Usage

tokens = st.integers(0, 10**9)
amounts = st.decimals(0, 1_000, places=6)


def price(given_in, given_out, cached=None):
    return Price(
        input_usd_per_mtok=given_in,
        output_usd_per_mtok=given_out,
        cached_input_usd_per_mtok=cached,
        source="a test",
        date="2026-11-23",
    )


@st.composite
def usages(draw):
    given_in = draw(tokens)
    return Usage(
        input_tokens=given_in,
        output_tokens=draw(tokens),
        cache_read_tokens=draw(st.integers(0, given_in)),
    )


prices = st.builds(price, amounts, amounts, amounts | st.none())


def test_input_and_output_are_priced_apart():
    # 10 M tokens half and half at gpt-4o's prices: 5 × $2.50 + 5 × $10.00.
    usage = Usage(input_tokens=5_000_000, output_tokens=5_000_000)
    assert cost_usd(usage, price("2.50", "10.00")) == 5 * Decimal("2.50") + 5 * Decimal("10.00")


def test_cached_input_is_priced_as_such():
    usage = Usage(input_tokens=1_000, cache_read_tokens=400)
    cost = cost_usd(usage, price("2", "0", "0.5"))
    assert cost * 1_000_000 == 600 * 2 + 400 * Decimal("0.5")


def test_cached_input_without_a_price_of_its_own_costs_as_other_input():
    usage = Usage(input_tokens=1_000, cache_read_tokens=400)
    assert cost_usd(usage, price("2", "0")) == cost_usd(Usage(input_tokens=1_000), price("2", "0"))


def test_a_cached_price_of_zero_is_a_price():
    usage = Usage(input_tokens=1_000, cache_read_tokens=1_000)
    assert cost_usd(usage, price("2", "2", "0")) == 0


def test_reasoning_tokens_are_part_of_the_output_and_not_billed_again():
    with_thoughts = Usage(output_tokens=100, reasoning_tokens=90)
    assert cost_usd(with_thoughts, price("1", "1")) == cost_usd(
        Usage(output_tokens=100), price("1", "1")
    )


def test_more_cached_than_input_tokens_never_cost_less_than_nothing():
    cost = cost_usd(Usage(input_tokens=10, cache_read_tokens=1_000), price("2", "2", "0.5"))
    assert cost == 10 * Decimal("0.5") / 1_000_000


@settings(deadline=None)
@given(usages())
def test_an_unknown_price_gives_an_unknown_cost(usage):
    assert cost_usd(usage, None) is None


@settings(deadline=None)
@given(usages(), prices)
def test_cost_is_exact(usage, at):
    cached_at = at.cached_input_usd_per_mtok
    if cached_at is None:
        cached_at = at.input_usd_per_mtok
    exact = (
        (usage.input_tokens - usage.cache_read_tokens) * Fraction(at.input_usd_per_mtok)
        + usage.cache_read_tokens * Fraction(cached_at)
        + usage.output_tokens * Fraction(at.output_usd_per_mtok)
    ) / 1_000_000
    assert Fraction(cost_usd(usage, at)) == exact


@settings(deadline=None)
@given(usages(), usages(), prices)
def test_costs_add_up(one, other, at):
    both = Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cache_read_tokens=one.cache_read_tokens + other.cache_read_tokens,
    )
    assert cost_usd(both, at) == cost_usd(one, at) + cost_usd(other, at)


@settings(deadline=None)
@given(usages(), tokens, tokens, prices)
def test_more_tokens_never_cost_less(usage, more_in, more_out, at):
    more = Usage(
        input_tokens=usage.input_tokens + more_in,
        output_tokens=usage.output_tokens + more_out,
        cache_read_tokens=usage.cache_read_tokens,
    )
    assert cost_usd(more, at) >= cost_usd(usage, at) >= 0


@settings(deadline=None)
@given(usages(), prices, amounts, amounts, amounts)
def test_a_higher_price_never_costs_less(usage, at, more_in, more_out, more_cached):
    cached = at.cached_input_usd_per_mtok
    dearer = price(
        at.input_usd_per_mtok + more_in,
        at.output_usd_per_mtok + more_out,
        None if cached is None else cached + more_cached,
    )
    assert cost_usd(usage, dearer) >= cost_usd(usage, at)


def test_usage_is_read_with_all_its_kinds():
    message = AIMessage(
        "x",
        usage_metadata={
            "input_tokens": 100,
            "output_tokens": 50,
            "total_tokens": 150,
            "input_token_details": {"cache_read": 60, "cache_creation": 5, "audio": 1},
            "output_token_details": {"reasoning": 40},
        },
    )
    assert usage_of(message) == Usage(
        input_tokens=100,
        output_tokens=50,
        cache_read_tokens=60,
        cache_write_tokens=5,
        reasoning_tokens=40,
        input_audio_tokens=1,
    )
    assert usage_of(message).total_tokens == 150


def odd(usage_metadata):
    """A message as a provider's package may build it, past validation."""
    message = AIMessage("x")
    message.usage_metadata = usage_metadata
    return message


@pytest.mark.parametrize(
    "reported",
    [
        None,
        {},
        {"input_tokens": None, "output_tokens": None, "total_tokens": None},
        {"input_tokens": 5},
        {"output_tokens": 5, "total_tokens": 5},
        {"input_tokens": -1, "output_tokens": 5},
        {"input_tokens": "5", "output_tokens": "5"},
        {"input_tokens": 5.5, "output_tokens": 1.0},
        {"total_tokens": 10},
    ],
)
def test_an_unusable_report_is_no_usage(reported):
    assert usage_of(odd(reported)) is None


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (None, None),
        ({}, {}),
        ({"cache_read": None}, {"reasoning": None}),
        ({"cache_read": -3}, {"reasoning": "many"}),
        ({"cache_read": 0.5, "cache_creation": None}, {"audio": -3}),
    ],
)
def test_unusable_details_count_as_none(inputs, outputs):
    message = odd(
        {
            "input_tokens": 7,
            "output_tokens": 0,
            "total_tokens": 7,
            "input_token_details": inputs,
            "output_token_details": outputs,
        }
    )
    assert usage_of(message) == Usage(input_tokens=7)


def test_a_message_that_is_no_answer_has_no_usage():
    assert usage_of(HumanMessage("x")) is None
    assert is_cache_hit(HumanMessage("x")) is False


def test_an_answer_of_zero_tokens_is_not_free():
    """Gateways that do not count send zeros or `"usage": {}`; such calls cost exactly $0."""
    none = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    assert usage_of(AIMessage("Paris", usage_metadata=none)) is None
    assert usage_of(AIMessage("", usage_metadata=none)) == Usage()


def test_a_cache_hit_is_told_by_its_zero_total_cost():
    full = {"input_tokens": 5, "output_tokens": 5, "total_tokens": 10}
    assert is_cache_hit(odd({**full, "total_cost": 0})) is True


@pytest.mark.parametrize("reported", [None, {}, {"input_tokens": 0, "output_tokens": 0}])
def test_no_total_cost_is_no_cache_hit(reported):
    assert is_cache_hit(odd(reported)) is False


def test_langchains_own_cache_marks_its_hits_so_that_we_see_them():
    from langchain_core.caches import InMemoryCache
    from langchain_core.language_models import GenericFakeChatModel

    told = AIMessage(
        "x", usage_metadata={"input_tokens": 5, "output_tokens": 5, "total_tokens": 10}
    )
    model = GenericFakeChatModel(messages=iter([told]), cache=InMemoryCache())
    first, second = model.invoke("hi"), model.invoke("hi")
    assert (is_cache_hit(first), is_cache_hit(second)) == (False, True)


@settings(deadline=None)
@given(st.text(), st.integers(0, 10**6))
def test_an_estimate_is_marked_and_keeps_the_requests_tokens(text, given_in):
    usage = estimated_usage(AIMessage(text), input_tokens=given_in)
    assert usage.estimated
    assert usage.input_tokens == given_in
    assert usage.output_tokens == -(-len(text.encode("utf-8", "replace")) // 3)


@settings(deadline=None)
@given(st.text(min_size=1), st.text())
def test_a_longer_answer_is_never_estimated_shorter(text, more):
    shorter, longer = (
        estimated_usage(AIMessage(t), input_tokens=0).output_tokens for t in (text, text + more)
    )
    assert 0 < shorter <= longer


def test_tool_calls_count_in_an_estimate():
    call = {"name": "look_up", "args": {"query": "x" * 300}, "id": "1"}
    usage = estimated_usage(AIMessage("", tool_calls=[call]), input_tokens=0)
    assert usage.output_tokens >= 100


def test_content_blocks_count_in_an_estimate():
    blocks = [{"type": "text", "text": "x" * 300}]
    assert estimated_usage(AIMessage(blocks), input_tokens=0).output_tokens >= 100


def test_an_empty_answer_is_estimated_at_nothing():
    usage = estimated_usage(AIMessageChunk(""), input_tokens=3)
    assert usage == Usage(input_tokens=3, estimated=True)


def late(*, begun):
    return AttemptTimeoutError("late", limit="timeout_s", seconds=60, begun=begun)


TOLD = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
INPUT_ALONE = Usage(input_tokens=9, estimated=True)


@pytest.mark.parametrize(
    ("message", "used"),
    [
        (AIMessage("Paris", usage_metadata=TOLD), Usage(input_tokens=5, output_tokens=2)),
        (AIMessage("Paris"), Usage(input_tokens=9, output_tokens=2, estimated=True)),
        (AIMessage("Paris", usage_metadata={**TOLD, "total_cost": 0}), Usage()),
    ],
    ids=["told", "estimated", "from a cache"],
)
def test_an_answer_used_what_is_told_or_estimated_of_it(message, used):
    assert usage_of_answer(message, input_tokens=9) == used
    assert usage_of_failure(message, None, cancelled=False, input_tokens=9) == used


@pytest.mark.parametrize(
    ("error", "cancelled", "used"),
    [
        (ConnectionError("refused"), False, Usage()),
        (None, False, Usage()),
        (None, True, INPUT_ALONE),
        (OutputParserException("no JSON"), False, INPUT_ALONE),
        (late(begun=False), False, Usage()),
        (late(begun=True), False, INPUT_ALONE),
        (StreamChunkTimeoutError(120), False, INPUT_ALONE),
    ],
    ids=["refused", "ended wordless", "cancelled", "unreadable", "unheard", "begun", "silent"],
)
@pytest.mark.parametrize("message", [None, AIMessageChunk("")], ids=["nothing", "an empty chunk"])
def test_a_failure_without_an_answer_used_its_input_where_it_is_billed(
    message, error, cancelled, used
):
    assert usage_of_failure(message, error, cancelled=cancelled, input_tokens=9) == used
