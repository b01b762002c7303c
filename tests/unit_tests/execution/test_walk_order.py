"""The walk of a request: the next candidate, the pause before it, reports to circuit breakers."""

from __future__ import annotations

import logging

import pytest
from hand_clock import Clock
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from langchain_smartroute import ChainExhaustedError, ModelSpec, RoutingDecision
from langchain_smartroute.errors import AttemptTimeoutError
from langchain_smartroute.execution import CircuitBreaker, Conduct, Link, RetryPolicy, TimeLimits
from langchain_smartroute.execution.checks import CheckVerdict
from langchain_smartroute.execution.walk import Walk

CHANCE = 0.5
FINE = AIMessage("fine")
EMPTY = AIMessage("")
WEAK = (CheckVerdict(name="mine", reason="too short"),)
NOBODY = RunnableLambda(lambda _: None)


class HttpError(Exception):
    def __init__(self, status, *, retry_after=None, code=None):
        super().__init__(f"HTTP {status}")
        self.status_code = status
        self.code = code
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        self.response = type("Response", (), {"headers": headers})()


class TooLongError(HttpError, ContextOverflowError):
    def __init__(self):
        super().__init__(400, code="context_length_exceeded")


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(clock=clock, min_calls=2, open_s=10)


def walk_of(clock, count=2, *, breaker=None, links=None, input_tokens=70, **conduct):
    """A walk along `a`, `b`, … with its own clock and a fixed jitter."""
    links = links or [{} for _ in range(count)]
    made = []
    for alias, given_ in zip("abcdef", links, strict=False):
        facts = {"endpoint": alias, **given_}
        window = facts.pop("window", None)
        if breaker is not None:
            facts["gate"] = breaker.gate(alias, endpoint=facts["endpoint"])
        spec = ModelSpec(alias=alias, context_window=window)
        made.append(Link(spec=spec, runnable=NOBODY, **facts))
    chain = tuple(link.alias for link in made)
    decision = RoutingDecision(
        id="1",
        model="a",
        chain=chain,
        task="code",
        difficulty="hard",
        tier="quality",
        reason="a test",
        policy="table/1",
    )
    conduct = Conduct(retry=RetryPolicy(jitter=lambda: CHANCE), clock=clock, **conduct)
    return Walk(decision, made, input_tokens=input_tokens, conduct=conduct)


def drive(walk, clock, *, takes=0.0, **scripts):
    """Play each candidate's script, repeating its last entry; returns (candidate, pause)s.

    Each attempt takes `takes` seconds. An exception fails it, and verdicts reject it.
    """
    trail = []
    said = {alias: list(script) for alias, script in scripts.items()}
    for step in walk.steps():
        alias = step.link.alias
        clock.passes(step.pause_s)
        trail.append((alias, step.pause_s))
        assert len(trail) < 50
        walk.begin(streams=False)
        clock.passes(takes)
        script = said[alias]
        word = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(word, Exception):
            walk.failed(word)
        elif isinstance(word, tuple):
            walk.answered(FINE, word)
        else:
            walk.answered(word)
    return trail


def asked(trail):
    return "".join(alias for alias, _ in trail)


# ---- the same candidate -----------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 409])
def test_a_call_that_broke_once_is_retried_and_answers(clock, status):
    walk = walk_of(clock)
    assert drive(walk, clock, a=[HttpError(status), FINE], b=[FINE]) == [
        ("a", 0.0),
        ("a", CHANCE * 0.25),
    ]
    assert walk.answer.content == "fine"
    assert [attempt.outcome for attempt in walk.attempts] == ["failed", "accepted"]


def test_a_candidate_that_broke_twice_falls_back(clock):
    walk = walk_of(clock)
    trail = drive(walk, clock, a=[HttpError(500)], b=[FINE])
    assert asked(trail) == "aab"
    assert trail[-1] == ("b", 0.0)


def test_a_short_retry_after_is_waited_for_once(clock):
    trail = drive(walk_of(clock), clock, a=[HttpError(429, retry_after=2)], b=[FINE])
    assert trail == [("a", 0.0), ("a", 2.0), ("b", 0.0)]


def test_a_candidate_that_answers_after_a_short_retry_after_keeps_the_request(clock):
    trail = drive(walk_of(clock), clock, a=[HttpError(503, retry_after=2), FINE], b=[FINE])
    assert trail == [("a", 0.0), ("a", 2.0)]


