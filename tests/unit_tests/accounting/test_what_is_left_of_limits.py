"""A caller's page shows what is left of a limit: only the error of a refused call told it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from langchain_smartroute import Price, SmartRouterRunnable, SpendLimit, StorageError
from langchain_smartroute.state import open_state

PRICE = Price(input_usd_per_mtok=1, output_usd_per_mtok=2, source="a test", date="2026-11-28")
DAILY = SpendLimit(usd="0.05", period="day", per="user")
TOKENS = SpendLimit(tokens=9_000, period="overall", name="all")
SINGLE = SpendLimit(usd="0.01", period="request")
COST = Decimal("0.00014")
"""100 tokens at $1 and 20 at $2 per million."""


@pytest.fixture(params=["memory", "sqlite", "redis"])
async def state(request):
    if request.param == "memory":
        yield None
        return
    opened = open_state(request.getfixturevalue(f"{request.param}_url"))
    yield opened
    if request.param == "redis":
        await opened.aclose()
    opened.close()


@pytest.fixture
def make(scripted, answered):
    """Make a router of one model with a price and these limits."""

    def made(*limits, state=None, before=None):
        model = scripted(script=[answered()], before=before)
        return SmartRouterRunnable.from_models(
            {"mine": model}, prices={"mine": PRICE}, spend_limits=limits, state=state
        )

    return made


def ann(router):
    return router.invoke("Hello", {"metadata": {"user": "ann"}})


async def test_each_limit_tells_what_is_spent_and_left_for_its_caller(make, state):
    router = make(DAILY, SINGLE, TOKENS, state=state)
    ann(router)
    ann(router)
    day, overall = router.limit_status({"user": "ann"})
    assert (day.limit, day.whose, day.spent, day.reserved) == (DAILY, "ann", 2 * COST, 0)
    assert day.left == Decimal("0.05") - 2 * COST
    assert day.frees_at > datetime.now(tz=UTC)
    assert (overall.limit, overall.whose, overall.frees_at) == (TOKENS, None, None)
    assert (overall.spent, overall.reserved, overall.left) == (240, 0, 9_000 - 240)
    assert await router.alimit_status({"user": "ann"}) == (day, overall)
    others, overall = router.limit_status()
    assert (others.whose, others.spent, others.left) == (None, 0, Decimal("0.05"))
    assert overall.spent == 240


def test_what_a_running_call_has_reserved_is_not_left(make):
    seen = []
    router = make(TOKENS, before=lambda: seen.extend(router.limit_status()))
    ann(router)
    (during,) = seen
    assert during.spent == 0
    assert during.reserved > 4096
    assert during.left == 9_000 - during.reserved


def test_less_than_nothing_is_not_left(make):
    """A provider may bill beyond the bound: 120 tokens where 100 were the limit."""
    limit = SpendLimit(tokens=100)
    router = make(limit)
    router.invoke("Hi", max_tokens=10)
    (status,) = router.limit_status()
    assert (status.spent, status.left) == (120, 0)


def test_a_router_without_limits_has_none_to_tell_of(make):
    assert make().limit_status() == ()
    assert make(SINGLE).limit_status({"user": "ann"}) == ()


async def test_a_state_that_is_down_is_an_error_and_not_all_left(make, tmp_path):
    damaged = tmp_path / "state.db"
    damaged.write_bytes(b"no database " * 100)
    router = make(DAILY, state=f"sqlite:///{damaged}")
    with pytest.raises(StorageError):
        router.limit_status()
    with pytest.raises(StorageError):
        await router.alimit_status()
