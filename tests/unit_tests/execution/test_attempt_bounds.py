"""The limits of one attempt: which limit ends what, what time counts, and the maximum length."""

from __future__ import annotations

import asyncio
import math
from functools import partial

import pytest
from hand_clock import Clock
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute import ModelSpec
from langchain_smartroute.errors import AnswerTooLongError, AttemptTimeoutError
from langchain_smartroute.execution.bounds import (
    MAX_ANSWER_CHARS,
    REASONING_FIRST_TOKEN_S,
    AttemptBounds,
    TimeLimits,
    attempt_bounds,
)
from langchain_smartroute.execution.surroundings import answer_in

LIMITS = TimeLimits(connect_timeout_s=1, first_token_timeout_s=10, idle_timeout_s=15, timeout_s=60)
NO_LIMITS = TimeLimits(
    connect_timeout_s=None, first_token_timeout_s=None, idle_timeout_s=None, timeout_s=None
)
CLOSING_S = 2.0


@pytest.fixture
def bounds_of(clock):
    """Bounds on a clock of its own; `deadline_in` is from now."""

    def make(limits=LIMITS, *, streams=True, deadline_in=None, **settings):
        if deadline_in is not None:
            settings |= {"deadline": clock.now + deadline_in, "deadline_s": deadline_in}
        return AttemptBounds(limits, streams=streams, clock=clock, **settings)

    return make


def limit_of(bounds):
    error = bounds.error()
    return error.limit, error.seconds


def receives(bounds, clock, after):
    """The reader waits, and content arrives."""
    bounds.goes_on()
    clock.passes(after)
    bounds.saw_content()
    bounds.rests()


# ---- which limit ends what --------------------------------------------------------------


def test_a_stream_is_ended_by_the_first_token_limit_before_its_first_content(bounds_of, clock):
    bounds = bounds_of()
    assert bounds.remaining_s == 10
    clock.passes(9.9)
    assert not bounds.has_run_out
    clock.passes(0.1)
    assert bounds.has_run_out
    assert bounds.remaining_s == 0
    assert limit_of(bounds) == ("first_token_timeout_s", 10)
    assert "no content arrived" in str(bounds.error())


def test_a_whole_answer_has_no_first_token(bounds_of, clock):
    bounds = bounds_of(streams=False)
    assert bounds.remaining_s == 60
    clock.passes(60)
    assert limit_of(bounds) == ("timeout_s", 60)
    assert "not complete" in str(bounds.error())


def test_between_two_contents_the_idle_limit_counts(bounds_of, clock):
    bounds = bounds_of()
    receives(bounds, clock, 9)
    bounds.goes_on()
    clock.passes(14.9)
    assert not bounds.has_run_out
    clock.passes(0.1)
    assert bounds.has_run_out
    assert limit_of(bounds) == ("idle_timeout_s", 15)
    assert "fell silent" in str(bounds.error())


def test_each_content_begins_the_silence_anew(bounds_of, clock):
    bounds = bounds_of()
    for _ in range(4):
        receives(bounds, clock, 10)
        assert not bounds.has_run_out
        assert bounds.remaining_s == 15
    # Forty seconds are over: of the whole limit only twenty are left.
    receives(bounds, clock, 10)
    assert bounds.remaining_s == 10
    clock.passes(10)
    assert limit_of(bounds) == ("timeout_s", 60)


def test_chunks_without_content_do_not_count(bounds_of, clock):
    """Comments and empty deltas keep a connection open, but they are no answer."""
    bounds = bounds_of()
    for _ in range(10):
        bounds.goes_on()
        clock.passes(1)
        bounds.rests()
    assert bounds.has_run_out
    assert limit_of(bounds) == ("first_token_timeout_s", 10)


@pytest.mark.parametrize("streams", [False, True])
def test_the_deadline_counts_where_it_is_the_nearest(bounds_of, clock, streams):
    bounds = bounds_of(streams=streams, deadline_in=3)
    assert bounds.remaining_s == 3
    clock.passes(3)
    assert limit_of(bounds) == ("deadline_s", 3)
    assert "the request was not answered" in str(bounds.error())


def test_a_deadline_that_has_passed_leaves_no_time_and_no_negative_one(bounds_of):
    bounds = bounds_of(deadline_in=-5)
    assert bounds.remaining_s == 0
    assert bounds.has_run_out


def test_without_limits_there_is_no_end(bounds_of, clock):
    bounds = bounds_of(NO_LIMITS)
    assert bounds.remaining_s is None
    clock.passes(1e9)
    assert bounds.remaining_s is None
    assert not bounds.has_run_out
    receives(bounds, clock, 1e9)
    assert bounds.until == math.inf