@pytest.mark.parametrize("retry_after", [None, 6, 10**9])
def test_a_long_retry_after_falls_back_at_once(clock, retry_after):
    trail = drive(walk_of(clock), clock, a=[HttpError(429, retry_after=retry_after)], b=[FINE])
    assert trail == [("a", 0.0), ("b", 0.0)]


def test_the_last_one_is_tried_three_times_if_it_is_busy(clock):
    """Of two busy ones six attempts would be the most; four are made."""
    trail = drive(walk_of(clock), clock, a=[HttpError(429)], b=[HttpError(429)])
    assert trail == [("a", 0.0), ("b", 0.0), ("b", CHANCE * 0.5), ("b", CHANCE * 1.0)]


def test_the_last_candidate_is_the_one_that_no_other_may_follow(clock):
    """The others' windows are too small for the prompt that has overflowed already."""
    links = [{"window": 100}, {"window": 200}, {"window": 50}]
    walk = walk_of(clock, links=links)
    assert asked(drive(walk, clock, a=[TooLongError()], b=[HttpError(429)], c=[FINE])) == "abbb"


@pytest.mark.parametrize(
    "error",
    [TimeoutError(), HttpError(408), HttpError(504), ValueError(), ConnectionError()],
    ids=repr,
)
@pytest.mark.parametrize("count", [1, 2])
def test_timeouts_and_garbled_answers_are_not_retried(clock, error, count):
    trail = drive(walk_of(clock, count), clock, a=[error], b=[FINE])
    assert asked(trail) == "ab"[:count]


def test_a_call_that_had_started_to_answer_is_not_retried(clock):
    walk = walk_of(clock)
    trail = []
    for step in walk.steps():
        trail.append(step.link.alias)
        walk.begin(streams=True)
        if step.link.alias == "a":
            walk.failed(HttpError(500), begun=True)
        else:
            walk.answered(FINE)
    assert trail == ["a", "b"]


def test_a_retry_may_fail_in_another_way(clock):
    assert asked(drive(walk_of(clock), clock, a=[HttpError(500), ValueError()], b=[FINE])) == "aab"
    walk = walk_of(clock)
    busy = HttpError(429, retry_after=1)
    assert asked(drive(walk, clock, a=[HttpError(500), busy], b=[FINE])) == "aab"


def test_an_empty_answer_is_not_asked_for_again(clock):
    assert asked(drive(walk_of(clock), clock, a=[EMPTY], b=[FINE])) == "ab"


# ---- who may follow ---------------------------------------------------------------------


def test_a_refused_key_is_not_tried_again_with_another_model(clock, caplog):
    links = [{"endpoint": "one"}, {"endpoint": "one"}, {"endpoint": "two"}]
    walk = walk_of(clock, links=links)
    assert asked(drive(walk, clock, a=[HttpError(401)], b=[FINE], c=[FINE])) == "ac"
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == "a: HttpError (HTTP 401), key not accepted; going on without it"


def test_a_refused_key_that_serves_all_is_raised(clock):
    walk = walk_of(clock, links=[{"endpoint": "one"}, {"endpoint": "one"}])
    error = HttpError(401)
    assert asked(drive(walk, clock, a=[error], b=[FINE])) == "a"
    with pytest.raises(HttpError) as caught:
        walk.leftover()
    assert caught.value is error


def test_an_unknown_model_is_warned_of(clock, caplog):
    assert asked(drive(walk_of(clock), clock, a=[HttpError(404)], b=[FINE])) == "ab"
    assert [record.getMessage() for record in caplog.records] == [
        "a: HttpError (HTTP 404); going on without it"
    ]


def test_other_failures_are_not_warned_of(clock, caplog):
    caplog.set_level(logging.WARNING)
    drive(walk_of(clock), clock, a=[HttpError(503)], b=[FINE])
    assert not caplog.records


@pytest.mark.parametrize(
    ("windows", "goes_to"),
    [
        ((100, 100, 101), "ac"),
        ((100, None, 101), "ab"),
        ((100, 50, 99), "a"),
        # What did not fit into an unknown window is about as large as was estimated.
        ((None, 70, 71), "ac"),
        ((None, None), "ab"),
        ((None, 70), "a"),
    ],
    ids=str,
)
def test_an_overflow_goes_to_a_larger_window_alone(clock, windows, goes_to):
    links = [{"window": window} for window in windows]
    walk = walk_of(clock, links=links, input_tokens=70)
    scripts = {alias: [FINE] for alias in "bcd"} | {"a": [TooLongError()]}
    assert asked(drive(walk, clock, **scripts)) == goes_to


