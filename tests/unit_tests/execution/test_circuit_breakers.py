"""Circuit breakers: when they open, what they admit while open, and when they close."""

from __future__ import annotations

import gc
import logging
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hand_clock import Clock
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute import ConfigurationError
from langchain_smartroute.execution import CandidateHealth, CircuitBreaker
from langchain_smartroute.execution.aftermath import AFTERMATH

OPEN_S = 10
PROBE_S = 60
WINDOW_S = 30
COUNTED = sorted(kind for kind, row in AFTERMATH.items() if row.breaker == "counts")
UNCOUNTED = sorted(kind for kind, row in AFTERMATH.items() if row.breaker == "none")


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(
        clock=clock,
        min_calls=4,
        failure_share=0.5,
        window_s=WINDOW_S,
        open_s=OPEN_S,
        probe_s=PROBE_S,
    )


@pytest.fixture
def gate(breaker):
    return breaker.gate("m", endpoint="here")


def fail(gate, times=1, kind="broken"):
    for _ in range(times):
        gate.admit(anyway=True).failed(kind)


def succeed(gate, times=1):
    for _ in range(times):
        gate.admit().succeeded()


@pytest.fixture
def opened(gate, clock):
    """A gate whose circuit has just opened."""
    fail(gate, 4)
    assert gate.health().state == "open"
    return gate


@pytest.fixture
def half_open(opened, clock):
    clock.passes(OPEN_S)
    assert opened.health().state == "half_open"
    return opened


# ---- when it opens ----------------------------------------------------------------------


def test_it_opens_at_the_share_of_failures_and_not_before(gate):
    succeed(gate, 2)
    fail(gate)
    assert gate.health().state == "closed"
    fail(gate)
    assert (gate.health().state, gate.health().calls, gate.health().failures) == ("open", 4, 2)


def test_an_outage_opens_it_soon_however_well_the_minute_before_went(gate):
    """With 1,500 answers in its window it took as many failures, each of which somebody waited for.

    Where they are time-outs of five seconds, that was fifty seconds of an outage.
    """
    succeed(gate, 1_500)
    fail(gate, 15)
    assert gate.health().state == "closed"
    fail(gate)
    assert (gate.health().state, gate.health().failures) == ("open", 16)


def test_failures_with_an_answer_between_them_are_no_outage(gate):
    succeed(gate, 200)
    for _ in range(10):
        fail(gate, 15)
        succeed(gate)
    assert gate.health().state == "closed"


def test_failures_while_many_calls_are_under_way_are_no_outage_yet(gate):
    """Sixteen refusals in a row: of the hundred calls that still run each may be answered."""
    succeed(gate, 500)
    slow = [gate.admit() for _ in range(100)]
    fail(gate, 99)
    assert gate.health().state == "closed"
    slow.pop().succeeded()
    fail(gate, 98)
    assert gate.health().state == "closed"
    fail(gate)
    assert gate.health().state == "open"


def test_quick_failures_do_not_open_it_before_slower_answers_have_ended(gate, clock):
    """Of the first thirty calls of a process three met a 429 within milliseconds.

    Five that fail so opened the breaker, though five of six calls were about to be answered:
    it had counted what had ended, and errors end first.
    """
    tickets = [gate.admit() for _ in range(30)]
    clock.passes(0.01)
    for ticket in tickets[:5]:
        ticket.failed("busy")
    assert gate.health().state == "closed"
    later = [gate.admit() for _ in range(5)]
    clock.passes(0.5)
    for ticket in (*tickets[5:], *later):
        ticket.succeeded()
    assert (gate.health().state, gate.health().calls, gate.health().failures) == ("closed", 35, 5)


def test_an_outage_opens_it_when_half_of_what_was_under_way_has_failed(gate, clock):
    """What begins after the first failure is no reason to wait, however much it is."""
    tickets = [gate.admit() for _ in range(30)]
    for number, ticket in enumerate(tickets):
        clock.passes(0.001)
        assert (number, gate.health().state) == (number, "closed" if number < 15 else "open")
        ticket.failed("broken")
        gate.admit(anyway=True)


