"""The rules of the fault score card, the same for every contestant."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from langchain_smartroute.bench import SHORT
from langchain_smartroute.bench.contestants import CONTESTANTS
from langchain_smartroute.bench.fault_card import judged
from langchain_smartroute.bench.fault_cases import fault_cases
from langchain_smartroute.bench.fault_run import FaultRun
from langchain_smartroute.bench.observed import Arrival, KnownAnswer, Observed, Reply
from langchain_smartroute.errors import StreamInterruptedError

KNOWN = KnownAnswer(text="the whole answer", input_tokens=9, output_tokens=4)
CASES = {case.number: case for case in fault_cases(SHORT)}
BY_NAME = {contestant.name: contestant for contestant in CONTESTANTS}
WELL = Reply(text=KNOWN.text, seconds=0.5, model="second", usage=(9, 4), billed={"second": (9, 4)})
REFUSED = type("RefusedError", (Exception,), {"code": "content_policy_violation"})


def arrivals(*times, role="primary"):
    return [Arrival(role=role, at_s=time) for time in times]


FAILED_OVER = [*arrivals(0.0), *arrivals(0.1, role="fallback")]
OUTAGE = [*arrivals(0.0, 0.6, 1.2, 1.8, 2.4, 4.2, 6.0, 7.8, 9.6), *arrivals(4.8, role="fallback")]
CORRECT = {
    1: (WELL, arrivals(0.0, 1.0)),
    2: (WELL, FAILED_OVER),
    3: (WELL, arrivals(0.0, 0.1)),
    4: (WELL, FAILED_OVER),
    5: (WELL, arrivals(0.0, 0.1)),
    6: (replace(WELL, seconds=2.0), FAILED_OVER),
    7: (replace(WELL, seconds=2.0), FAILED_OVER),
    8: (WELL, FAILED_OVER),
    9: (replace(WELL, seconds=2.0), FAILED_OVER),
    10: (WELL, FAILED_OVER),
    11: (WELL, arrivals(0.0)),
    12: (WELL, FAILED_OVER),
    13: (Reply(text="", seconds=0.1, error=REFUSED()), arrivals(0.0)),
    14: (WELL, FAILED_OVER),
    15: (WELL, OUTAGE),
    16: (WELL, FAILED_OVER),
}


def result(number, reply, came, *, who="first_token", afterwards=WELL):
    run = FaultRun(contestant=BY_NAME[who], case=CASES[number], timings=SHORT)
    seen = Observed(
        known=KNOWN,
        primary="first",
        fallback="second",
        replies=[reply] * CASES[number].requests,
        arrivals=came,
        afterwards=afterwards,
    )
    return judged(run, seen)


def test_there_are_sixteen_faults():
    assert sorted(case.number for case in fault_cases(SHORT)) == list(range(1, 17))


@pytest.mark.parametrize("who", BY_NAME)
@pytest.mark.parametrize("number", CORRECT)
def test_what_is_correct_passes_whoever_it_is(number, who):
    found = result(number, *CORRECT[number], who=who)
    assert (found.verdict, found.reason) == ("pass", "")


@pytest.mark.parametrize("who", BY_NAME)
@pytest.mark.parametrize("number", set(CORRECT) - {13})
def test_a_cut_answer_without_an_error_never_passes(number, who):
    reply, came = CORRECT[number]
    found = result(number, replace(reply, text=KNOWN.text[:5]), came, who=who)
    assert found.verdict == "fail"
    assert "no error" in found.reason


@pytest.mark.parametrize("number", set(CORRECT) - {13})
def test_an_answer_twice_or_spliced_never_passes(number):
    reply, came = CORRECT[number]
    for text in (KNOWN.text * 2, KNOWN.text[:5] + KNOWN.text):
        assert result(number, replace(reply, text=text), came).verdict == "fail"


@pytest.mark.parametrize("number", CORRECT)
def test_a_call_that_had_to_be_cancelled_never_passes(number):
    reply, came = CORRECT[number]
    found = result(number, replace(reply, hung=True), came)
    assert (found.verdict, found.reason) == ("fail", "no end within 15 s")


def interrupted(shown, partial):
    message = None if partial is None else SimpleNamespace(text=partial)
    error = StreamInterruptedError("broke", partial=message, attempts=())
    return Reply(text=shown, seconds=0.1, error=error)


@pytest.mark.parametrize("number", CORRECT)
def test_a_clear_error_counts_where_a_stream_was_under_way(number):
    found = result(number, interrupted("the whole", "the whole"), FAILED_OVER)
    assert found.verdict == ("interrupted" if number in (8, 9, 10, 14) else "fail")


@pytest.mark.parametrize(
    "reply",
    [
        interrupted("the whole", "the"),
        interrupted("the whole", None),
        interrupted("", ""),
        interrupted("something else", "something else"),
        Reply(text="the whole", seconds=0.1, error=ConnectionError()),
    ],
)
def test_an_error_is_clear_only_with_exactly_what_was_shown(reply):
    assert result(8, reply, FAILED_OVER).verdict == "fail"


@pytest.mark.parametrize("who", ["buffer", "ainvoke"])
def test_who_promised_to_show_nothing_early_may_not_interrupt(who):
    assert result(8, interrupted("the whole", "the whole"), FAILED_OVER, who=who).verdict == "fail"


@pytest.mark.parametrize(
    ("number", "changes", "reason"),
    [
        (1, {"came": arrivals(0.0)}, "not asked again"),
        (1, {"came": arrivals(0.0, 0.5)}, "asked again after 0.50 s"),
        (1, {"came": [*arrivals(0.0, 1.0), *FAILED_OVER[1:]]}, "the fallback was asked"),
        (2, {"came": arrivals(0.0, 0.5, 1.0, 1.5, 2.0)}, "5 attempts in 3 s"),
        (2, {"came": arrivals(0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0)}, "7 attempts in all"),
        (3, {"came": FAILED_OVER}, "1 attempts at the primary instead of 2"),
        (4, {"came": arrivals(*range(7))}, "7 attempts in all"),
        (6, {"came": [*arrivals(0.0), *FAILED_OVER]}, "2 attempts at the primary"),
        (7, {"seconds": 7.1}, "took 7.1 s, more than 7 s"),
        (9, {"seconds": 8.1}, "took 8.1 s, more than 8 s"),
        (11, {"usage": None}, "usage not reported"),
        (12, {"came": [*arrivals(0.2), *FAILED_OVER]}, "2 attempts at the primary"),
        (13, {"came": FAILED_OVER}, "1 attempts at the fallback instead of 0"),
        (13, {"error": ValueError()}, "ValueError without the provider's code"),
        (13, {"error": None}, "answered, though the provider had refused"),
        (14, {"came": [Arrival(role="fallback", at_s=0.1, continues=True)]}, "continue"),
        (15, {"came": arrivals(*(0.6 * n for n in range(16)))}, "15 attempts at a primary"),
        (15, {"came": arrivals(0.0, 0.6)}, "not used again"),
        (15, {"came": arrivals(0.0, 6.0, 6.05, 9.6)}, "more than one probe"),
        (16, {"model": "first"}, "names the model first"),
        (16, {"billed": {"second": (9, 4), "first": (9, 0)}}, "22 tokens counted instead of 13"),
    ],
)
def test_what_is_not_correct_fails_with_its_reason(number, changes, reason):
    reply, came = CORRECT[number]
    others = {name: value for name, value in changes.items() if name != "came"}
    found = result(number, replace(reply, **others), changes.get("came", came))
    assert found.verdict == "fail"
    assert reason in found.reason


@pytest.mark.parametrize("number", [9, 10])
def test_the_next_call_must_succeed(number):
    found = result(number, *CORRECT[number], afterwards=replace(WELL, text="cut"))
    assert (found.verdict, found.reason) == ("fail", "the next call did not go well")
