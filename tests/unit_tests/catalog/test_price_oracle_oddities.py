"""What odd reports of usage, odd names and odd hours cost, each worked out by hand.

The sums are written out in US dollars per million calls, so that each can be checked with
pencil and paper; no code under test takes part in them.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from fractions import Fraction
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from langchain_core.messages import AIMessage

from langchain_smartroute.catalog import Price, PriceBook, cost_usd, price_at, usage_of
from langchain_smartroute.catalog.usage import usage_of_error

MILLION = 1_000_000
SOURCE = {"source": "the oracle", "date": "2026-11-23"}
THINKER = Price(
    input_usd_per_mtok=1,
    output_usd_per_mtok=4,
    reasoning_usd_per_mtok=7,
    cached_input_usd_per_mtok="0.5",
    **SOURCE,
)
GPT_5_1 = Price(
    input_usd_per_mtok="1.25",
    output_usd_per_mtok=10,
    cached_input_usd_per_mtok="0.125",
    variants=[
        {
            "service_tier": tier,
            "input_usd_per_mtok": "0.625",
            "output_usd_per_mtok": 5,
            "cached_input_usd_per_mtok": "0.0625",
        }
        for tier in ("batch", "flex")
    ],
    **SOURCE,
)
SONNET = Price(
    input_usd_per_mtok=3,
    output_usd_per_mtok=15,
    cached_input_usd_per_mtok="0.3",
    cache_write_usd_per_mtok="3.75",
    cache_write_1h_usd_per_mtok=6,
    variants=[
        {
            "above_input_tokens": 200_000,
            "input_usd_per_mtok": 6,
            "output_usd_per_mtok": "22.5",
            "cached_input_usd_per_mtok": "0.6",
        }
    ],
    **SOURCE,
)


def told(
    given, made, total=None, inputs=None, outputs=None, *, text="Fine.", details=True, **metadata
):
    """An answer with a usage that LangChain's own types might refuse."""
    answer = AIMessage(text, response_metadata=metadata)
    answer.usage_metadata = {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": total,
        "input_token_details": inputs or {} if details else None,
        "output_token_details": outputs or {} if details else None,
    }
    return answer


