"""What a spend limit is, and when its periods begin and end."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from langchain_smartroute import Catalog, ConfigurationError, ModelSpec, Price, SpendLimit
from langchain_smartroute.accounting.bounds import _IMAGE_TOKENS, cost_bound, input_bound
from langchain_smartroute.catalog import SHIPPED

PRICE = {"source": "a test", "date": "2026-11-23"}


def price(given, made, **more):
    return Price(input_usd_per_mtok=given, output_usd_per_mtok=made, **PRICE, **more)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "give usd or tokens"),
        ({"usd": 1, "tokens": 1}, "give usd or tokens"),
        ({"usd": -1}, "must be an amount from 0 to 4,000,000"),
        ({"usd": "NaN"}, "must be an amount"),
        ({"usd": "many"}, "must be an amount"),
        ({"usd": 10**9}, "must be an amount"),
        ({"usd": "0.0000000000001"}, "at most 12 decimals"),
        ({"tokens": -1}, "must be a whole number"),
        ({"tokens": 1.5}, "must be a whole number"),
        ({"tokens": True}, "must be a whole number"),
        ({"usd": 1, "period": "year"}, "period = 'year': use one of request, minute"),
        ({"usd": 1, "time_zone": "Mars/Olympus"}, "time_zone = 'Mars/Olympus': is unknown"),
        ({"usd": 1, "time_zone": "../etc/passwd"}, "is unknown"),
        ({"usd": 1, "per": ""}, "must be a name in the metadata"),
    ],
)
def test_a_limit_that_is_wrong_says_so(settings, told):
    with pytest.raises(ConfigurationError, match=told):
        SpendLimit(**settings)


def test_every_fault_is_told_at_once():
    with pytest.raises(ConfigurationError) as told:
        SpendLimit(usd=-1, period="year", time_zone="Mars/Olympus")
    assert len(told.value.faults) == 3


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (SpendLimit(usd="5"), "$5.00 overall"),
        (SpendLimit(usd="0.0125", period="request"), "$0.0125 per request"),
        (
            SpendLimit(tokens=10_000, period="minute", per="user"),
            "10,000 tokens per minute and user",
        ),
        (
            SpendLimit(usd=1, period="day", time_zone="Europe/Berlin", name="trial"),
            "trial: $1.00 per day in Europe/Berlin",
        ),
    ],
)
def test_a_limit_is_told_in_words(limit, words):
    assert str(limit) == words


def test_floats_are_taken_as_they_are_written():
    assert SpendLimit(usd=0.1).ceiling == 10**11


@pytest.mark.parametrize(
    ("period", "zone", "now", "ends"),
    [
        ("minute", "UTC", "2026-11-23T12:34:56+00:00", "2026-11-23T12:35:00+00:00"),
        ("hour", "UTC", "2026-11-23T12:34:56+00:00", "2026-11-23T13:00:00+00:00"),
        ("hour", "Asia/Kolkata", "2026-11-23T12:34:56+00:00", "2026-11-23T13:30:00+00:00"),
        ("day", "UTC", "2026-11-23T12:34:56+00:00", "2026-11-24T00:00:00+00:00"),
        ("day", "America/New_York", "2026-11-23T04:59:59+00:00", "2026-11-23T05:00:00+00:00"),
        ("week", "UTC", "2026-11-23T00:00:00+00:00", "2026-11-30T00:00:00+00:00"),
        ("week", "UTC", "2026-11-29T23:59:59+00:00", "2026-11-30T00:00:00+00:00"),
        ("month", "UTC", "2026-12-31T23:59:59+00:00", "2027-01-01T00:00:00+00:00"),
        ("month", "Asia/Tokyo", "2026-11-30T15:00:00+00:00", "2026-12-31T15:00:00+00:00"),
        # Clocks go forward and back: the day has 23 and 25 hours, an hour has one.
        ("day", "Europe/Berlin", "2026-03-29T10:00:00+00:00", "2026-03-29T22:00:00+00:00"),
        ("day", "Europe/Berlin", "2026-10-25T10:00:00+00:00", "2026-10-25T23:00:00+00:00"),
        ("hour", "Europe/Berlin", "2026-03-29T00:30:00+00:00", "2026-03-29T01:00:00+00:00"),
        ("hour", "Europe/Berlin", "2026-10-25T00:30:00+00:00", "2026-10-25T01:00:00+00:00"),
        ("hour", "Europe/Berlin", "2026-10-25T01:30:00+00:00", "2026-10-25T02:00:00+00:00"),
    ],
)
def test_a_period_ends_where_its_time_zone_says(period, zone, now, ends):
    limit = SpendLimit(usd=1, period=period, time_zone=zone)
    window = limit.window(datetime.fromisoformat(now), request_id="r")
    assert window.ends.astimezone(UTC) == datetime.fromisoformat(ends)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"])
@pytest.mark.parametrize("period", ["minute", "hour", "day", "week", "month"])
def test_periods_follow_one_another_without_gap_or_overlap(period, zone):
    limit = SpendLimit(usd=1, period=period, time_zone=zone)
    moment = datetime(2026, 3, 28, 20, 17, 3, tzinfo=UTC)
    for _ in range(40):
        window = limit.window(moment, request_id="r")
        before = window.ends.astimezone(UTC) - timedelta(microseconds=1)
        last = limit.window(before, request_id="r")
        assert last.name == window.name
        assert limit.window(window.ends, request_id="r").name != window.name
        moment = window.ends


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Pacific/Chatham", datetime(2026, 4, 4, 14, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ],
)
def test_no_hour_is_longer_where_clocks_change_by_half_of_one_or_within_one(zone, change):
    """One of an hour and a half was said to free its limit at a time that had passed."""
    limit = SpendLimit(usd=1, period="hour", time_zone=zone)
    moments = [change + timedelta(minutes=minutes) for minutes in range(-120, 121, 5)]
    windows = [limit.window(moment, request_id="one") for moment in moments]
    for moment, window in zip(moments, windows, strict=True):
        assert timedelta() < window.ends - moment <= timedelta(hours=1)
    names = Counter(window.name for window in windows)
    # Half an hour is left over where clocks change by that.
    assert set(list(names.values())[1:-1]) <= {6, 12}
    assert max(names.values()) == 12


def test_the_counter_is_the_same_everywhere_and_apart_from_others():
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    limits = [
        SpendLimit(usd=1, period="day"),
        SpendLimit(tokens=1, period="day"),
        SpendLimit(usd=1, period="day", name="b"),
        SpendLimit(usd=1, period="hour"),
        SpendLimit(usd=1, period="day", per="user"),
    ]
    names = [limit.counter(limit.window(now, request_id="r"), "ann") for limit in limits]
    assert len(set(names)) == len(names)
    more = SpendLimit(usd=2, period="day")
    assert more.counter(more.window(now, request_id="r"), "") == names[0]


def test_a_token_is_at_least_one_byte():
    spec = ModelSpec(alias="a", image_tokens=1_000)
    plain = input_bound([HumanMessage("x" * 500)], spec)
    assert 500 <= plain <= 600
    assert input_bound([HumanMessage("ä" * 500)], spec) == plain + 500
    assert input_bound([SystemMessage("s"), HumanMessage("x" * 500)], spec) > plain
    assert input_bound([HumanMessage("x" * 500)], spec, extra_tokens=70) == plain + 70


def test_a_picture_counts_what_its_model_counts_at_most():
    picture = {"type": "image", "url": "https://example.org/a.png"}
    message = HumanMessage([{"type": "text", "text": "what?"}, picture])
    known = input_bound([message], ModelSpec(alias="a", image_tokens=1_000))
    unknown = input_bound([message], ModelSpec(alias="a"))
    assert known - 1_000 == unknown - 48_169 < 200


@pytest.mark.parametrize("catalog", SHIPPED)
def test_what_shipped_models_count_for_a_picture_is_sourced_and_within_the_safe_bound(catalog):
    """Where OpenAI says how it counts, a picture of eight tiles is the most."""
    known = {
        alias: spec.image_tokens
        for alias, spec in Catalog.load(catalog).models.items()
        if spec.image_tokens is not None
    }
    expected = {"gpt-4o": 85 + 8 * 170, "gpt-4o-mini": 2_833 + 8 * 5_667}
    assert known == ({} if catalog == "openai" else expected)
    for alias in known:
        assert "OpenAI docs" in Catalog.load(catalog).models[alias].sources["image_tokens"]
    assert max(expected.values()) == _IMAGE_TOKENS


def test_tool_calls_and_files_count_by_their_bytes():
    spec = ModelSpec(alias="a")
    call = {"name": "f", "args": {"x": "y" * 300}, "id": "1"}
    assert input_bound([AIMessage("", tool_calls=[call])], spec) > 300
    file = {"type": "file", "base64": "A" * 5_000, "mime_type": "application/pdf"}
    assert input_bound([HumanMessage([file])], spec) > 5_000


def test_every_token_is_taken_at_the_dearest_rate_that_may_apply():
    flat = price("1", "2")
    assert cost_bound(flat, input_tokens=1_000, output_tokens=500) == 2_000 * 10**6
    kinds = price("1", "2", cache_write_usd_per_mtok="4", reasoning_usd_per_mtok="9")
    assert cost_bound(kinds, input_tokens=1_000, output_tokens=500) == (4_000 + 4_500) * 10**6
    fee = price("1", "2", request_usd="0.01")
    assert cost_bound(fee, input_tokens=0, output_tokens=0) == 10**10


def test_a_variant_that_cannot_apply_is_left_out():
    long = {"above_input_tokens": 1_000, "input_usd_per_mtok": "3"}
    tier = {"service_tier": "priority", "input_usd_per_mtok": "9"}
    at = price("1", "2", variants=[long, tier])
    assert cost_bound(at, input_tokens=1_000, output_tokens=0) == 1_000 * 10**6
    assert cost_bound(at, input_tokens=1_001, output_tokens=0) == 3 * 1_001 * 10**6
    dear = cost_bound(at, input_tokens=1, output_tokens=0, service_tier="priority")
    assert dear == 9 * 10**6


def test_a_bound_is_rounded_up():
    assert cost_bound(price("0.0000001", "0"), input_tokens=1, output_tokens=0) == 1