def test_calls_that_hang_open_it_as_they_time_out(gate, clock):
    tickets = [gate.admit() for _ in range(8)]
    clock.passes(10)
    for ticket in tickets[:4]:
        assert gate.health().state == "closed"
        ticket.failed("silent")
    assert gate.health().state == "open"


def test_what_is_cancelled_or_lost_is_not_waited_for(gate, clock):
    tickets = [gate.admit() for _ in range(20)]
    clock.passes(1)
    fail(gate, 3)
    for ticket in tickets[:10]:
        ticket.released()
    del tickets, ticket
    gc.collect()
    assert gate.health().state == "closed"
    fail(gate)
    assert gate.health().state == "open"


def test_what_is_under_way_for_longer_than_the_window_is_not_waited_for(gate, clock):
    tickets = [gate.admit() for _ in range(20)]
    clock.passes(WINDOW_S)
    fail(gate, 4)
    assert gate.health().state == "open"
    assert len(tickets) == 20


def test_an_answer_between_failures_starts_the_count_of_what_is_undecided_anew(gate, clock):
    fail(gate, 2)
    succeed(gate)
    tickets = [gate.admit() for _ in range(6)]
    clock.passes(1)
    fail(gate, 2)
    assert gate.health().state == "closed"
    for ticket in tickets:
        ticket.released()
    fail(gate)
    assert gate.health().state == "open"


def test_it_stays_closed_below_the_share(gate):
    succeed(gate, 5)
    fail(gate, 4)
    assert gate.health().state == "closed"
    assert gate.health() == CandidateHealth(state="closed", calls=9, failures=4)


def test_too_few_calls_open_nothing_even_if_all_fail(gate):
    fail(gate, 3)
    assert gate.health().state == "closed"
    fail(gate)
    assert gate.health().state == "open"


def test_failures_older_than_the_window_are_forgotten(gate, clock):
    fail(gate, 3)
    clock.passes(WINDOW_S)
    fail(gate)
    assert gate.health() == CandidateHealth(state="closed", calls=1, failures=1)


def test_failures_just_inside_the_window_count(gate, clock):
    fail(gate, 3)
    clock.passes(WINDOW_S - 0.001)
    fail(gate)
    assert gate.health().state == "open"


def test_successes_older_than_the_window_are_forgotten_too(gate, clock):
    """Else a long good past would hide that everything fails now."""
    succeed(gate, 100)
    clock.passes(WINDOW_S)
    fail(gate, 4)
    assert gate.health().state == "open"


@pytest.mark.parametrize("kind", COUNTED)
def test_failures_of_the_candidate_count(gate, kind):
    fail(gate, 4, kind)
    assert gate.health().state == "open"


def test_of_the_table_these_count():
    assert COUNTED == ["broken", "busy", "garbled", "silent", "untrusted"]
    assert UNCOUNTED == [
        "filtered",
        "invalid",
        "over_limit",
        "overflow",
        "unfit",
        "unknown_argument",
    ]


@pytest.mark.parametrize("kind", UNCOUNTED)
def test_what_lies_in_the_request_says_nothing_of_the_candidate(gate, kind):
    fail(gate, 50, kind)
    assert gate.health() == CandidateHealth(state="closed")


def test_a_refused_key_opens_the_endpoint_at_once_for_all_its_models(breaker, gate):
    neighbour = breaker.gate("n", endpoint="here")
    elsewhere = breaker.gate("m", endpoint="there")
    gate.admit().failed("key_refused", "HTTP 401")
    for shut in (gate, neighbour):
        assert (shut.health().state, shut.admit()) == ("open", None)
        assert shut.health().reason == "HTTP 401"
    assert elsewhere.health().state == "closed"
    assert elsewhere.admit() is not None


def test_an_unknown_model_opens_that_model_alone(breaker, gate):
    neighbour = breaker.gate("n", endpoint="here")
    gate.admit().failed("model_unknown", "HTTP 404")
    assert (gate.health().state, gate.admit()) == ("open", None)
    assert neighbour.health().state == "closed"
    assert neighbour.admit() is not None


def test_the_same_model_at_the_same_endpoint_has_one_circuit(breaker, gate):
    again = breaker.gate("m", endpoint="here", alias="another name")
    fail(gate, 2)
    fail(again, 2)
    assert gate.health() == again.health()
    assert again.health().state == "open"


