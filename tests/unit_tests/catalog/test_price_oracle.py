"""A price oracle: what calls cost, worked out by hand.

Each price is written out from its source, each call as a message like those that
LangChain gives, and beside it how many tokens of it are billed at which rate. The
expectation is the sum of the two, in fractions; no code under test takes part in it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from langchain_core.messages import AIMessage

from langchain_smartroute.catalog import Price, cost_usd, price_at, usage_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def of(text):
    """`input 2.50, output 10` as a mapping."""
    return dict(part.split() for part in text.split(",")) if text else {}


def price(rates, *variants, date="2026-11-23", **when):
    names = {
        "input": "input_usd_per_mtok",
        "output": "output_usd_per_mtok",
        "cached": "cached_input_usd_per_mtok",
        "written": "cache_write_usd_per_mtok",
        "written_1h": "cache_write_1h_usd_per_mtok",
        "reasoning": "reasoning_usd_per_mtok",
        "audio_in": "input_audio_usd_per_mtok",
        "audio_out": "output_audio_usd_per_mtok",
        "image_in": "input_image_usd_per_mtok",
        "image_out": "output_image_usd_per_mtok",
        "request": "request_usd",
    }
    named = [{**where, **{names[k]: v for k, v in of(text).items()}} for where, text in variants]
    own = {names[k]: v for k, v in of(rates).items()}
    return Price(**own, variants=named, source="the oracle", date=date, **when)


LONG = {"above_input_tokens": 200_000}
PEAK_NIGHT = {"from_utc": "01:00", "until_utc": "04:00"}
PEAK_MORNING = {"from_utc": "06:00", "until_utc": "10:00"}

PRICES = {
    # The price pages of the providers, as genai-prices 0.2.3 reads them; 2026-11-23.
    "gpt-4o": price("input 2.50, output 10, cached 1.25"),
    "gpt-4o-mini": price("input 0.15, output 0.60, cached 0.075"),
    "gpt-5.1": price(
        "input 1.25, output 10, cached 0.125",
        ({"service_tier": "flex"}, "input 0.625, output 5, cached 0.0625"),
        ({"service_tier": "priority"}, "input 2.5, output 20, cached 0.25"),
        ({"service_tier": "batch"}, "input 0.625, output 5, cached 0.0625"),
    ),
    "gemini-2.5-pro": price(
        "input 1.25, output 10, cached 0.125",
        (LONG, "input 2.5, output 15, cached 0.25"),
        ({"service_tier": "batch"}, "input 0.625, output 5"),
        ({"service_tier": "batch", **LONG}, "input 1.25, output 7.5"),
    ),
    "claude-sonnet-4-5": price(
        "input 3, output 15, cached 0.3, written 3.75, written_1h 6",
        (LONG, "input 6, output 22.5, cached 0.6, written 7.5, written_1h 12"),
    ),
    "deepseek-v4-pro": price(
        "input 0.66, output 1.98, cached 0.022",
        (PEAK_NIGHT, "input 1.32, output 3.96, cached 0.044"),
        (PEAK_MORNING, "input 1.32, output 3.96, cached 0.044"),
    ),
    # What the providers' kinds of price come to, at rates that no two kinds share.
    "audio": price("input 2, output 8, audio_in 32, audio_out 64, cached 0.5"),
    "pictures": price("input 0.30, output 2.50, image_in 0.35, image_out 30"),
    "thinker": price("input 1, output 4, reasoning 7"),
    "per request": price("input 1, output 1, request 0.005"),
    "own": price("input 0.05, output 0.10"),
    "free": price("input 0, output 0, cached 0"),
    "fine": price("input 0.003625, output 0.000001"),
    "across midnight": price(
        "input 2, output 4",
        ({"from_utc": "22:30", "until_utc": "00:30"}, "input 1, output 2"),
    ),
}

# Call → what the provider reports: input, output, and parts of them.
CALLS = {
    "plain": (1_000, 500, {}, {}),
    "one token": (1, 0, {}, {}),
    "only thoughts": (12, 800, {}, {"reasoning": 800}),
    "thoughts": (2_000, 1_500, {}, {"reasoning": 1_200}),
    "cached": (10_000, 300, {"cache_read": 8_192}, {}),
    "all cached": (4_096, 10, {"cache_read": 4_096}, {}),
    "written": (6_000, 400, {"cache_creation": 5_000}, {}),
    "read and written": (9_000, 700, {"cache_read": 4_000, "cache_creation": 3_000}, {}),
    "at the step": (200_000, 1_000, {}, {}),
    "past the step": (200_001, 1_000, {}, {}),
    "long and cached": (500_000, 2_000, {"cache_read": 400_000}, {}),
    "sound": (3_000, 900, {"audio": 2_500}, {"audio": 600}),
    "a picture": (1_600, 1_300, {"image": 1_290}, {"image": 1_290}),
    "a million": (1_000_000, 1_000_000, {}, {}),
    "nothing": (0, 0, {}, {}),
}

# Call → tokens by the rate that they are billed at, counted by hand: as many kinds as
# the richest price has. A price without a rate of its own for one bills it as the next.
KINDS = {
    "plain": "input 1000, output 500",
    "one token": "input 1",
    "only thoughts": "input 12, reasoning 800",
    "thoughts": "input 2000, output 300, reasoning 1200",
    "cached": "input 1808, cached 8192, output 300",
    "all cached": "cached 4096, output 10",
    "written": "input 1000, written 5000, output 400",
    "read and written": "input 2000, cached 4000, written 3000, output 700",
    "at the step": "input 200000, output 1000",
    "past the step": "input 200001, output 1000",
    "long and cached": "input 100000, cached 400000, output 2000",
    "sound": "input 500, audio_in 2500, output 300, audio_out 600",
    "a picture": "input 310, image_in 1290, output 10, image_out 1290",
    "a million": "input 1000000, output 1000000",
    "nothing": "",
}

# Price → (rates in USD per million tokens below the step, and past it): every kind
# written out, so that what an unnamed kind costs is an expectation too.
RATES = {
    "gpt-4o": (
        (
            "input 2.50, cached 1.25, written 2.50, output 10, reasoning 10,"
            "audio_in 2.50, audio_out 10, image_in 2.50, image_out 10"
        ),
    ),
    "gpt-4o-mini": (
        (
            "input 0.15, cached 0.075, written 0.15, output 0.60, reasoning 0.60,"
            "audio_in 0.15, audio_out 0.60, image_in 0.15, image_out 0.60"
        ),
    ),
    "gpt-5.1": (
        (
            "input 1.25, cached 0.125, written 1.25, output 10, reasoning 10,"
            "audio_in 1.25, audio_out 10, image_in 1.25, image_out 10"
        ),
    ),
    "gemini-2.5-pro": (
        (
            "input 1.25, cached 0.125, written 1.25, output 10, reasoning 10,"
            "audio_in 1.25, audio_out 10, image_in 1.25, image_out 10"
        ),
        "input 2.5, cached 0.25, written 2.5, output 15, reasoning 15",
    ),
    "claude-sonnet-4-5": (
        (
            "input 3, cached 0.3, written 3.75, output 15, reasoning 15,"
            "audio_in 3, audio_out 15, image_in 3, image_out 15"
        ),
        "input 6, cached 0.6, written 7.5, output 22.5, reasoning 22.5",
    ),
    "deepseek-v4-pro": (
        (
            "input 0.66, cached 0.022, written 0.66, output 1.98, reasoning 1.98,"
            "audio_in 0.66, audio_out 1.98, image_in 0.66, image_out 1.98"
        ),
    ),
    "audio": (
        (
            "input 2, cached 0.5, written 2, output 8, reasoning 8,"
            "audio_in 32, audio_out 64, image_in 2, image_out 8"
        ),
    ),
    "pictures": (
        (
            "input 0.30, cached 0.30, written 0.30, output 2.50, reasoning 2.50,"
            "audio_in 0.30, audio_out 2.50, image_in 0.35, image_out 30"
        ),
    ),
    "thinker": (
        (
            "input 1, cached 1, written 1, output 4, reasoning 7,"
            "audio_in 1, audio_out 4, image_in 1, image_out 4"
        ),
    ),
    "per request": (
        (
            "input 1, cached 1, written 1, output 1, reasoning 1,"
            "audio_in 1, audio_out 1, image_in 1, image_out 1"
        ),
    ),
    "own": (
        (
            "input 0.05, cached 0.05, written 0.05, output 0.10, reasoning 0.10,"
            "audio_in 0.05, audio_out 0.10, image_in 0.05, image_out 0.10"
        ),
    ),
    "free": (
        (
            "input 0, cached 0, written 0, output 0, reasoning 0,"
            "audio_in 0, audio_out 0, image_in 0, image_out 0"
        ),
    ),
    "fine": (
        (
            "input 0.003625, cached 0.003625, written 0.003625, output 0.000001,"
            "reasoning 0.000001, audio_in 0.003625, audio_out 0.000001, image_in 0.003625,"
            "image_out 0.000001"
        ),
    ),
    "across midnight": (
        (
            "input 2, cached 2, written 2, output 4, reasoning 4,"
            "audio_in 2, audio_out 4, image_in 2, image_out 4"
        ),
    ),
}
PAST_THE_STEP = ("past the step", "long and cached", "a million")


def message(call, **metadata):
    given, made, inputs, outputs = CALLS[call]
    return AIMessage(
        # A usage of zeros beside an answer is one that was not counted, so it is estimated.
        content="Fine." if given or made else "",
        usage_metadata={
            "input_tokens": given,
            "output_tokens": made,
            "total_tokens": given + made,
            "input_token_details": inputs,
            "output_token_details": outputs,
        },
        response_metadata=metadata,
    )


def by_hand(kinds, rates, *, request="0"):
    counted, charged = of(kinds), of(rates)
    parts = (Fraction(n) * Fraction(charged[kind]) for kind, n in counted.items())
    return sum(parts, Fraction(0)) / 1_000_000 + Fraction(request)


def charged(told, at, *, moment=NOON):
    cost = cost_usd(usage_of(told), price_at([at], moment))
    return None if cost is None else Fraction(cost)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", PRICES)
def test_a_call_costs_what_it_comes_to_by_hand(name, call):
    rates = RATES[name][-1] if call in PAST_THE_STEP else RATES[name][0]
    fee = "0.005" if name == "per request" else "0"
    assert charged(message(call), PRICES[name]) == by_hand(KINDS[call], rates, request=fee)


@pytest.mark.parametrize("call", ["plain", "thoughts", "cached", "long and cached"])
@pytest.mark.parametrize(
    ("name", "tier", "below", "past"),
    [
        ("gpt-5.1", "flex", "input 0.625, cached 0.0625, output 5, reasoning 5", None),
        ("gpt-5.1", "priority", "input 2.5, cached 0.25, output 20, reasoning 20", None),
        ("gpt-5.1", "batch", "input 0.625, cached 0.0625, output 5, reasoning 5", None),
        # Google: "context caching stays at the standard rate" in batches.
        (
            "gemini-2.5-pro",
            "batch",
            "input 0.625, cached 0.125, output 5, reasoning 5",
            "input 1.25, cached 0.25, output 7.5, reasoning 7.5",
        ),
    ],
)
def test_a_service_tier_has_its_own_rates(name, tier, below, past, call):
    rates = past if past and call in PAST_THE_STEP else below
    told = message(call, service_tier=tier)
    assert charged(told, PRICES[name]) == by_hand(KINDS[call], rates)


@pytest.mark.parametrize("tier", ["flex", "priority", "batch", "some-new-tier"])
@pytest.mark.parametrize("name", ["gpt-4o", "own", "free"])
def test_a_service_tier_without_a_price_is_unknown_and_not_zero(name, tier):
    assert charged(message("plain", service_tier=tier), PRICES[name]) is None


@pytest.mark.parametrize("tier", ["default", "auto", "standard", "scale", "on_demand", None, ""])
def test_the_standard_service_tier_has_the_price_itself(tier):
    told = message("plain", service_tier=tier)
    assert charged(told, PRICES["gpt-5.1"]) == by_hand(KINDS["plain"], RATES["gpt-5.1"][0])


DEAR = "input 1.32, cached 0.044, output 3.96"
CHEAP = "input 0.66, cached 0.022, output 1.98"


@pytest.mark.parametrize(
    ("clock", "rates"),
    [
        ("00:59:59", CHEAP),
        ("01:00:00", DEAR),
        ("03:59:59", DEAR),
        ("04:00:00", CHEAP),
        ("05:30:00", CHEAP),
        ("06:00:00", DEAR),
        ("09:59:59", DEAR),
        ("10:00:00", CHEAP),
        ("23:00:00", CHEAP),
    ],
)
def test_hours_of_the_day_have_their_own_rates(clock, rates):
    moment = datetime.fromisoformat(f"2026-11-23T{clock}+00:00")
    kinds = "input 1808, cached 8192, output 300"
    told = charged(message("cached"), PRICES["deepseek-v4-pro"], moment=moment)
    assert told == by_hand(kinds, rates)


@pytest.mark.parametrize(
    ("moment", "rates"),
    [
        ("2026-11-23T22:29:59+00:00", "input 2, output 4"),
        ("2026-11-23T22:30:00+00:00", "input 1, output 2"),
        ("2026-11-24T00:29:59+00:00", "input 1, output 2"),
        ("2026-11-24T00:30:00+00:00", "input 2, output 4"),
        # The same instants, as other clocks show them.
        ("2026-11-24T00:00:00+01:00", "input 1, output 2"),
        ("2026-11-23T19:00:00-05:00", "input 1, output 2"),
        ("2026-11-23T12:00:00-05:00", "input 2, output 4"),
    ],
)
def test_a_window_may_pass_midnight_and_is_read_as_utc(moment, rates):
    at = datetime.fromisoformat(moment)
    told = charged(message("plain"), PRICES["across midnight"], moment=at)
    assert told == by_hand("input 1000, output 500", rates)


CHANGED = [
    price("input 4, output 8", date="2026-01-01"),
    price("input 3, output 6", date="2026-11-20", valid_from="2026-06-15"),
    price("input 2, output 4", date="2026-11-20", valid_from="2026-12-01"),
]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize(
    ("day", "rates"),
    [
        ("2025-12-31T23:59:59+00:00", "input 4, output 8"),  # before all: the earliest
        ("2026-06-14T23:59:59+00:00", "input 4, output 8"),
        ("2026-06-15T00:00:00+00:00", "input 3, output 6"),
        ("2026-11-30T23:59:59+00:00", "input 3, output 6"),
        ("2026-12-01T00:00:00+00:00", "input 2, output 4"),  # announced, now in force
    ],
)
def test_a_call_costs_what_was_charged_on_its_day(day, rates, order):
    prices = [CHANGED[i] for i in order]
    found = price_at(prices, datetime.fromisoformat(day))
    cost = cost_usd(usage_of(message("plain")), found)
    assert Fraction(cost) == by_hand("input 1000, output 500", rates)


ANTHROPIC = "input 3, output 15, cached 0.3, written 3.75, written_1h 6"


@pytest.mark.parametrize(
    ("inputs", "kinds"),
    [
        # langchain-anthropic leaves the sum out where it has the parts.
        (
            {"cache_creation": 0, "ephemeral_5m_input_tokens": 700},
            "input 1300, written 700, output 100",
        ),
        (
            {"cache_creation": 0, "ephemeral_1h_input_tokens": 900},
            "input 1100, written_1h 900, output 100",
        ),
        (
            {"ephemeral_5m_input_tokens": 700, "ephemeral_1h_input_tokens": 900},
            "input 400, written 700, written_1h 900, output 100",
        ),
        (
            {"cache_read": 300, "ephemeral_1h_input_tokens": 900},
            "input 800, cached 300, written_1h 900, output 100",
        ),
        ({"cache_creation": 700}, "input 1300, written 700, output 100"),
    ],
)
def test_what_is_kept_for_an_hour_costs_more_to_write(inputs, kinds):
    told = AIMessage(
        "x",
        usage_metadata={
            "input_tokens": 2_000,
            "output_tokens": 100,
            "total_tokens": 2_100,
            "input_token_details": inputs,
        },
    )
    assert charged(told, PRICES["claude-sonnet-4-5"]) == by_hand(kinds, ANTHROPIC)


@pytest.mark.parametrize(
    ("inputs", "outputs", "rates", "kinds"),
    [
        (
            {"flex": 1_000, "flex_cache_read": 1_000},
            {"flex": 200, "flex_reasoning": 300},
            "input 0.625, cached 0.0625, output 5, reasoning 5",
            "input 1000, cached 1000, output 200, reasoning 300",
        ),
        (
            {"priority": 2_000},
            {"priority": 500},
            "input 2.5, cached 0.25, output 20, reasoning 20",
            "input 2000, output 500",
        ),
    ],
)
def test_a_streams_service_tier_is_told_by_the_names_of_its_details(inputs, outputs, rates, kinds):
    """`ChatOpenAI` names it in a stream's usage only so; cached tokens went unseen."""
    told = AIMessage(
        "x",
        usage_metadata={
            "input_tokens": 2_000,
            "output_tokens": 500,
            "total_tokens": 2_500,
            "input_token_details": inputs,
            "output_token_details": outputs,
        },
    )
    assert charged(told, PRICES["gpt-5.1"]) == by_hand(kinds, rates)


def test_the_oracle_has_at_least_two_hundred_records():
    assert len(PRICES) * len(CALLS) >= 200


@pytest.mark.parametrize("call", CALLS)
def test_every_token_is_counted_once_by_hand(call):
    given, made, _, _ = CALLS[call]
    counted = {kind: int(n) for kind, n in of(KINDS[call]).items()}
    outs = ("output", "reasoning", "audio_out", "image_out")
    assert sum(n for kind, n in counted.items() if kind in outs) == made
    assert sum(n for kind, n in counted.items() if kind not in outs) == given
