"""The pages' state diagrams are those of the code: the same names, the same arrows."""

from __future__ import annotations

import re
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from langchain_smartroute.execution.circuit import BreakerSettings, BreakerState, Circuit
from langchain_smartroute.routing.turns import Turns
from langchain_smartroute.state import (
    Charge,
    Claim,
    Hold,
    MemoryState,
    Refusal,
    Settle,
    Standing,
    Stands,
)
from langchain_smartroute.types.words import Outcome, Purpose, Sticky

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "examples").glob("*.md"))]
DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ARROW = re.compile(r"^ *(\S+) --> (\S+?)(?:: (.*))?$", re.MULTILINE)


def diagrams():
    """Name → text of each state diagram; its name is its comment."""
    texts = [d for page in PAGES for d in DIAGRAM.findall(page.read_text(encoding="utf-8"))]
    named = [(re.search(r"%% (\w+)", text), text) for text in texts]
    return {name.group(1): text for name, text in named if name is not None}


DIAGRAMS = diagrams()


def arrows(name):
    """(from, to) → what is written on it."""
    return {(a, b): words for a, b, words in ARROW.findall(DIAGRAMS[name])}


def states(name):
    return {state for arrow in arrows(name) for state in arrow} - {"[*]"}


def test_each_diagram_is_one_of_those_that_are_tested():
    assert DIAGRAMS.keys() == {"attempt", "breaker", "cascade", "conversation", "reservation"}


@pytest.mark.parametrize("name", DIAGRAMS)
def test_every_line_of_a_diagram_is_understood(name):
    first, comment, *lines = DIAGRAMS[name].splitlines()
    assert first == "stateDiagram-v2"
    assert comment == f"    %% {name}"
    assert [line for line in lines if not ARROW.fullmatch(line)] == []


def test_an_attempt_ends_in_one_of_the_outcomes():
    assert states("attempt") == {"begun", *get_args(Outcome)}


def test_a_cascade_has_the_purposes_and_outcomes_of_attempts():
    assert set(get_args(Purpose)) <= states("cascade")
    assert states("cascade") - set(get_args(Purpose)) <= set(get_args(Outcome))


def test_a_conversation_is_what_the_decision_asks():
    asked = {name for name in vars(Turns) if not name.startswith("_")}
    assert states("conversation") - asked == {"free"}
    (kept,) = [words for arrow, words in arrows("conversation").items() if arrow[0] == arrow[1]]
    page = (ROOT / "examples" / "agents.md").read_text(encoding="utf-8")
    for word in get_args(Sticky):
        assert word in kept or f'Under `"{word}"` it is always free' in page


# What can happen to a circuit. Its window is long, so that nothing but this does.
SETTINGS = BreakerSettings(min_calls=2, failure_share=0.5, open_s=10, probe_s=20, window_s=1_000)
EVENTS = {
    "succeeded": lambda circuit, now: circuit.succeeded(circuit.turn, now),
    "failed": lambda circuit, now: circuit.failed(circuit.turn, now, reason="500"),
    "refused": lambda circuit, now: circuit.open(circuit.turn, now, reason="401"),
    "probed": lambda circuit, now: circuit.start_probe("ticket", now),
    "released": lambda circuit, now: circuit.release("ticket"),
    "opened elsewhere": lambda circuit, now: circuit.opened_elsewhere(now, left_s=5, reason="500"),
    "closed elsewhere": lambda circuit, now: circuit.mended(),
    "time passes": lambda circuit, now: None,
}


def test_a_breaker_uses_exactly_the_arrows_of_the_diagram():
    """Every sequence of five events; a state is what `health` shows."""
    assert states("breaker") == set(get_args(BreakerState))
    seen = set()
    for sequence in product(EVENTS, repeat=5):
        circuit, now = Circuit(SETTINGS), 0.0
        state = circuit.health(now).state
        for event in sequence:
            EVENTS[event](circuit, now)
            now += 11 if event == "time passes" else 0
            before, state = state, circuit.health(now).state
            seen |= {(before, state)} if before != state else set()
    assert seen == {arrow for arrow in arrows("breaker") if arrow[0] != "[*]"}


@pytest.fixture
def limit():
    """A limit of ten, in shared state with a manual clock."""

    class Limit:
        now = 0.0

        def __init__(self):
            self.state = MemoryState(clock=lambda: self.now)

        def hold(self, amount):
            claim = Claim(counter="c", amount=amount, ceiling=10, ttl_s=10_000)
            return self.state.run(Hold(lease=str(amount), claims=(claim,), lease_s=900))

        def settle(self, lease, amount):
            charge = Charge(counter="c", amount=amount, ttl_s=10_000)
            self.state.run(Settle(lease=str(lease), charges=(charge,)))

        @property
        def stands(self):
            (standing,) = self.state.run(Stands(counters=("c",)))
            return standing

    return Limit()


def test_a_reservation_is_held_until_it_is_spent_or_freed(limit):
    """Each arrow of the diagram, in shared state."""
    assert {field.name for field in fields(Standing)} == states("reservation") - {
        "refused",
        "freed",
    }
    assert all("15 minutes" in w for (_, to), w in arrows("reservation").items() if to == "freed")
    assert limit.hold(6) is None  # [*] --> held
    assert limit.stands == Standing(held=6)
    assert limit.hold(5) == Refusal(number=0, standing=Standing(held=6))  # [*] --> refused
    assert limit.stands == Standing(held=6)
    limit.settle(6, 2)  # held --> spent
    assert limit.stands == Standing(spent=2)
    limit.hold(7)
    limit.now += 901  # held --> freed
    assert limit.stands == Standing(spent=2)
    limit.settle(7, 3)  # freed --> spent
    assert limit.stands == Standing(spent=5)
    inside = {arrow for arrow in arrows("reservation") if "[*]" not in arrow}
    assert inside == {("held", "spent"), ("held", "freed"), ("freed", "spent")}
