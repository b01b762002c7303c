"""The table of what happens after an error, row by row, with fixed random numbers."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute.execution.aftermath import AFTERMATH, FaultKind, RetryPolicy

CHANCE = 0.5
POLICY = RetryPolicy(jitter=lambda: CHANCE)

# error → (same candidate, who may follow, breaker): the table as it was specified.
TABLE = {
    "busy": ("hinted", "any", "counts"),
    "broken": ("soon", "any", "counts"),
    "silent": ("never", "any", "counts"),
    "garbled": ("never", "any", "counts"),
    "unfit": ("never", "any", "none"),
    "unknown_argument": ("never", "any", "none"),
    "key_refused": ("never", "other_endpoint", "opens_endpoint"),
    "untrusted": ("never", "other_endpoint", "counts"),
    "proxy_refused": ("never", "other_endpoint", "opens_endpoint"),
    "model_unknown": ("never", "any", "opens_model"),
    "overflow": ("never", "larger_window", "none"),
    "filtered": ("never", "none", "none"),
    "over_limit": ("never", "any", "none"),
    "invalid": ("never", "none", "none"),
}
NEVER = sorted(kind for kind, (retry, _, _) in TABLE.items() if retry == "never")


def pause(kind, *, policy=POLICY, hint=None, retries=0, last=False):
    return policy.pause_s(kind, retry_after_s=hint, retries=retries, last=last)


@pytest.mark.parametrize("kind", TABLE)
def test_a_row_says_retry_scope_and_breaker(kind):
    row = AFTERMATH[kind]
    assert (row.retry, row.scope, row.breaker) == TABLE[kind]


def test_the_table_has_exactly_one_row_per_kind_of_fault():
    assert set(AFTERMATH) == set(get_args(FaultKind)) == set(TABLE)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("hint", [None, 0.0, 2.0])
@pytest.mark.parametrize("kind", NEVER)
def test_permanent_faults_are_never_retried(kind, hint, last):
    assert pause(kind, hint=hint, last=last) is None


# ---- what broke -------------------------------------------------------------------------


@pytest.mark.parametrize("last", [False, True])
def test_a_broken_call_is_retried_once_within_a_quarter_of_a_second(last):
    assert pause("broken", last=last) == CHANCE * 0.25
    assert pause("broken", retries=1, last=last) is None


@given(st.floats(0, 1, exclude_max=True))
def test_a_quarter_of_a_second_is_the_most_whatever_chance_says(chance):
    waited = pause("broken", policy=RetryPolicy(jitter=lambda: chance))
    assert 0 <= waited < 0.25


def test_a_broken_call_ignores_retry_after():
    """A 500 is no sign of load; its `Retry-After` is not in the table."""
    assert pause("broken", hint=4.0) == CHANCE * 0.25


# ---- what is busy -----------------------------------------------------------------------


@pytest.mark.parametrize("last", [False, True])
def test_a_busy_candidate_is_retried_once_after_its_retry_after(last):
    assert pause("busy", hint=2.0, last=last) == 2.0
    assert pause("busy", hint=2.0, retries=1, last=last) is None


def test_no_retry_comes_before_retry_after():
    """Jitter is for those who chose the time themselves."""
    assert pause("busy", policy=RetryPolicy(jitter=lambda: 0.0), hint=2.0) == 2.0


@pytest.mark.parametrize(("hint", "waited"), [(5.0, 5.0), (5.001, None), (1e9, None)])
def test_a_longer_wait_than_the_limit_is_a_refusal(hint, waited):
    assert pause("busy", hint=hint) == waited


def test_a_wait_of_no_time_is_a_wait_too():
    assert pause("busy", hint=0.0) == 0.0


@pytest.mark.parametrize("limit", [0.0, 0.5, 60.0])
def test_the_limit_is_the_routers_to_choose(limit):
    policy = RetryPolicy(max_retry_after_s=limit)
    assert pause("busy", policy=policy, hint=limit) == limit
    assert pause("busy", policy=policy, hint=limit + 0.01) is None


@pytest.mark.parametrize("hint", [None, 1e9])
def test_a_busy_candidate_without_retry_after_is_not_retried(hint):
    assert pause("busy", hint=hint) is None


@pytest.mark.parametrize("hint", [None, 1e9])
def test_the_last_one_is_tried_twice_more_after_growing_random_waits(hint):
    waits = [pause("busy", hint=hint, retries=retries, last=True) for retries in range(3)]
    assert waits == [CHANCE * 0.5, CHANCE * 1.0, None]


@given(st.integers(0, 1), st.floats(0, 1, exclude_max=True))
def test_full_jitter_spreads_from_no_wait_to_the_whole(retries, chance):
    policy = RetryPolicy(jitter=lambda: chance)
    most = 0.5 * 2**retries
    assert pause("busy", policy=policy, retries=retries, last=True) == pytest.approx(most * chance)


# ---- laws -------------------------------------------------------------------------------

KINDS = st.sampled_from(sorted(TABLE))
HINTS = st.none() | st.floats(0, 1e12) | st.just(float("inf"))


@given(KINDS, HINTS, st.booleans(), st.floats(0, 1, exclude_max=True), st.floats(0, 100))
def test_a_candidate_gets_at_most_three_tries_and_bounded_waits(kind, hint, last, chance, limit):
    policy = RetryPolicy(jitter=lambda: chance, max_retry_after_s=limit)
    waits = []
    while (waited := pause(kind, policy=policy, hint=hint, retries=len(waits), last=last)) is not (
        None
    ):
        waits.append(waited)
        assert len(waits) <= 2
        assert 0 <= waited <= max(limit, 1.0)


def test_by_default_retries_are_randomised():
    policy = RetryPolicy()
    assert len({pause("broken", policy=policy) for _ in range(20)}) > 1