def test_an_open_one_says_why_and_for_how_long(opened, clock):
    clock.passes(3)
    health = opened.health()
    assert health.reason == "4 of its last 4 attempts failed, the latest with broken"
    assert health.retry_in_s == OPEN_S - 3


def test_the_worse_of_model_and_endpoint_is_told(breaker, gate, clock):
    fail(gate, 4)
    clock.passes(1)
    neighbour = breaker.gate("n", endpoint="here")
    neighbour.admit().failed("key_refused", "HTTP 401")
    assert gate.health().reason == "HTTP 401"
    assert gate.health().retry_in_s == OPEN_S
    clock.passes(1)
    breaker.gate("m", endpoint="here").admit(anyway=True).failed("model_unknown", "HTTP 404")
    assert gate.health().reason == "HTTP 404"


# ---- whom it lets through ---------------------------------------------------------------


def test_an_open_one_lets_nobody_through(opened, clock):
    clock.passes(OPEN_S - 0.001)
    assert opened.admit() is None


def test_an_open_one_lets_the_last_resort_through(opened):
    assert opened.admit(anyway=True) is not None


def test_a_half_open_one_lets_one_probe_through(half_open):
    assert half_open.admit() is not None
    assert half_open.admit() is None
    assert half_open.health().state == "open"


def test_exactly_one_of_many_threads_is_the_probe(half_open):
    many = 32
    barrier = threading.Barrier(many)

    def knock(_):
        barrier.wait()
        return half_open.admit()

    with ThreadPoolExecutor(many) as pool:
        tickets = list(pool.map(knock, range(many)))
    assert len([ticket for ticket in tickets if ticket is not None]) == 1


def test_an_endpoint_lets_one_probe_through_for_all_its_models(breaker, gate, clock):
    neighbour = breaker.gate("n", endpoint="here")
    gate.admit().failed("key_refused")
    clock.passes(OPEN_S)
    probe = neighbour.admit()
    assert probe is not None
    assert gate.admit() is None
    probe.succeeded()
    assert gate.admit() is not None


def test_a_probe_that_never_ends_gives_way_after_a_while(half_open, clock):
    assert half_open.admit() is not None
    clock.passes(PROBE_S - 0.001)
    assert half_open.admit() is None
    clock.passes(0.001)
    assert half_open.admit() is not None


def test_a_cancelled_probe_gives_its_place_back(half_open):
    half_open.admit().released()
    assert half_open.health().state == "half_open"
    assert half_open.admit() is not None


@pytest.mark.parametrize("kind", UNCOUNTED)
def test_a_probe_that_says_nothing_of_the_candidate_gives_its_place_back(half_open, kind):
    half_open.admit().failed(kind)
    assert half_open.health().state == "half_open"
    assert half_open.admit() is not None


def test_somebody_let_through_anyway_does_not_take_the_probes_place(half_open):
    probe = half_open.admit()
    half_open.admit(anyway=True).released()
    assert half_open.admit() is None
    probe.released()
    assert half_open.admit() is not None


# ---- how it ends ------------------------------------------------------------------------


def test_a_successful_probe_closes_it_and_clears_its_window(half_open):
    half_open.admit().succeeded()
    assert half_open.health() == CandidateHealth(state="closed", calls=1, failures=0)
    fail(half_open, 1)
    assert half_open.health().state == "closed"


@pytest.mark.parametrize("kind", COUNTED)
def test_a_probe_that_fails_opens_it_for_as_long_again(half_open, clock, kind):
    probe = half_open.admit()
    clock.passes(5)
    probe.failed(kind)
    assert half_open.health().retry_in_s == OPEN_S
    clock.passes(OPEN_S - 0.001)
    assert half_open.admit() is None
    clock.passes(0.001)
    assert half_open.admit() is not None


def test_a_refused_key_may_be_mended(gate, clock):
    gate.admit().failed("key_refused")
    clock.passes(OPEN_S)
    gate.admit().succeeded()
    assert gate.health().state == "closed"