@pytest.mark.parametrize("status", [400, 422])
def test_a_fault_of_the_request_is_raised(clock, status):
    walk = walk_of(clock)
    error = HttpError(status)
    assert asked(drive(walk, clock, a=[error], b=[FINE])) == "a"
    with pytest.raises(HttpError) as caught:
        walk.leftover()
    assert caught.value is error


def test_a_filtered_prompt_is_not_rerouted_by_default(clock):
    walk = walk_of(clock)
    assert asked(drive(walk, clock, a=[HttpError(400, code="content_filter")], b=[FINE])) == "a"


def test_a_filtered_prompt_is_rerouted_if_configured(clock):
    walk = walk_of(clock, reroutes_filtered=True)
    assert asked(drive(walk, clock, a=[HttpError(400, code="content_filter")], b=[FINE])) == "ab"
    assert walk.answer.content == "fine"


def test_rerouting_applies_to_filtered_prompts_only(clock):
    walk = walk_of(clock, reroutes_filtered=True)
    assert asked(drive(walk, clock, a=[HttpError(400)], b=[FINE])) == "a"


def test_rerouting_skips_candidates_that_are_excluded_otherwise(clock):
    """The key of `a` remains refused after a content filter refusal of `b`."""
    links = [{"endpoint": "one"}, {"endpoint": "two"}, {"endpoint": "one"}]
    walk = walk_of(clock, links=links, reroutes_filtered=True)
    filtered = HttpError(400, code="content_filter")
    assert asked(drive(walk, clock, a=[HttpError(401)], b=[filtered], c=[FINE])) == "ab"


def test_after_a_weak_answer_only_a_stronger_one_follows(clock):
    links = [{"prior": 0.5}, {"prior": 0.4}, {"prior": 0.6}]
    walk = walk_of(clock, links=links)
    assert asked(drive(walk, clock, a=[WEAK], b=[FINE], c=[FINE])) == "ac"


# ---- the deadline -----------------------------------------------------------------------


def test_a_wait_beyond_the_deadline_is_not_waited(clock):
    walk = walk_of(clock, deadline_s=2.0)
    trail = drive(walk, clock, a=[HttpError(429, retry_after=2)], b=[FINE])
    assert trail == [("a", 0.0), ("b", 0.0)]


def test_a_wait_just_within_the_deadline_is_waited(clock):
    walk = walk_of(clock, deadline_s=2.5)
    trail = drive(walk, clock, a=[HttpError(429, retry_after=2), FINE], b=[FINE])
    assert trail == [("a", 0.0), ("a", 2.0)]


def test_after_the_deadline_no_other_candidate_is_called(clock):
    walk = walk_of(clock, 3, deadline_s=5)
    trail = drive(walk, clock, takes=3.0, a=[ValueError()], b=[ValueError()], c=[FINE])
    assert asked(trail) == "ab"
    with pytest.raises(ChainExhaustedError) as caught:
        walk.leftover()
    assert [attempt.model for attempt in caught.value.attempts] == ["a", "b"]


def test_after_the_deadline_there_are_no_retries(clock):
    walk = walk_of(clock, 1, deadline_s=5)
    assert asked(drive(walk, clock, takes=5.0, a=[HttpError(500)])) == "a"


def test_one_attempt_is_made_even_after_the_deadline(clock):
    walk = walk_of(clock, deadline_s=5)
    clock.passes(6)
    assert asked(drive(walk, clock, a=[TimeoutError()], b=[FINE])) == "a"


def test_all_attempts_and_their_waits_share_one_deadline(clock):
    walk = walk_of(clock, 2, deadline_s=10, links=[{"limits": TimeLimits(timeout_s=60)}] * 2)
    left = []
    for step in walk.steps():
        clock.passes(step.pause_s)
        left.append(walk.begin(streams=False).remaining_s)
        clock.passes(1)
        walk.failed(HttpError(429, retry_after=2))
    assert left == [10, 10 - 1 - 2, 10 - 1 - 2 - 1, 10 - 1 - 2 - 1 - 1 - 2]


