"""The spending report: every figure derived here, and every way of showing it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from langchain_smartroute import CallRecord, Catalog, Usage
from langchain_smartroute.accounting.rollup import Rollup, add_to_rollup
from langchain_smartroute.accounting.rows import labels_of, row_of
from langchain_smartroute.report import (
    Bars,
    Column,
    Document,
    Lines,
    Section,
    SpendingReport,
    Table,
    as_csv,
    as_html,
    as_text,
)
from langchain_smartroute.report.document import shown

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def spec(alias, rate, quality):
    price = {
        "input_usd_per_mtok": rate,
        "output_usd_per_mtok": rate,
        "source": "a test",
        "date": "2026-01-01",
    }
    return {"alias": alias, "prices": [price], "quality": {"code": quality}}


CATALOG = Catalog(
    models=[
        spec("small", "1", 0.2),
        spec("large", "10", 0.9),
        spec("middle", "4", 0.5),
        {
            **spec("fee", "1", 0.1),
            "prices": [{**spec("fee", "1", 0.1)["prices"][0], "request_usd": "0.5"}],
        },
        {"alias": "priceless", "quality": {"code": 0.1}},
    ]
)


def record(number, alias="small", **fields):
    made = CallRecord(
        run_id=f"r{number}",
        alias=alias,
        task="code",
        outcome="accepted",
        usage=Usage(input_tokens=600_000, output_tokens=400_000),
        cost_usd=Decimal(1),
        latency_s=1.0,
        started_at=NOON,
    )
    return replace(made, **fields)


RECORDS = [
    record(0),
    record(1, escalated=True, attempt=1, keys={"user": "ann"}),
    record(2, alias="large", cost_usd=Decimal(10), outcome="rejected", latency_s=3.0),
    record(3, alias="large", cost_usd=Decimal(10), latency_s=3.0, fell_back=True),
    record(4, cost_usd=Decimal(0), usage=Usage(), outcome="failed"),
    record(5, cost_usd=Decimal(0), outcome="cached", started_at=NOON + timedelta(days=2)),
    record(6, cost_usd=Decimal("0.25"), purpose="judge", usage=Usage(input_tokens=5)),
]


def rolled(records, label=None):
    rollup = Rollup()
    add_to_rollup(rollup, ((row_of(one), labels_of(one)) for one in records))
    wanted = label or ""
    rollup.days = {key: sums for key, sums in rollup.days.items() if key[1] == wanted}
    return rollup


def report(records=RECORDS, **settings):
    settings = {"rollup": rolled(records), "catalog": CATALOG, **settings}
    return SpendingReport(**settings).document()


def table_of(document, title):
    (section,) = [s for s in document.sections if s.title == title]
    (table,) = section.tables
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def test_every_figure_is_what_the_records_come_to():
    found = report(baseline="middle").figures
    assert found["spent_usd"] == Decimal("22.25")
    assert (found["calls"], found["answers"], found["requests"]) == (7, 4, 5)
    assert found["overhead_usd"] == Decimal("0.25")
    assert found["discarded_usd"] == 10
    # Of four answers one came after a rejection and one after a failure.
    assert (found["escalated_pct"], found["fell_back_pct"]) == (25.0, 25.0)
    # Three accepted answers of a million tokens each; the cached one costs nobody anything.
    assert found["instead_usd"] == {
        "baseline middle": 12,
        "always cheapest (small)": 3,
        "always strongest (large)": 30,
    }
    assert found["saved_pct"]["always strongest (large)"] == pytest.approx(100 * 7.75 / 30)
    assert found["saved_pct"]["baseline middle"] == pytest.approx(100 * -10.25 / 12)


def test_latencies_are_told_to_within_their_steps():
    found = report().figures
    assert found["latency_p50_s"] == pytest.approx(1.0, rel=0.025)
    assert found["latency_p95_s"] == pytest.approx(3.0, rel=0.025)


def test_a_fee_for_each_call_counts_each_call():
    found = report([record(n) for n in range(4)], baseline="fee").figures
    assert found["instead_usd"]["baseline fee"] == 4 * Decimal("1.5")


def test_with_an_unknown_cost_no_saving_is_claimed():
    unknown = record(9, cost_usd=None, unpriced="no price for the model")
    made = report(
        [*RECORDS, unknown],
        baseline="middle",
        unknown={("small", "no price for the model"): 1},
    )
    assert made.figures["unpriced_calls"] == 1
    assert set(made.figures["saved_pct"].values()) == {None}
    assert table_of(made, "Of unknown cost") == [
        {"model": "small", "why": "no price for the model", "calls": 1}
    ]


def test_a_baseline_without_a_price_is_unknown():
    assert report(baseline="priceless").figures["instead_usd"]["baseline priceless"] is None


def test_the_table_by_model():
    large, small = table_of(report(), "By model")
    assert (large["model"], large["calls"], large["answers"]) == ("large", 2, 1)
    assert large["spent"] == 20
    assert large["share"] == pytest.approx(100 * 20 / 22.25)
    assert large["p50"] == pytest.approx(3.0, rel=0.025)
    assert (small["calls"], small["spent"]) == (5, Decimal("2.25"))


def test_the_table_by_day_is_in_its_order():
    rows = table_of(report(by="day"), "By day")
    assert [(row["day"], row["calls"]) for row in rows] == [("2026-11-23", 6), ("2026-11-25", 1)]


def test_the_table_by_task_and_by_key():
    assert [row["task"] for row in table_of(report(by="task"), "By task")] == ["code"]
    (row,) = table_of(report(by="key", labelled=rolled(RECORDS, "user")), "By key")
    assert (row["key"], row["calls"], row["spent"]) == ("ann", 1, 1)


def test_a_ledger_without_calls_is_a_report_too():
    made = report([])
    assert made.subtitle == "no calls"
    assert made.figures["spent_usd"] == 0
    assert made.figures["escalated_pct"] is None
    assert "<html" in as_html(made)
    assert "unknown" in as_text(made)


def test_days_without_calls_are_in_the_trend():
    (_, lines) = report().sections[0].charts
    assert lines.along == ("11-23", "11-24", "11-25")
    assert lines.series["small"] == (2.25, 0.0, 0.0)


def test_beyond_a_few_models_the_rest_is_drawn_as_one():
    made = report([record(n, alias=f"m{n}", cost_usd=Decimal(n + 1)) for n in range(9)])
    (bars, lines) = made.sections[0].charts
    assert len(bars.values) == 9
    assert list(lines.series) == ["m8", "m7", "m6", "m5", "m4", "others"]
    assert lines.series["others"] == (1 + 2 + 3 + 4,)


NASTY = '<script>alert("x")</script>&\'"'


class Page(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


def nasty_report():
    records = [
        record(n, alias=f"{NASTY}{n}", task=NASTY, unpriced=NASTY, cost_usd=None) for n in range(7)
    ]
    return report(records, unknown={(NASTY, NASTY): 1}, source=NASTY)


def test_every_text_in_the_page_is_escaped():
    page = Page()
    page.feed(as_html(nasty_report()))
    assert "script" not in page.tags
    assert NASTY in "".join(page.text)
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")}


def test_the_page_fetches_nothing():
    page = as_html(report())
    for word in ("http:", "https:", "src=", "url(", "@import", "<link", "<script"):
        assert word not in page.replace("default-src", "")
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page


def test_a_spreadsheet_runs_nothing():
    rows = list(csv.reader(io.StringIO(as_csv(report([record(0, alias="=cmd()")])))))
    assert rows[1][0] == "'=cmd()"
    assert rows[0][:4] == ["model", "calls", "answers", "spent"]


def test_csv_is_exact():
    one = report([record(0, cost_usd=Decimal("0.000000000001"))])
    (row,) = csv.DictReader(io.StringIO(as_csv(one)))
    assert row["spent"] == "0.000000000001"


def test_text_lines_numbers_up():
    lines = as_text(report()).splitlines()
    at = lines.index("By model")
    assert len({line.index("calls") + 5 for line in lines[at + 1 : at + 2]}) == 1
    assert lines[at + 2].startswith("  large      2")


def test_a_name_does_nothing_to_a_terminal():
    """Whoever is named by a caller could clear it, or add lines that look like the report's."""
    told = as_text(report([record(0, alias="a\x1b[2J\nspent $0 \u202e")]))
    assert "\x1b" not in told
    assert r"  a\x1b[2J\nspent $0 \u202e  " in told


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (None, "usd", "unknown"),
        (None, "text", "–"),
        (Decimal("1234.5"), "usd", "$1,234.50"),
        (Decimal("0.00001234567"), "usd", "$0.00001235"),
        (Decimal(0), "usd", "$0.00"),
        (Decimal("0.000000000001"), "usd", "$0.000000000001"),
        (Decimal("0.99996"), "usd", "$1.00"),
        (Decimal("0.5"), "usd", "$0.5"),
        (Decimal("-2.5"), "usd", "-$2.50"),
        (12.345, "percent", "12.3 %"),
        (0.1234, "seconds", "0.123 s"),
        (12.3, "seconds", "12.30 s"),
        (9_999_999, "count", "9,999,999"),
        (12_345_678, "count", "12.3 M"),
        ("x", "text", "x"),
    ],
)
def test_values_in_words(value, kind, words):
    assert shown(value, kind) == words