ODD = {
    # More cached than input: the input was counted without them.
    "cached beyond the input": (
        told(100, 10, 110, {"cache_read": 150}),
        GPT_5_1,
        "125 + 18.75 + 100",  # 100 × 1.25, 150 × 0.125, 10 × 10
    ),
    "written beyond the input": (
        told(10, 10, 20, {"cache_creation": 5_000}),
        SONNET,
        "30 + 18750 + 150",  # 10 × 3, 5000 × 3.75, 10 × 15
    ),
    "cached beside the input, by the total": (
        told(1_000, 10, 1_410, {"cache_read": 400}),
        GPT_5_1,
        "1250 + 50 + 100",  # 1000 × 1.25, 400 × 0.125, 10 × 10
    ),
    "cached within the input, by the total": (
        told(1_000, 10, 1_010, {"cache_read": 400}),
        GPT_5_1,
        "750 + 50 + 100",  # 600 × 1.25, 400 × 0.125, 10 × 10
    ),
    "cached beside the input, and past a step only so": (
        told(150_000, 1_000, 211_000, {"cache_read": 60_000}),
        SONNET,
        "900000 + 36000 + 22500",  # 150000 × 6, 60000 × 0.6, 1000 × 22.5
    ),
    # xAI's own example: 32 + 9 + 94 = 135.
    "thoughts beside the output": (
        told(32, 9, 135, outputs={"reasoning": 94}),
        THINKER,
        "32 + 36 + 658",  # 32 × 1, 9 × 4, 94 × 7
    ),
    "thoughts within the output": (
        told(32, 103, 135, outputs={"reasoning": 94}),
        THINKER,
        "32 + 36 + 658",
    ),
    "thoughts beyond the output, with a total that leaves them out": (
        told(32, 9, 41, outputs={"reasoning": 94}),
        THINKER,
        "32 + 36 + 658",
    ),
    "thoughts beside no output at all": (
        told(21, 0, 81, outputs={"reasoning": 60}),
        THINKER,
        "21 + 420",  # 21 × 1, 60 × 7
    ),
    "thoughts that only the total holds": (
        told(9, 23, 723),
        THINKER,
        "9 + 92 + 4837",  # 9 × 1, 23 × 4, 691 × 7
    ),
    "both beside": (
        told(1_000, 9, 1_503, {"cache_read": 400}, {"reasoning": 94}),
        THINKER,
        "1000 + 200 + 36 + 658",  # 1000 × 1, 400 × 0.5, 9 × 4, 94 × 7
    ),
    "a total beyond what its parts explain": (
        told(1_000, 500, 9_999, {"cache_read": 100}, {"reasoning": 50}),
        THINKER,
        "900 + 50 + 1800 + 350",  # 900 × 1, 100 × 0.5, 450 × 4, 50 × 7
    ),
    "a total below its parts": (told(1_000, 500, 7), GPT_5_1, "1250 + 5000"),
    "no total": (told(1_000, 500), GPT_5_1, "1250 + 5000"),
    "a negative total": (told(1_000, 500, -3), GPT_5_1, "1250 + 5000"),
    "a negative part": (
        told(1_000, 500, 1_500, {"cache_read": -5}, {"reasoning": -7}),
        GPT_5_1,
        "1250 + 5000",
    ),
    "parts that are none": (
        told(1_000, 500, 1_500, {"cache_read": None, "audio": "3"}, {"reasoning": None}),
        GPT_5_1,
        "1250 + 5000",
    ),
    "details that are None": (
        told(1_000, 500, 1_500, None, None, details=False),
        GPT_5_1,
        "1250 + 5000",
    ),
    "nothing, and nothing said": (told(0, 0, 0, text=""), GPT_5_1, "0"),
    "no input, but an answer": (told(0, 5, 5), GPT_5_1, "50"),
    "flex, in a stream's names": (
        told(1_000, 10, 1_010, {"flex": 600, "flex_cache_read": 400}, {"flex": 10}),
        GPT_5_1,
        "375 + 25 + 50",  # 600 × 0.625, 400 × 0.0625, 10 × 5
    ),
    "flex, told twice": (
        told(1_000, 10, 1_010, {"flex": 600, "flex_cache_read": 400}, service_tier="flex"),
        GPT_5_1,
        "375 + 25 + 50",
    ),
    "a batch of cached tokens": (
        told(1_000, 10, 1_010, {"cache_read": 400}, service_tier="batch"),
        GPT_5_1,
        "375 + 25 + 50",
    ),
    "flex with thoughts beside": (
        told(1_000, 9, 1_103, outputs={"reasoning": 94}, service_tier="flex"),
        GPT_5_1,
        "625 + 45 + 470",  # 1000 × 0.625, 9 × 5, 94 × 5
    ),
}


def by_hand(sums):
    return sum((Fraction(part) for part in sums.split(" + ")), Fraction(0)) / MILLION


@pytest.mark.parametrize("name", ODD)
def test_an_odd_report_costs_what_it_comes_to_by_hand(name):
    message, price, sums = ODD[name]
    assert Fraction(cost_usd(usage_of(message), price)) == by_hand(sums)


@pytest.mark.parametrize(
    "message",
    [
        AIMessage("Fine."),
        told(0, 0, 0),
        told(-1, 5, 4),
        told(5, -1, 4),
        told(None, 5, 5),
        told("12", 5, 17),
        told(10**12, 5, 10**12 + 5),
    ],
)
def test_an_unusable_report_is_unknown_and_not_free(message):
    assert usage_of(message) is None


def test_an_unreadable_answer_counts_reasoning_reported_separately():
    error = SimpleNamespace(
        completion=SimpleNamespace(
            usage=SimpleNamespace(
                prompt_tokens=32,
                completion_tokens=9,
                total_tokens=135,
                prompt_tokens_details=None,
                completion_tokens_details=SimpleNamespace(reasoning_tokens=94),
            )
        )
    )
    assert Fraction(cost_usd(usage_of_error(error), THINKER)) == by_hand("32 + 36 + 658")


