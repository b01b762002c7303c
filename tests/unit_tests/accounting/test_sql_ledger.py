"""The ledger in a database: each record once, to the last digit, on both databases."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from langchain_smartroute import (
    CallRecord,
    ConfigurationError,
    CostCallbackHandler,
    PriceBook,
    SqlLedger,
    StorageError,
    Usage,
)
from langchain_smartroute.accounting import schema
from langchain_smartroute.accounting.rows import CallRow, row_of
from langchain_smartroute.accounting.schema import days
from langchain_smartroute.accounting.writer import BackgroundWriter
from langchain_smartroute.state.database import Database, sa

NOON = datetime(2026, 11, 23, 12, 30, 15, 123456, tzinfo=UTC)


def record(number, **fields):
    made = CallRecord(
        run_id=f"run-{number:06}",
        parent_run_id="above",
        decision_id="d1",
        request_id=f"request-{number}",
        alias="gpt-4o",
        model_name="gpt-4o-2024-08-06",
        task="code",
        outcome="accepted",
        usage=Usage(
            input_tokens=1_000 + number,
            output_tokens=200,
            cache_read_tokens=3,
            cache_write_tokens=4,
            cache_write_1h_tokens=1,
            reasoning_tokens=5,
            input_audio_tokens=6,
            output_audio_tokens=7,
            input_image_tokens=8,
            output_image_tokens=9,
            service_tier="flex",
        ),
        cost_usd=Decimal("0.000000003625") + number,
        price_source="the price page",
        price_date=date(2026, 11, 1),
        latency_s=0.25,
        attempt=1,
        started_at=NOON + timedelta(seconds=number),
        provider="openai",
        escalated=True,
        keys={"team": "search", "user": "Ännchen"},
        tags=("a", "b"),
    )
    return replace(made, **fields)


@pytest.fixture
def ledger(database_url):
    made = SqlLedger(database_url)
    yield made
    made.close()


def found_in(url, query):
    """The rows of a query, from a connection that is closed again."""
    database = Database(url)
    with database.reading() as connection:
        rows = connection.execute(query).all()
    database.close()
    return rows


def test_a_record_comes_back_as_it_was(ledger):
    given = [
        record(0),
        record(1, cost_usd=None, unpriced="no price for the model", task=None, tags=()),
        record(2, cost_usd=Decimal(0), prompt="what?", answer="that", keys={}, price_date=None),
        record(3, outcome="failed", usage=Usage(estimated=True), fell_back=True, purpose="judge"),
    ]
    for one in given:
        ledger.add(one)
    assert ledger.flush()
    assert ledger.records() == given


def test_a_row_has_every_column_and_every_kind_of_token():
    """A kind of token that `Usage` gets and the table does not would be lost in silence."""
    tokens = {field.name for field in fields(Usage) if field.name.endswith("_tokens")}
    assert {name for name in CallRow._fields if name.endswith("_tokens")} == tokens
    assert set(CallRow._fields) == set(schema.calls.columns.keys())
    numbers = {name: n for n, name in enumerate(sorted(tokens), start=1)}
    row = row_of(record(0, usage=Usage(**numbers)))
    assert {name: getattr(row, name) for name in tokens} == numbers


def test_a_ledger_is_closed_at_the_end_of_its_block(database_url):
    """`SandboxServer` and `track_costs` are used with `with`; a ledger could not be."""
    with SqlLedger(database_url) as ledger:
        assert isinstance(ledger, SqlLedger)
        ledger.add(record(0))
    assert found_in(database_url, sa.text("select count(*) from smartroute_calls")) == [(1,)]

    def broken_off():
        with SqlLedger(database_url) as ledger:
            ledger.add(record(1))
            raise KeyError

    with pytest.raises(KeyError):
        broken_off()
    assert found_in(database_url, sa.text("select count(*) from smartroute_calls")) == [(2,)]


def test_a_record_given_twice_is_kept_and_summed_up_once(ledger, database_url):
    for _ in range(2):
        for number in range(10):
            ledger.add(record(number))
            ledger.add(record(number))
        assert ledger.flush()
    assert len(ledger.records()) == 10
    plain = sa.select(sa.func.sum(days.c.calls), sa.func.sum(days.c.cost_pico))
    (found,) = found_in(database_url, plain.where(days.c.label == ""))
    assert tuple(map(int, found)) == (10, 45 * 10**12 + 10 * 3625)


def test_two_ledgers_that_write_the_same_records_at_once_keep_each_once(database_url):
    given = [record(number) for number in range(400)]
    ledgers = [SqlLedger(database_url, timeout_s=30) for _ in range(4)]
    ledgers[0].open()

    def fill(ledger):
        for one in given:
            ledger.add(one)
        assert ledger.flush()

    threads = [threading.Thread(target=fill, args=[ledger]) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledgers[0].records() == given
    total = sa.select(sa.func.sum(days.c.calls)).where(days.c.label == "")
    assert [int(n) for (n,) in found_in(database_url, total)] == [400]
    for ledger in ledgers:
        ledger.close()


def test_texts_that_no_database_accepts_are_cleaned(ledger):
    ledger.add(record(0, alias="a\0b", keys={"user": "\ud800x"}))
    assert ledger.flush()
    (found,) = ledger.records()
    assert (found.alias, found.keys) == ("a�b", {"user": "?x"})


def test_a_record_that_is_refused_is_lost_and_counted_and_the_others_are_kept(ledger, caplog):
    huge = record(1, usage=Usage(input_tokens=2**70))
    with caplog.at_level(logging.WARNING):
        for one in (record(0), huge, record(2)):
            ledger.add(one)
        assert not ledger.flush()
    assert [one.run_id for one in ledger.records()] == ["run-000000", "run-000002"]
    assert (ledger.status.written, ledger.status.lost) == (2, 1)
    assert "loses records" in caplog.text


def test_an_outage_in_the_middle_of_a_refused_batch_loses_nothing():
    """A record that the store had no time for was counted as one that it refuses."""
    stored, outages = [], ["the server restarts"]

    def write(items):
        if "bad" in items:
            raise ValueError("one of them is no record")
        if "b" in items and outages:
            raise StorageError(outages.pop())
        stored.extend(items)

    writer = BackgroundWriter(write, linger_s=0.1)
    for item in ("a", "bad", "b", "c"):
        writer.put(item)
    assert not writer.flush()
    assert stored == ["a", "b", "c"]
    assert (writer.status.written, writer.status.lost, writer.status.error) == (3, 1, None)
    writer.close()


def test_what_is_acknowledged_is_told(database_url):
    told = []
    ledger = SqlLedger(database_url, on_stored=told.extend)
    for number in range(3):
        ledger.add(record(number))
    assert ledger.close()
    assert told == ["run-000000", "run-000001", "run-000002"]


def test_nothing_of_prompt_and_answer_is_stored_unless_asked_for(ledger, router):
    router.invoke("A secret: 4711", {"callbacks": [CostCallbackHandler(ledger=ledger)]})
    (found,) = ledger.records()
    assert (found.prompt, found.answer) == (None, None)
    hide = CostCallbackHandler(ledger=ledger, redact=lambda text: text.replace("4711", "#"))
    router.invoke("A secret: 4711", {"callbacks": [hide]})
    kept = ledger.records()[-1]
    assert kept.prompt == "A secret: #"
    assert kept.answer
    assert "4711" not in kept.answer


def test_a_redaction_that_raises_stores_nothing(ledger, router, caplog):
    def broken(text):
        raise RuntimeError(text)

    costs = CostCallbackHandler(ledger=ledger, redact=broken)
    assert router.invoke("A secret: 4711", {"callbacks": [costs]}).text
    assert ledger.records()[0].prompt is None
    assert "4711" not in caplog.text


def test_repricing_keeps_what_was_charged(ledger):
    price = {
        "input_usd_per_mtok": "1",
        "output_usd_per_mtok": "2",
        "source": "the new page",
        "date": "2026-11-25",
        "variants": [{"service_tier": "flex", "input_usd_per_mtok": "1"}],
    }
    for number in range(3):
        ledger.add(record(number, alias="house"))
    ledger.add(record(3, alias="nobody knows"))
    since = NOON + timedelta(seconds=1)
    marks = iter([NOON + timedelta(days=1), NOON + timedelta(days=2)])
    assert ledger.reprice(PriceBook({"house": price}), since=since, now=lambda: next(marks)) == 2
    assert ledger.reprice(PriceBook({"house": price}), since=since, now=lambda: next(marks)) == 2
    assert [one.cost_usd for one in ledger.records()] == [
        Decimal("0.000000003625") + number for number in range(4)
    ]
    # 1,001 tokens at $1 and 200 at $2 per million.
    found = ledger.repricings()
    assert found["run-000001"] == [(1_401 * 10**6, "the new page")] * 2
    assert set(found) == {"run-000001", "run-000002"}


def test_a_ledger_of_version_one_is_opened_and_its_days_summed_up(database_url, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr("langchain_smartroute.accounting.sql.MIGRATIONS", schema.MIGRATIONS[:1])
        before.setattr("langchain_smartroute.accounting.sql.store_sums", lambda *_: None)
        old = SqlLedger(database_url)
        for number in range(5):
            old.add(record(number))
        assert old.close()
    now = SqlLedger(database_url)
    now.add(record(5))
    assert len(now.records()) == 6
    sums = sa.select(days.c.label, sa.func.sum(days.c.calls)).group_by(days.c.label)
    found = {label: int(n) for label, n in found_in(database_url, sums)}
    assert found == {"": 6, "team": 6, "user": 6, "tag": 12}
    now.close()


def test_a_ledger_of_a_newer_release_is_refused(database_url):
    made = SqlLedger(database_url)
    made.add(record(0))
    assert made.close()
    database = Database(database_url)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE smartroute_versions SET version = 99")
    database.close()
    newer = SqlLedger(database_url)
    with pytest.raises(StorageError, match=r"has version 99, this release reads up to 2; upgrade"):
        newer.open()
    newer.close()


def test_several_may_open_a_new_ledger_at_once(database_url):
    ledgers = [SqlLedger(database_url, timeout_s=30) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(SqlLedger.open, ledgers))
    for ledger in ledgers:
        ledger.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "not the URL of a database"),
        ("mysql://x/y", "use sqlite or postgresql"),
    ],
)
def test_an_invalid_url_is_an_error_that_says_so(url, told):
    with pytest.raises(ConfigurationError, match=told):
        SqlLedger(url)


def test_a_password_is_never_shown():
    ledger = SqlLedger("postgresql://me:hunter2@127.0.0.1:1/none", timeout_s=0.2)
    assert "hunter2" not in repr(ledger)
    with pytest.raises(StorageError) as told:
        ledger.open()
    assert "hunter2" not in str(told.value)


def test_a_corrupt_file_is_a_clear_error_and_records_wait(tmp_path, caplog):
    path = tmp_path / "broken.db"
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    ledger = SqlLedger(f"sqlite:///{path}")
    with pytest.raises(StorageError, match="file is not a database"):
        ledger.open()
    ledger.add(record(0))
    assert not ledger.flush(timeout_s=0.5)
    assert ledger.status.waiting == 1
    assert "not a database" in ledger.status.error
    assert caplog.text.count("cannot be written to") == 1
    path.unlink()
    assert ledger.flush(timeout_s=20)
    assert ledger.status.written == 1
    ledger.close()


def test_a_locked_database_makes_records_wait_not_calls(tmp_path):
    path = tmp_path / "locked.db"
    ledger = SqlLedger(f"sqlite:///{path}", timeout_s=0.1)
    ledger.open()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    began = time.perf_counter()
    for number in range(1_000):
        ledger.add(record(number))
    assert time.perf_counter() - began < 1
    assert not ledger.flush(timeout_s=0.5)
    assert "locked" in ledger.status.error
    holder.execute("ROLLBACK")
    holder.close()
    assert ledger.flush(timeout_s=20)
    assert ledger.status.written == 1_000
    assert ledger.status.error is None
    ledger.close()


def test_a_full_queue_counts_the_records_that_it_loses(tmp_path, caplog):
    ledger = SqlLedger(f"sqlite:///{tmp_path}", max_waiting=5)  # a folder is no file
    for number in range(8):
        ledger.add(record(number))
    assert (ledger.status.waiting, ledger.status.lost) == (5, 3)
    assert caplog.text.count("loses records") == 1
    assert not ledger.close(timeout_s=0.1)
