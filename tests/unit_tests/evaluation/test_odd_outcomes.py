"""Outcomes as they are found: what cannot be is an error that says so, the rest is read."""

from __future__ import annotations

import json
import time as clock
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from known_outcomes import price_at

from langchain_smartroute import CallRecord, SqlLedger, Usage
from langchain_smartroute.errors import ConfigurationError, StorageError
from langchain_smartroute.evaluation import OutcomeTable, read_outcomes

ROWS = [
    {"prompt": "one", "model": "a", "score": 1.0, "output_chars": 40},
    {"prompt": "one", "model": "b", "score": 0.5, "output_chars": 80},
]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt_tokens", -50),
        ("completion_tokens", float("inf")),
        ("cost_usd", -0.1),
        ("latency_s", -2),
        ("output_chars", "1e999"),
    ],
)
def test_an_amount_that_cannot_be_is_an_error(name, value):
    """A negative count of tokens was charged as a negative cost, and an infinite one for all."""
    with pytest.raises(ConfigurationError, match=f"row 2: {name} = .* cannot be; correct it"):
        OutcomeTable.from_records([ROWS[0], {**ROWS[1], name: value}])


@pytest.mark.parametrize(
    "time", ["1792238400", "1792238400.0", "2026-10-17T12:00:00", "2026-10-17T14:00:00+02:00"]
)
def test_a_time_is_seconds_or_a_date_in_utc(tmp_path, time, monkeypatch):
    """Seconds in a CSV file were no number; a time without a zone was one of this machine's."""
    path = tmp_path / "outcomes.csv"
    path.write_text(f"prompt,model,score,time\none,a,1,{time}\n")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        clock.tzset()
        found = read_outcomes(path)
    clock.tzset()
    assert found.times.tolist() == [1792238400.0]


def test_times_of_a_parquet_file_may_be_texts_or_dates(tmp_path):
    """A column of texts held "no numbers", though the same texts are read from other files."""
    path = tmp_path / "outcomes.parquet"
    for time in ("2026-10-17T14:00:00+02:00", "1792238400"):
        pq.write_table(pa.Table.from_pylist([{**ROWS[0], "time": time}]), path)
        assert read_outcomes(path).times.tolist() == [1792238400.0]
    for time in (date(2026, 10, 17), datetime(2026, 10, 17, tzinfo=UTC), "2026-10-17"):
        pq.write_table(pa.Table.from_pylist([{**ROWS[0], "time": time}]), path)
        assert read_outcomes(path).times.tolist() == [1792195200.0]
    pq.write_table(pa.Table.from_pylist([{**ROWS[0], "time": "soon"}]), path)
    with pytest.raises(ConfigurationError, match="column 'time' holds no numbers"):
        read_outcomes(path)


def test_a_time_that_is_none_is_said():
    with pytest.raises(ConfigurationError, match="time = 'soon' is no date or time"):
        OutcomeTable.from_records([{**ROWS[0], "time": "soon"}])


def test_half_a_surrogate_pair_can_be_shown(tmp_path):
    """A prompt that was cut within an emoji ended a report in a UnicodeEncodeError."""
    path = tmp_path / "outcomes.jsonl"
    path.write_text(json.dumps({**ROWS[0], "prompt": "Grüße \ud83d", "answer": ["\ud83d"]}) + "\n")
    found = read_outcomes(path)
    assert found.prompts == ("Grüße ?",)
    assert found.answer(0, 0) == '["?"]'


def test_a_mark_at_the_beginning_of_a_file_is_no_content(tmp_path):
    path = tmp_path / "outcomes.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(ROWS[0]).encode())
    assert read_outcomes(path).prompts == ("one",)


def test_a_ledger_s_file_is_told_to_be_given_by_its_url(tmp_path):
    path = tmp_path / "costs.db"
    path.write_bytes(b"")
    with pytest.raises(ConfigurationError, match="a ledger by its URL"):
        read_outcomes(path)


def test_a_recorded_cost_counts_where_tokens_for_a_price_are_unknown():
    """It became unknown as soon as its model had a price."""
    rows = [
        {"prompt": "one", "model": "a", "score": 1, "cost_usd": 0.25},
        {"prompt": "two", "model": "a", "score": 1, "cost_usd": 0.25, "prompt_tokens": 1_000_000},
    ]
    rows[1]["completion_tokens"] = 0
    found = OutcomeTable.from_records(rows).priced({"a": price_at("3", "15")})
    assert found.cost_usd[:, 0].tolist() == [0.25, 3.0]


def test_a_ledger_that_is_not_there_is_not_made(tmp_path):
    """A wrong path made an empty ledger, and the error was that no prompt is in it."""
    path = tmp_path / "typo.db"
    with pytest.raises(StorageError, match="there is no such file"):
        read_outcomes(f"sqlite:///{path}")
    assert not path.exists()


@pytest.mark.parametrize("score", ["1.5", "-0.1", "nan", "", "good"])
def test_a_score_outside_its_range_names_the_file_of_scores(tmp_path, score):
    """It named a row of the ledger, which nobody can look up."""
    path = tmp_path / "scores.csv"
    path.write_text(f"decision_id,score\nabc,{score}\n")
    with pytest.raises(ConfigurationError, match=r"scores.csv, row 1: needs .* score from 0 to 1"):
        read_outcomes("sqlite:///unread.db", scores=path)


def test_a_record_s_own_score_that_is_none_names_its_run(sqlite_url):
    """It named a row of the ledger, in an order of its own."""
    with SqlLedger(sqlite_url) as ledger:
        usage = Usage(input_tokens=1, output_tokens=1)
        made = {"alias": "a", "outcome": "accepted", "usage": usage, "cost_usd": Decimal(1)}
        keys = {"score": "good"}
        ledger.add(CallRecord(run_id="run-7", prompt="one", keys=keys, latency_s=1.0, **made))
        ledger.flush()
    with pytest.raises(ConfigurationError, match="key score of run run-7 is 'good', no number"):
        read_outcomes(sqlite_url)