def test_the_shorter_of_a_models_limit_and_the_deadline_counts(clock):
    links = [{"limits": TimeLimits(timeout_s=4)}]
    walk = walk_of(clock, links=links, deadline_s=30)
    next(walk.steps())
    assert walk.begin(streams=False).remaining_s == 4


def test_the_longest_answer_is_the_routers_setting(clock):
    walk = walk_of(clock, 1, max_answer_chars=12)
    next(walk.steps())
    assert walk.begin(streams=False).max_answer_chars == 12


def test_latency_leaves_out_the_wait(clock):
    walk = walk_of(clock)
    drive(walk, clock, takes=0.5, a=[HttpError(429, retry_after=2), FINE])
    assert [attempt.latency_s for attempt in walk.attempts] == [0.5, 0.5]


# ---- breakers ---------------------------------------------------------------------------


def open_up(breaker, *aliases):
    for alias in aliases:
        breaker.gate(alias, endpoint=alias).admit().failed("model_unknown", "HTTP 404")


def state(breaker, alias):
    return breaker.gate(alias, endpoint=alias).health()


def test_candidates_with_an_open_breaker_are_skipped(clock, breaker):
    open_up(breaker, "a")
    walk = walk_of(clock, breaker=breaker)
    assert asked(drive(walk, clock, a=[FINE], b=[FINE])) == "b"


def test_if_all_breakers_are_open_the_last_candidate_is_called(clock, breaker):
    open_up(breaker, "a", "b")
    walk = walk_of(clock, breaker=breaker)
    assert asked(drive(walk, clock, a=[FINE], b=[FINE])) == "b"
    assert walk.answer.content == "fine"
    assert state(breaker, "b").state == "closed"


def test_an_open_breaker_is_not_called_after_another_candidate_failed(clock, breaker):
    """An open breaker is only used if no other candidate has been called."""
    open_up(breaker, "b")
    walk = walk_of(clock, breaker=breaker)
    assert asked(drive(walk, clock, a=[ValueError()], b=[FINE])) == "a"


def test_a_candidate_without_a_breaker_is_always_called(clock):
    for _ in range(5):
        assert asked(drive(walk_of(clock), clock, a=[ValueError()], b=[FINE])) == "ab"


def test_a_fault_that_opens_the_breaker_is_not_retried(clock, breaker):
    """With another candidate left, `a` is not called after its second failure."""
    drive(walk_of(clock, breaker=breaker), clock, a=[ValueError()], b=[FINE])
    trail = drive(walk_of(clock, breaker=breaker), clock, a=[HttpError(500)], b=[FINE])
    assert asked(trail) == "ab"
    assert state(breaker, "a").state == "open"


def test_the_last_candidate_is_retried_even_with_an_open_breaker(clock, breaker):
    walk = walk_of(clock, 1, breaker=breaker)
    assert asked(drive(walk, clock, a=[HttpError(429), HttpError(429), FINE])) == "aaa"


def test_each_attempt_counts_not_each_request(clock, breaker):
    drive(walk_of(clock, breaker=breaker), clock, a=[HttpError(500)], b=[FINE])
    health = state(breaker, "a")
    assert (health.calls, health.failures, health.state) == (2, 2, "open")
    assert (state(breaker, "b").calls, state(breaker, "b").failures) == (1, 0)


@pytest.mark.parametrize(
    ("word", "counted"),
    [
        (FINE, (1, 0)),
        (WEAK, (1, 0)),
        (EMPTY, (1, 1)),
        (ValueError(), (1, 1)),
        (TimeoutError(), (1, 1)),
        (HttpError(400), (0, 0)),
        (HttpError(400, code="content_filter"), (0, 0)),
        (TooLongError(), (0, 0)),
        (AttemptTimeoutError("x", limit="timeout_s", seconds=1), (1, 1)),
        # That the request as a whole ran out of time says nothing of its last candidate.
        (AttemptTimeoutError("x", limit="deadline_s", seconds=1), (0, 0)),
        (AIMessage("kept", usage_metadata=None, response_metadata={}), (1, 0)),
    ],
    ids=repr,
)
def test_the_breaker_is_told_how_the_attempt_ended(clock, breaker, word, counted):
    links = [{"prior": 0.1}, {"prior": 0.9}]
    drive(walk_of(clock, links=links, breaker=breaker), clock, a=[word], b=[FINE])
    health = state(breaker, "a")
    assert (health.calls, health.failures) == counted


