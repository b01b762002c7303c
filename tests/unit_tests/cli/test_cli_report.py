"""`smartroute report` and `smartroute prices check`, as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from langchain_smartroute import CallRecord, SqlLedger, Usage
from langchain_smartroute.cli import prices as prices_module


@pytest.fixture
def ledger(database_url):
    made = SqlLedger(database_url)
    for number in range(20):
        made.add(
            CallRecord(
                run_id=f"r{number}",
                alias="gpt-4o" if number % 2 else "glm-5.1",
                task="code",
                outcome="accepted",
                usage=Usage(input_tokens=1_000, output_tokens=100),
                cost_usd=None if number == 0 else Decimal("0.001"),
                unpriced="no price for the model" if number == 0 else None,
                latency_s=0.5,
                started_at=datetime(2026, 11, 1 + number, tzinfo=UTC),
                keys={"user": f"u{number % 3}"},
            )
        )
    assert made.close()
    return database_url


def test_the_table_says_what_was_spent(ledger, smartroute):
    done = smartroute("report", "--ledger", ledger, "--baseline", "gpt-4o")
    assert done.exit_code == 0, done.output
    assert "spent" in done.output
    assert "and 1 calls of unknown cost" in done.output
    assert "no price for the model" in done.output


def test_json_is_exact(ledger, smartroute):
    done = smartroute("report", "--ledger", ledger, "--since", "2026-11-11", "--format", "json")
    found = json.loads(done.output)
    assert found["spent_usd"] == "0.01"
    assert found["calls"] == 10
    assert [row["model"] for row in found["By model"]] == ["glm-5.1", "gpt-4o"]


@pytest.mark.parametrize(("by", "rows"), [("model", 2), ("task", 1), ("day", 20), ("key", 3)])
def test_csv_by_each_division(ledger, smartroute, by, rows):
    done = smartroute("report", "--ledger", ledger, "--by", by, "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(done.output)))) == rows


@pytest.mark.parametrize("written", ["csv", "html", "json"])
def test_what_is_piped_is_what_is_in_a_file(smartroute, sqlite_url, tmp_path, written):
    """Colours were taken out of names: two users became one."""
    ledger = SqlLedger(sqlite_url)
    for number, user in enumerate(("bob", "b\x1b[31mob")):
        usage = Usage(input_tokens=1, output_tokens=1)
        ledger.add(
            CallRecord(
                run_id=f"r{number}", alias="gpt-4o", outcome="accepted", usage=usage,
                cost_usd=Decimal(1), latency_s=0.5, keys={"user": user},
            )
        )  # fmt: skip
    assert ledger.close()
    asked = ("report", "--ledger", sqlite_url, "--by", "key", "--format", written)
    smartroute(*asked, "--output", tmp_path / "file")
    assert smartroute(*asked).stdout == (tmp_path / "file").read_text(encoding="utf-8")


def test_html_goes_to_a_file(ledger, smartroute, tmp_path):
    path = tmp_path / "report.html"
    done = smartroute("report", "--ledger", ledger, "--format", "html", "--output", path)
    assert done.exit_code == 0
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_is_an_error(ledger, smartroute, tmp_path):
    done = smartroute("report", "--ledger", ledger, "--output", tmp_path / "no" / "where")
    assert done.exit_code == 1
    assert "cannot be written (No such file or directory)" in done.output


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("missing.db", None, "unable to open database file"),
        ("broken.db", b"no database at all, in no way" * 50, "file is not a database"),
        ("empty.db", b"", "there is no ledger in it yet; correct the URL"),
    ],
)
def test_a_ledger_that_cannot_be_read_says_why(smartroute, tmp_path, name, content, told):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    done = smartroute("report", "--ledger", f"sqlite:///{path}")
    assert done.exit_code == 1
    assert told in done.output
    assert content is not None or not path.exists()


@pytest.mark.parametrize("folder", ["a#b", "a%41", "my ledgers"])
def test_a_ledger_is_found_in_any_folder(smartroute, tmp_path, folder):
    """A reader took these characters for parts of an address, and found nothing."""
    (tmp_path / folder).mkdir()
    url = f"sqlite:///{tmp_path}/{folder.replace('%', '%25')}/costs.db"
    ledger = SqlLedger(url)
    ledger.open()
    ledger.close()
    done = smartroute("report", "--ledger", url)
    assert done.exit_code == 0, done.output


def test_a_newer_ledger_is_refused(smartroute, sqlite_url):
    ledger = SqlLedger(sqlite_url)
    ledger.open()
    ledger.close()
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE smartroute_versions SET version = 77")
    connection.close()
    done = smartroute("report", "--ledger", sqlite_url)
    assert "version 77, this release reads up to 2" in done.output


def test_reading_writes_nothing(smartroute, sqlite_url):
    ledger = SqlLedger(sqlite_url)
    ledger.open()
    ledger.close()
    path = sqlite_url.removeprefix("sqlite:///")
    os.chmod(path, 0o444)  # noqa: PTH101 - as a user does
    before = os.stat(path).st_mtime_ns  # noqa: PTH116 - as above
    assert smartroute("report", "--ledger", sqlite_url).exit_code == 0
    assert os.stat(path).st_mtime_ns == before  # noqa: PTH116 - as above


def test_a_baseline_that_nobody_has_a_price_for_is_an_error(ledger, smartroute):
    done = smartroute("report", "--ledger", ledger, "--baseline", "gpt-99")
    assert done.exit_code == 1
    assert "no price for it is known" in done.output


def test_the_prices_of_a_catalog_are_compared(smartroute):
    done = smartroute("prices", "check", "--catalog", "default")
    assert done.exit_code == 0
    assert "genai-prices does not know glm-4v at zhipuai" in done.output
    assert "cached_input_usd_per_mtok" in done.output


def test_the_comparison_as_json(smartroute, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """
        [models.same]
        model = "gpt-4o"
        provider = "openai"
        [[models.same.prices]]
        input_usd_per_mtok = "2.5"
        output_usd_per_mtok = "10"
        cached_input_usd_per_mtok = "1.25"
        source = "a test"
        date = 2026-11-23
        [models.none]
        model = "gpt-5.1"
        provider = "openai"
        """,
        encoding="utf-8",
    )
    found = json.loads(smartroute("prices", "check", "--catalog", path, "--format", "json").output)
    (difference,) = found["differences"]
    assert difference["alias"] == "none"
    assert difference["rates"]["input_usd_per_mtok"] == [None, "1.25"]


def test_without_genai_prices_the_comparison_says_what_to_do(smartroute, monkeypatch):
    monkeypatch.setattr(prices_module, "find_package", lambda name: None)
    done = smartroute("prices", "check")
    assert done.exit_code == 1
    assert 'pip install "langchain-smartroute[prices]"' in done.output