def test_after_a_refused_key_a_broken_probe_lets_the_next_one_ask(gate, clock):
    """Whether the key is good is not known yet; the model's own circuit counts the failure."""
    gate.admit().failed("key_refused")
    clock.passes(OPEN_S)
    gate.admit().failed("broken")
    assert gate.health().state == "half_open"
    gate.admit().succeeded()
    assert gate.health().state == "closed"


def test_the_last_resort_closes_it_before_its_time_if_it_is_answered(opened):
    opened.admit(anyway=True).succeeded()
    assert opened.health().state == "closed"


def end(ticket, how):
    if how == "succeeded":
        ticket.succeeded()
    elif how == "released":
        ticket.released()
    else:
        ticket.failed(how)


@pytest.mark.parametrize("how", ["succeeded", "released", *sorted(AFTERMATH)])
def test_what_began_before_it_opened_changes_nothing_when_it_ends(gate, clock, how):
    straggler = gate.admit()
    fail(gate, 4)
    clock.passes(1)
    before = gate.model.health(clock())
    end(straggler, how)
    assert gate.model.health(clock()) == before


@pytest.mark.parametrize("how", ["succeeded", "released", "broken", "model_unknown"])
def test_what_began_before_it_opened_does_not_end_the_probe(gate, clock, how):
    """A late 404 took the probe's place away, so that its success closed nothing."""
    straggler = gate.admit()
    fail(gate, 4)
    clock.passes(OPEN_S)
    probe = gate.admit()
    end(straggler, how)
    assert gate.admit() is None
    probe.succeeded()
    assert gate.health().state == "closed"


def test_time_outs_of_before_do_not_open_what_has_recovered(gate, clock):
    """Calls that hang for a minute end one after another while the server is well again."""
    stragglers = [gate.admit() for _ in range(40)]
    fail(gate, 40, "silent")
    clock.passes(OPEN_S)
    gate.admit().succeeded()
    for straggler in stragglers:
        straggler.failed("silent")
        assert gate.health() == CandidateHealth(state="closed", calls=1)


def test_a_probe_that_was_given_up_may_still_close_it(half_open, clock):
    """Answers that take longer than `probe_s` would never close the circuit otherwise."""
    slow = half_open.admit()
    clock.passes(PROBE_S)
    half_open.admit()
    clock.passes(PROBE_S / 2)
    slow.succeeded()
    assert half_open.health().state == "closed"


def test_it_closes_under_load_where_there_is_nobody_else(opened, clock):
    """Each request let through anyway took the probe's place from the one before it.

    With enough of them under way, no success was ever that of the latest, and the circuit
    of a candidate that answered everything stayed open.
    """
    under_way = [opened.admit(anyway=True) for _ in range(64)]
    for _ in range(64):
        clock.passes(0.01)
        under_way.append(opened.admit(anyway=True))
        under_way.pop(0).succeeded()
    assert opened.health().state == "closed"


# ---- laws -------------------------------------------------------------------------------

EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(0, 3 * PROBE_S)),
        st.tuples(st.sampled_from(["admit", "anyway"]), st.integers(0, 1)),
        st.tuples(
            st.sampled_from(["succeeded", "released", *sorted(AFTERMATH)]), st.integers(0, 50)
        ),
    ),
    max_size=60,
)


def played(events):
    """A breaker after any events; attempts that never ended are lost."""
    clock = Clock()
    breaker = CircuitBreaker(
        clock=clock, min_calls=2, window_s=WINDOW_S, open_s=OPEN_S, probe_s=PROBE_S
    )
    gates = [breaker.gate(model, endpoint="here") for model in "mn"]
    under_way = []
    for name, value in events:
        if name == "pass":
            clock.passes(value)
        elif name in ("admit", "anyway"):
            ticket = gates[value].admit(anyway=name == "anyway")
            if ticket is not None:
                under_way.append(ticket)
        elif under_way:
            end(under_way.pop(value % len(under_way)), name)
    return clock, gates, under_way


@given(EVENTS)
def test_it_is_never_stuck_open(events):
    """Whatever has happened: after the longest wait a probe passes, and its answer closes it."""
    clock, gates, _ = played(events)
    clock.passes(max(OPEN_S, PROBE_S))
    for gate in gates:
        probe = gate.admit()
        assert probe is not None
        probe.succeeded()
        assert gate.health().state == "closed"
        assert gate.admit() is not None