def test_any_figures_can_be_shown():
    """The renderer knows nothing of money."""
    document = Document(
        title="Quality",
        sections=(
            Section(
                title="Accuracy",
                charts=(
                    Bars(title="By task", values={}),
                    Lines(title="By size", along=("1", "2"), series={"ours": (0.5, 0.7)}),
                ),
                tables=(Table(columns=(Column(name="task"),), rows=(("code",),)),),
            ),
        ),
    )
    page = as_html(document)
    assert "polyline" in page
    assert as_csv(document) == "task\ncode\n"


def test_second_opinions_are_named_among_what_is_no_answer():
    """Their cost was told as that of "classifiers and judges", of which there were none."""
    told = as_text(report([record(0), record(1, purpose="second_opinion", cost_usd=Decimal(2))]))
    (line,) = [line for line in told.splitlines() if "opinions  " in line]
    assert line.split() == ["classifiers,", "judges,", "opinions", "$2.00"]


def test_calls_that_do_not_have_the_key_are_told():
    """A misspelt key gave an empty table, and rows that did not add up to what was spent."""
    tagged = [record(0, tags=("a", "b")), record(1)]
    for key, words in (("user", "6 of 7 calls"), ("usr", "7 of 7 calls")):
        told = as_text(report(by="key", labelled=rolled(RECORDS, key)))
        assert f"{words} do not have this key." in told
    # A call may have several tags, or none, so that their sums do not tell.
    assert "this key" not in as_text(report(tagged, by="key", labelled=rolled(tagged, "tag")))