def test_the_error_says_limit_value_time_and_remedy(bounds_of, clock):
    bounds = bounds_of(TimeLimits(timeout_s=0.25), streams=False)
    clock.passes(1.5)
    error = bounds.error()
    assert isinstance(error, AttemptTimeoutError)
    assert "timeout_s = 0.25 (the attempt took 1.5 s); raise the limit" in str(error)


@given(
    st.lists(st.none() | st.floats(0.5, 1000), min_size=4, max_size=4),
    st.booleans(),
)
def test_the_nearest_limit_counts(values, streams):
    first, idle, whole, deadline = values
    clock = Clock()
    limits = TimeLimits(first_token_timeout_s=first, idle_timeout_s=idle, timeout_s=whole)
    at = math.inf if deadline is None else clock.now + deadline
    bounds = AttemptBounds(limits, deadline=at, deadline_s=deadline, streams=streams, clock=clock)
    counting = [v for v in (whole, deadline, first if streams else None) if v is not None]
    if counting:
        assert bounds.remaining_s == pytest.approx(min(counting))
        assert bounds.error().seconds == pytest.approx(min(counting))
    else:
        assert bounds.remaining_s is None


# ---- whose time counts ------------------------------------------------------------------


def test_what_the_reader_does_between_two_chunks_is_not_the_candidates_time(bounds_of, clock):
    bounds = bounds_of()
    receives(bounds, clock, 1)
    bounds.released()
    clock.passes(10_000)
    bounds.goes_on()
    assert bounds.remaining_s == 15
    clock.passes(14)
    assert not bounds.has_run_out
    clock.passes(1)
    assert bounds.has_run_out


def test_the_readers_time_is_taken_off_once(bounds_of, clock):
    bounds = bounds_of()
    receives(bounds, clock, 1)
    bounds.released()
    clock.passes(100)
    bounds.goes_on()
    bounds.goes_on()
    assert bounds.remaining_s == 15


def test_a_stream_that_is_passed_on_is_no_longer_bound_by_the_whole_limit(bounds_of, clock):
    """Its reader can see how long it takes."""
    bounds = bounds_of()
    for _ in range(100):
        receives(bounds, clock, 10)
        bounds.released()
    assert not bounds.has_run_out
    assert bounds.remaining_s == 15


def test_a_stream_that_is_held_back_stays_bound_by_it(bounds_of, clock):
    bounds = bounds_of()
    for _ in range(6):
        receives(bounds, clock, 10)
    assert bounds.has_run_out
    assert limit_of(bounds) == ("timeout_s", 60)


def test_a_stream_that_is_passed_on_stays_bound_by_the_deadline(bounds_of, clock):
    bounds = bounds_of(deadline_in=100)
    for _ in range(10):
        receives(bounds, clock, 10)
        bounds.released()
    assert bounds.has_run_out
    assert limit_of(bounds) == ("deadline_s", 100)


# ---- closing ----------------------------------------------------------------------------


def test_after_its_end_was_named_a_stream_only_lacks_its_end(bounds_of, clock):
    """A server that leaves or breaks the connection after a whole answer spoils nothing."""
    bounds = bounds_of()
    receives(bounds, clock, 1)
    assert not bounds.only_lacks_its_end
    bounds.saw_finish()
    assert bounds.only_lacks_its_end
    assert bounds.remaining_s == CLOSING_S
    clock.passes(CLOSING_S)
    assert bounds.has_run_out


def test_a_stream_that_was_silent_before_its_end_lacks_more_than_that(bounds_of, clock):
    bounds = bounds_of()
    receives(bounds, clock, 1)
    clock.passes(15)
    assert bounds.has_run_out
    assert not bounds.only_lacks_its_end


def test_another_finish_reason_gives_a_stream_no_more_time(bounds_of, clock):
    bounds = bounds_of()
    bounds.saw_finish()
    clock.passes(1)
    bounds.saw_finish()
    assert bounds.remaining_s == CLOSING_S - 1


def test_a_finish_reason_that_content_follows_is_not_believed(bounds_of, clock):
    """Some servers send one with every chunk: a slow one must not be cut after two seconds."""
    bounds = bounds_of()
    bounds.saw_finish()
    clock.passes(1)
    bounds.saw_content()
    bounds.saw_finish()
    assert not bounds.only_lacks_its_end
    assert bounds.remaining_s == 15


# ---- what an exception means ------------------------------------------------------------


def test_a_clients_time_out_when_the_time_is_up_is_the_limits(bounds_of, clock):
    bounds = bounds_of(streams=False)
    clock.passes(60)
    theirs = TimeoutError("read")
    ours = bounds.meaning_of(theirs)
    assert isinstance(ours, AttemptTimeoutError)
    assert ours.limit == "timeout_s"
    assert ours.__cause__ is theirs