@given(EVENTS)
def test_it_says_what_it_does(events):
    _, gates, _ = played(events)
    for gate in gates:
        health = gate.health()
        assert 0 <= health.failures <= health.calls
        assert 0 <= health.retry_in_s <= max(OPEN_S, PROBE_S)
        assert (health.state == "open") == (health.retry_in_s > 0)
        assert (health.reason == "") == (health.state == "closed")
        ticket = gate.admit()
        assert (ticket is None) == (health.state == "open")
        if ticket is not None:
            ticket.released()


@given(EVENTS)
def test_all_that_are_still_under_way_may_end_as_they_like(events):
    """Nothing that ends late keeps it from recovering."""
    clock, gates, under_way = played(events)
    clock.passes(max(OPEN_S, PROBE_S))
    probes = [(gate, probe) for gate in gates if (probe := gate.admit()) is not None]
    for gate, probe in probes:
        probe.succeeded()
        assert gate.health().state == "closed"
    # Attempts that were let through while it was closed count as always; those of before do not.
    before = [gate.model.turn for gate, _ in probes]
    stale = [t for t in under_way if t._model_turn != t._gate.model.turn]
    for ticket in stale:
        ticket.failed("broken")
    assert [gate.model.turn for gate, _ in probes] == before


# ---- what is logged and set -------------------------------------------------------------


def test_opening_and_closing_are_logged_once_each(gate, clock, caplog):
    caplog.set_level(logging.INFO, logger="langchain_smartroute")
    fail(gate, 6)
    clock.passes(OPEN_S)
    succeed(gate, 3)
    opened, closed = (record.getMessage() for record in caplog.records)
    assert opened.startswith("breaker of m opened: ")
    assert closed == "breaker of m closed: it answers again"


def test_the_log_names_the_alias_and_what_is_left_alone(breaker, caplog):
    gate = breaker.gate("m", endpoint="here", alias="mine")
    gate.admit().failed("key_refused", "HTTP 401")
    (record,) = caplog.records
    assert record.getMessage() == "breaker of the endpoint of mine opened: HTTP 401"
    assert record.levelname == "WARNING"


def test_an_endpoint_that_is_used_again_is_logged(gate, clock, caplog):
    """Only the closing of a model's circuit was; that of a mended key went unsaid."""
    caplog.set_level(logging.INFO, logger="langchain_smartroute")
    gate.admit().failed("key_refused", "HTTP 401")
    clock.passes(OPEN_S)
    succeed(gate)
    assert caplog.records[-1].getMessage() == "breaker of m closed: it answers again"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *((name, value) for name in ("window_s", "open_s", "probe_s") for value in (0, -1)),
        ("window_s", math.nan),
        ("min_calls", 0),
        ("min_calls", -3),
        ("failure_share", 0),
        ("failure_share", -0.5),
        ("failure_share", 1.5),
        ("failure_share", math.nan),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_value(setting, value):
    with pytest.raises(ConfigurationError) as caught:
        CircuitBreaker(**{setting: value})
    (fault,) = caught.value.faults
    assert fault.startswith(f"breaker.{setting} = {value!r}: must be")


def test_all_settings_out_of_range_are_named_together():
    with pytest.raises(ConfigurationError) as caught:
        CircuitBreaker(window_s=0, min_calls=0, failure_share=2)
    assert len(caught.value.faults) == 3


def test_an_unknown_setting_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigurationError, match="use any of window_s, min_calls") as caught:
        CircuitBreaker(threshold=3)
    assert "'threshold': 3" in str(caught.value)


@pytest.mark.parametrize("value", ["soon", None, [1]], ids=repr)
@pytest.mark.parametrize("setting", ["window_s", "min_calls", "failure_share"])
def test_a_setting_that_is_no_number_is_refused(setting, value):
    with pytest.raises(ConfigurationError, match=setting):
        CircuitBreaker(**{setting: value})


def test_a_breaker_shows_its_settings():
    assert repr(CircuitBreaker(min_calls=7)).startswith("CircuitBreaker(BreakerSettings(")
    assert "min_calls=7" in repr(CircuitBreaker(min_calls=7))
