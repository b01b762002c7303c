"""Prices of the genai-prices package: converted without a difference, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import data_snapshot

from langchain_smartroute.catalog import cost_usd, genai_prices, price_at
from langchain_smartroute.types import Usage

NIGHT = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)

USAGES = [
    Usage(input_tokens=1_000, output_tokens=500),
    Usage(input_tokens=300_000, output_tokens=5_000, cache_read_tokens=100_000),
    Usage(
        input_tokens=20_000,
        output_tokens=500,
        cache_read_tokens=1_000,
        cache_write_tokens=3_000,
        cache_write_1h_tokens=1_000,
    ),
    Usage(input_tokens=1_000, output_tokens=500, service_tier="batch"),
    Usage(input_tokens=250_000, output_tokens=500, service_tier="flex"),
    Usage(input_tokens=1_000, output_tokens=500, reasoning_tokens=200),
]


def models():
    """Every model, with its provider."""
    snapshot = data_snapshot.get_snapshot()
    return [(provider, info) for provider in snapshot.providers for info in provider.models]


def theirs(provider, info, usage, at):
    counts = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cache_write_1h_tokens": usage.cache_write_1h_tokens,
        "output_reasoning_tokens": usage.reasoning_tokens,
    }
    context = {"service_tier": usage.service_tier} if usage.service_tier else None
    if usage.service_tier == "batch":
        context = {"processing": "batch"}
    named = {name: count for name, count in counts.items() if count}
    calculation = info.calc_price(
        TheirUsage(**named), provider, genai_request_timestamp=at, price_context=context
    )
    return calculation.total_price


@pytest.mark.parametrize("at", [NIGHT, NOON, LONG_AGO])
def test_what_is_priced_is_priced_as_the_package_itself_does(at):
    from langchain_smartroute.catalog.genai import _dated

    compared = 0
    for provider, info in models()[::5]:
        price = price_at(tuple(_dated(info)), at)
        for usage in USAGES:
            ours = cost_usd(usage, price)
            if ours is not None:
                compared += 1
                assert ours == theirs(provider, info, usage, at), (provider.id, info.id, usage)
    assert compared > 1_000


@pytest.mark.parametrize(
    ("model", "provider", "same_as"),
    [
        ("openai/gpt-4o", None, ("gpt-4o", "openai")),
        ("openai/gpt-4o", "openai", ("gpt-4o", "openai")),
        ("litellm_proxy/openai/gpt-4o", None, ("gpt-4o", "openai")),
        ("litellm_proxy/gpt-4o", None, ("gpt-4o", "openai")),
        ("litellm_proxy/gpt-4o", "litellm_proxy", ("gpt-4o", "openai")),
        ("openrouter/openai/gpt-4o", None, ("openai/gpt-4o", "openrouter")),
        ("vertex_ai/gemini-2.5-pro", None, ("gemini-2.5-pro", "google")),
        ("gemini-2.5-pro", "google_genai", ("gemini-2.5-pro", "google")),
    ],
)
def test_prefixes_that_name_the_way_are_understood(model, provider, same_as):
    found = genai_prices(model, provider)
    assert found
    assert found == genai_prices(*same_as)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("acme/gpt-4o", None),
        ("gpt-4o", "acme"),
        ("acme/gpt-4o", "acme"),
        ("gpt-4o-of-mine", "openai"),
        ("no-such-model", None),
        ("", None),
    ],
)
def test_another_providers_price_is_never_taken(model, provider):
    assert genai_prices(model, provider) == ()


def test_the_provider_decides_between_two_prices_for_one_name():
    assert genai_prices("glm-5.1", "zai") != genai_prices("glm-5.1", "zhipuai")


def test_the_hour_of_the_request_counts():
    prices = genai_prices("deepseek-v4-pro", "deepseek")
    usage = Usage(input_tokens=1_000_000)
    night = cost_usd(usage, price_at(prices, NIGHT))
    assert night == 2 * cost_usd(usage, price_at(prices, NOON)) == Decimal("1.32")


def test_a_price_names_its_source():
    price = genai_prices("gpt-4o", "openai")[-1]
    assert price.source.startswith("genai-prices 0.")
    assert price.date <= datetime.now(tz=UTC).date()