def test_the_operating_system_may_be_a_little_early(bounds_of, clock):
    bounds = bounds_of(streams=False)
    clock.passes(60 - 0.004)
    assert isinstance(bounds.meaning_of(TimeoutError()), AttemptTimeoutError)


def test_a_clients_time_out_before_the_time_is_up_is_its_own(bounds_of, clock):
    bounds = bounds_of(streams=False)
    clock.passes(59)
    theirs = TimeoutError("connect")
    assert bounds.meaning_of(theirs) is theirs


def test_another_failure_when_the_time_is_up_is_what_it_says(bounds_of, clock):
    bounds = bounds_of(streams=False)
    clock.passes(61)
    theirs = ValueError("malformed")
    assert bounds.meaning_of(theirs) is theirs


def test_an_error_of_ours_inside_a_clients_comes_out(bounds_of, clock):
    bounds = bounds_of(streams=False)
    ours = AnswerTooLongError("x", limit_chars=3)
    wrapper = RuntimeError("connection error")
    wrapper.__cause__ = ours
    assert bounds.meaning_of(wrapper) is ours


@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt(), SystemExit(), GeneratorExit(), asyncio.CancelledError()], ids=repr
)
def test_what_means_stop_is_raised(bounds_of, stop):
    with pytest.raises(type(stop)) as caught:
        bounds_of().meaning_of(stop)
    assert caught.value is stop


# ---- how much may be said ---------------------------------------------------------------


def test_an_answer_of_just_the_longest_length_is_accepted(bounds_of):
    bounds = bounds_of(max_answer_chars=10)
    bounds.said(4)
    bounds.said(6)
    with pytest.raises(AnswerTooLongError, match=r"max_answer_chars = 10;") as caught:
        bounds.said(1)
    assert caught.value.limit_chars == 10


def test_by_default_a_million_characters_are_accepted(bounds_of):
    bounds = bounds_of()
    bounds.said(1_000_000)
    assert MAX_ANSWER_CHARS == 1_000_000
    with pytest.raises(AnswerTooLongError, match="1,000,000"):
        bounds.said(1)


# ---- whose limits -----------------------------------------------------------------------


def test_the_limits_are_those_that_were_specified():
    limits = TimeLimits()
    assert (limits.connect_timeout_s, limits.first_token_timeout_s) == (5, 10)
    assert (limits.idle_timeout_s, limits.timeout_s) == (15, 60)


@pytest.mark.parametrize(
    "name", ["connect_timeout_s", "first_token_timeout_s", "idle_timeout_s", "timeout_s"]
)
@pytest.mark.parametrize("general", [None, 7.0])
def test_a_models_own_limit_counts_before_the_routers(name, general):
    limits = TimeLimits(**{name: general})
    assert getattr(limits.of_model(ModelSpec(alias="m", **{name: 3.5})), name) == 3.5
    assert getattr(limits.of_model(ModelSpec(alias="m")), name) == general


def test_a_models_own_limit_changes_no_other():
    limits = LIMITS.of_model(ModelSpec(alias="m", idle_timeout_s=3))
    assert limits == TimeLimits(
        connect_timeout_s=1, first_token_timeout_s=10, idle_timeout_s=3, timeout_s=60
    )


@pytest.mark.parametrize(
    ("reasoning", "own", "is_default", "first"),
    [
        (True, None, True, REASONING_FIRST_TOKEN_S),
        (True, 20, True, 20),
        (True, None, False, 10),
        (False, None, True, 10),
        (False, 20, True, 20),
    ],
)
def test_a_reasoning_model_has_longer_to_its_first_token_unless_somebody_chose(
    reasoning, own, is_default, first
):
    spec = ModelSpec(alias="m", reasoning=reasoning, first_token_timeout_s=own)
    limits = LIMITS.of_model(spec, first_token_is_default=is_default)
    assert limits.first_token_timeout_s == first
    assert REASONING_FIRST_TOKEN_S == 60


# ---- where they are found ---------------------------------------------------------------


def test_what_runs_inside_finds_the_bounds_and_what_follows_does_not(bounds_of):
    one, other = bounds_of(), bounds_of()

    def outer():
        inner = answer_in({}, other, attempt_bounds.get, bounded=True)
        return inner, attempt_bounds.get()

    assert answer_in({}, one, outer, bounded=True) == (other, one)
    assert attempt_bounds.get() is None


def test_an_error_inside_takes_the_bounds_away_too(bounds_of):
    with pytest.raises(ValueError, match="no"):
        answer_in({}, bounds_of(), partial(int, "no"), bounded=True)
    assert attempt_bounds.get() is None
