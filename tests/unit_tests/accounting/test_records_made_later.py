"""A router leaves the making of its records to the thread that writes them, many in a row."""

from __future__ import annotations

import gc
import threading
import weakref
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage

from langchain_smartroute import CallRecord, MemoryLedger, SmartRouterRunnable, SqlLedger, Usage
from langchain_smartroute.accounting import RouterCosts, sql


def record(number):
    return CallRecord(
        run_id=f"run-{number}",
        alias="gpt-4o",
        outcome="accepted",
        usage=Usage(input_tokens=number),
        cost_usd=Decimal(number),
        latency_s=0.5,
        attempt=number,
        started_at=datetime(2026, 11, 28, 12, 0, number, tzinfo=UTC),
    )


def settled(ledger, *unmade):
    RouterCosts(None, ledger=ledger).settle("d1", (), unmade)


class Model(FakeListChatModel):
    def bind_tools(self, tools, **kwargs):
        return self.bind(tools=tools, **kwargs)


def router(ledger):
    model = Model(responses=["Hello to you, too!"])
    return SmartRouterRunnable.from_models({"mine": model}, ledger=ledger)


@pytest.fixture
def ledger(sqlite_url):
    with SqlLedger(sqlite_url) as opened:
        yield opened


def test_a_record_is_made_by_the_writing_thread(ledger):
    made_by = []

    def make():
        made_by.append(threading.current_thread().name)
        return record(1)

    settled(ledger, make)
    assert ledger.flush()
    assert ledger.records() == [record(1)]
    assert made_by == ["smartroute-writer"]


def test_a_routers_records_are_the_same_in_every_ledger(ledger):
    """One ledger makes them later, the other one at once."""
    at_once = MemoryLedger()
    for kept in (ledger, at_once):
        config = {"metadata": {"user": "ann"}, "tags": ["mine"]}
        router(kept).invoke("Hello!", config)
    (later,), (now,) = ledger.records(), at_once.records()
    for name in ("alias", "task", "outcome", "usage", "cost_usd", "price_date", "keys", "tags"):
        assert getattr(later, name) == getattr(now, name), name
    assert (later.keys, later.tags) == ({"user": "ann"}, ("mine",))


def test_what_changes_after_the_call_is_not_in_its_record(ledger):
    metadata, tags = {"user": "ann"}, ["mine"]
    router(ledger).invoke("Hello!", {"metadata": metadata, "tags": tags})
    metadata["user"], tags[0] = "bob", "other"
    (found,) = ledger.records()
    assert (found.keys, found.tags) == ({"user": "ann"}, ("mine",))


def test_a_record_that_cannot_be_made_is_counted_and_the_others_are_kept(ledger, caplog):
    def broken():
        raise ValueError("no")

    settled(ledger, lambda: record(1), broken, lambda: record(2))
    assert not ledger.flush()
    assert [one.run_id for one in ledger.records()] == ["run-1", "run-2"]
    assert ledger.status.lost == 1
    assert "ValueError: no" in caplog.text


def test_a_ledger_with_an_add_of_its_own_is_given_each_record(sqlite_url):
    """`add` is what `Ledger` promises; who overrides it, or wraps a ledger, sees every record."""

    class Counting(SqlLedger):
        seen = 0

        def add(self, record):
            self.seen += 1
            super().add(record)

    class Wrapper:
        def __init__(self, inner):
            self.inner, self.seen = inner, 0

        def __getattr__(self, name):
            return getattr(self.inner, name)

        def add(self, record):
            self.seen += 1
            self.inner.add(record)

    with Counting(sqlite_url) as counting:
        wrapper = Wrapper(counting)
        settled(counting, lambda: record(1))
        settled(wrapper, lambda: record(2))
        assert counting.flush()
        assert (counting.seen, wrapper.seen, len(counting.records())) == (2, 1, 2)


def test_a_writer_that_is_far_behind_is_given_records(sqlite_url, monkeypatch):
    """What a record is made of takes more memory than the record."""
    monkeypatch.setattr(sql, "_MOST_UNMADE", 2)
    made = []

    def makes(number):
        def make():
            made.append(number)
            return record(number)

        return make

    with SqlLedger(sqlite_url) as ledger:
        ledger._writer._linger_s = 60
        settled(ledger, *map(makes, range(4)))
        assert made == [2, 3]
        assert ledger.flush()
        assert [one.attempt for one in ledger.records()] == [0, 1, 2, 3]


def test_an_add_that_raises_loses_its_own_record_alone(sqlite_url):
    class Picky(SqlLedger):
        def add(self, record):
            if record.attempt == 1:
                raise ValueError("no")
            super().add(record)

    with Picky(sqlite_url) as picky:
        settled(picky, lambda: record(1), lambda: record(2))
        assert picky.flush()
        assert [one.attempt for one in picky.records()] == [2]


def test_an_add_that_was_replaced_is_given_each_record(sqlite_url, monkeypatch):
    seen = []
    add = SqlLedger.add
    monkeypatch.setattr(SqlLedger, "add", lambda self, one: seen.append(one) or add(self, one))
    with SqlLedger(sqlite_url) as ledger:
        settled(ledger, lambda: record(1))
        assert ledger.flush()
    assert seen == [record(1)]


def test_a_record_that_waits_keeps_no_prompt_alive(ledger):
    """While a database is down ten thousand may wait; an agent's would each hold its history."""

    class Message(HumanMessage):
        pass

    ledger._writer._linger_s = 60
    asked = Message("What is the weather in Paris?")
    gone = weakref.ref(asked)
    router(ledger).bind_tools([{"name": "weather", "parameters": {}}]).invoke([asked])
    del asked
    gc.collect()
    assert ledger.status.waiting == 1
    assert gone() is None