PEAKS = Price(
    input_usd_per_mtok=2,
    output_usd_per_mtok=8,
    variants=[
        {"from_utc": "01:00", "until_utc": "04:00", "input_usd_per_mtok": 3},
        {"service_tier": "batch", "input_usd_per_mtok": 1, "output_usd_per_mtok": 4},
        {
            "service_tier": "batch",
            "from_utc": "01:00",
            "until_utc": "04:00",
            "output_usd_per_mtok": 5,
        },
    ],
    **SOURCE,
)
INDIA = timezone(timedelta(hours=5, minutes=30))
NEPAL = timezone(timedelta(hours=5, minutes=45))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("moment", "tier", "sums"),
    [
        (datetime(2026, 11, 23, 0, 59, 59, 999_999), None, "2000 + 800"),  # noqa: DTZ001 - read as UTC
        (datetime(2026, 11, 23, 1, 0), None, "3000 + 800"),  # noqa: DTZ001 - read as UTC
        (datetime(2026, 11, 23, 9, 29, 59, 999_999, INDIA), None, "3000 + 800"),
        (datetime(2026, 11, 23, 9, 30, tzinfo=INDIA), None, "2000 + 800"),
        (datetime(2026, 11, 23, 6, 44, 59, tzinfo=NEPAL), None, "2000 + 800"),
        (datetime(2026, 11, 23, 6, 45, tzinfo=NEPAL), None, "3000 + 800"),
        # 02:30 comes twice in Berlin when summer time ends: 00:30 and 01:30 UTC.
        (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN), None, "2000 + 800"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1), None, "3000 + 800"),
        # Hour and tier at once: the last variant that names a rate.
        (datetime(2026, 11, 23, 9, 0, tzinfo=INDIA), "batch", "1000 + 500"),
        (datetime(2026, 11, 23, 9, 30, tzinfo=INDIA), "batch", "1000 + 400"),
        (None, None, "2000 + 800"),
        (None, "batch", "1000 + 400"),
    ],
)
def test_hours_are_those_of_utc_to_the_microsecond(moment, tier, sums):
    message = told(1_000, 100, 1_100, service_tier=tier)
    assert Fraction(cost_usd(usage_of(message), price_at([PEAKS], moment))) == by_hand(sums)


@pytest.mark.parametrize(
    ("name", "provider", "rates"),
    [
        # OpenAI's and Anthropic's price pages, and AWS's, as genai-prices 0.2.3 reads them.
        ("gpt-4.1-2025-04-14", "openai", ("2", "8")),
        ("gpt-4.1-2025-04-14", None, ("2", "8")),
        ("GPT-4.1-2025-04-14", "OpenAI", ("2", "8")),
        ("openai/gpt-4.1-2025-04-14", None, ("2", "8")),
        ("gpt-4.1-mini-2025-04-14", "openai", ("0.4", "1.6")),
        ("azure/gpt-4.1-2025-04-14", None, ("2", "8")),
        ("gpt-4.1-2025-04-14", "azure", ("2", "8")),
        ("litellm_proxy/azure/gpt-4o", None, ("2.5", "10")),
        ("claude-sonnet-4-5-20250929", "anthropic", ("3", "15")),
        ("Claude-Sonnet-4-5", "anthropic", ("3", "15")),
        ("openrouter/anthropic/claude-sonnet-4.5:beta", None, ("3", "15")),
        ("OPENROUTER/Anthropic/Claude-Sonnet-4.5", None, ("3", "15")),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws", ("3", "15")),
        # A tenth more where the region is chosen.
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws", ("3.3", "16.5")),
        # What nobody can know is unknown: a deployment's own name, a day that no model
        # has, a route that is free or fast elsewhere, another's fine-tuning.
        ("azure/my-deployment", None, None),
        ("my-gpt-4o-prod", "azure", None),
        ("gpt-4.1-2099-01-01", "openai", None),
        ("gpt-4o-mini-super", "openai", None),
        ("openrouter/openai/gpt-4o:nitro", None, None),
        ("openrouter/anthropic/claude-sonnet-4.5:free", None, None),
        (" gpt-4o ", None, None),
        ("", None, None),
    ],
)
def test_a_name_has_the_price_of_its_model_there_or_none(name, provider, rates):
    found = PriceBook(catalog="default").find(name, provider=provider)
    wanted = None if rates is None else tuple(Fraction(rate) for rate in rates)
    had = found and (Fraction(found.input_usd_per_mtok), Fraction(found.output_usd_per_mtok))
    assert had == wanted