def test_an_answer_from_a_cache_says_nothing_of_the_candidate(clock, breaker):
    cached = AIMessage(
        "kept",
        usage_metadata={
            "input_tokens": 1,
            "output_tokens": 1,
            "total_tokens": 2,
            "total_cost": 0,
        },
    )
    walk = walk_of(clock, breaker=breaker)
    drive(walk, clock, a=[cached])
    assert walk.attempts[0].outcome == "cached"
    assert state(breaker, "a").calls == 0


def test_a_cancelled_attempt_says_nothing_of_the_candidate(clock, breaker):
    walk = walk_of(clock, breaker=breaker)
    next(walk.steps())
    walk.begin(streams=False)
    walk.interrupted()
    assert state(breaker, "a").calls == 0
    assert [attempt.outcome for attempt in walk.attempts] == ["cancelled"]


@pytest.mark.parametrize("begun", [True, False], ids=["under way", "before it began"])
def test_a_cancelled_probe_gives_its_place_back(clock, breaker, begun):
    open_up(breaker, "a")
    clock.passes(10)
    walk = walk_of(clock, breaker=breaker)
    assert next(walk.steps()).link.alias == "a"
    assert state(breaker, "a").state == "open"
    if begun:
        walk.begin(streams=False)
    walk.interrupted()
    assert state(breaker, "a").state == "half_open"


def test_a_probe_cancelled_while_waiting_for_a_retry_gives_its_place_back(clock, breaker):
    walk = walk_of(clock, 1, breaker=breaker)
    steps = walk.steps()
    for _ in range(2):
        next(steps)
        walk.begin(streams=False)
        walk.failed(HttpError(429))
    assert next(steps).pause_s > 0
    clock.passes(10)
    walk.interrupted()
    assert state(breaker, "a").state == "half_open"
    assert [attempt.outcome for attempt in walk.attempts] == ["failed", "failed"]


def test_while_one_request_probes_the_others_are_served_elsewhere(clock, breaker):
    open_up(breaker, "a")
    clock.passes(10)
    probing, other = walk_of(clock, breaker=breaker), walk_of(clock, breaker=breaker)
    assert next(probing.steps()).link.alias == "a"
    probing.begin(streams=False)
    assert asked(drive(other, clock, a=[FINE], b=[FINE])) == "b"
    probing.answered(FINE)
    assert asked(drive(walk_of(clock, breaker=breaker), clock, a=[FINE], b=[FINE])) == "a"


# ---- the error at the end ---------------------------------------------------------------


def test_the_error_counts_attempts_and_candidates_apart(clock):
    """It said that "4 of 2 candidates failed"."""
    walk = walk_of(clock, 3)
    drive(walk, clock, a=[HttpError(500)], b=[HttpError(500), HttpError(400)], c=[FINE])
    with pytest.raises(ChainExhaustedError) as caught:
        walk.leftover()
    assert str(caught.value).startswith("4 attempts at 2 of 3 candidates failed")


# ---- laws -------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        FINE,
        EMPTY,
        WEAK,
        ValueError(),
        TimeoutError(),
        TooLongError(),
        *(HttpError(status) for status in (400, 401, 404, 429, 500, 503)),
        HttpError(429, retry_after=1),
        HttpError(400, code="content_filter"),
    ]
)


@settings(deadline=None)
@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=4),
    st.none() | st.floats(0.5, 30),
    st.booleans(),
)
def test_every_walk_ends_in_one_answer_or_one_error(scripts, deadline_s, reroutes):
    clock = Clock()
    breaker = CircuitBreaker(clock=clock, min_calls=2)
    links = [{"prior": at / 10, "window": 100 * (at + 1)} for at in range(len(scripts))]
    walk = walk_of(
        clock, links=links, breaker=breaker, deadline_s=deadline_s, reroutes_filtered=reroutes
    )
    trail = drive(walk, clock, takes=0.2, **dict(zip("abcd", scripts, strict=False)))
    assert len(walk.attempts) == len(trail) >= 1
    # In the chain's order, none of them more than three times.
    assert asked(trail) == "".join(sorted(asked(trail)))
    assert all(asked(trail).count(alias) <= 3 for alias in "abcd")
    try:
        walk.leftover()
    except Exception:  # noqa: BLE001 - which one is the subject of other tests
        assert walk.answer is None
        assert all(attempt.outcome == "failed" for attempt in walk.attempts)
    else:
        assert walk.answer is not None
