"""Tables of outcomes: what is read, what is left out and said, what is an error."""

from __future__ import annotations

import csv
import gzip
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from known_outcomes import price_at, rows_by_chance

from langchain_smartroute.catalog import cost_usd
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation import (
    OutcomeTable,
    read_outcomes,
    split_by_prompt,
    split_by_source,
    split_by_time,
)
from langchain_smartroute.types import Usage

ROWS = [
    {"prompt": "one", "model": "a", "score": 1.0, "dataset": "x", "output_chars": 40},
    {"prompt": "one", "model": "b", "score": 0.5, "dataset": "x", "output_chars": 80},
    {"prompt": "two", "model": "a", "score": 0.0, "dataset": "y", "output_chars": 4},
]


def written(tmp_path, kind):
    path = tmp_path / f"outcomes{kind}"
    if kind == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif kind == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(ROWS[0]))
            writer.writeheader()
            writer.writerows(ROWS)
    else:
        text = "".join(json.dumps(row) + "\n" for row in ROWS)
        path.write_bytes(gzip.compress(text.encode()) if kind.endswith("gz") else text.encode())
    return path


@pytest.mark.parametrize("kind", [".parquet", ".csv", ".jsonl", ".jsonl.gz"])
def test_every_kind_of_file_gives_the_same_table(tmp_path, kind):
    found = read_outcomes(written(tmp_path, kind))
    assert found.models == ("a", "b")
    assert found.prompts == ("one", "two")
    np.testing.assert_array_equal(found.score, [[1.0, 0.5], [0.0, np.nan]])
    assert found.datasets.tolist() == ["x", "y"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_columns_of_csv_are_separated_as_spreadsheets_do(tmp_path, delimiter):
    """A file of a German spreadsheet had one column, `prompt;model;score`."""
    path = tmp_path / "outcomes.csv"
    long = "a, b; c" * 30_000
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([("prompt", "model", "score"), (long, "a", 1), ("x, y; z", "a", 0.5)])
    found = read_outcomes(path)
    assert found.prompts == (long, "x, y; z")
    assert found.score.ravel().tolist() == [1.0, 0.5]


@pytest.mark.parametrize("damage", ["cut", "changed", "plain"])
def test_a_damaged_archive_is_said(tmp_path, damage):
    path = written(tmp_path, ".jsonl.gz")
    content = path.read_bytes()
    middle = content[:20] + bytes(byte ^ 255 for byte in content[20:40]) + content[40:]
    path.write_bytes({"cut": content[:-20], "changed": middle, "plain": b"{}\n"}[damage])
    with pytest.raises(ConfigurationError, match=r"cut or damaged|cannot be read"):
        read_outcomes(path)


def test_a_folder_is_read_whole_and_equal_prompts_of_two_files_are_one(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(ROWS[0]) + "\n")
    (tmp_path / "b.jsonl").write_text(json.dumps({**ROWS[1], "prompt": " one\n"}) + "\n")
    (tmp_path / "readme.txt").write_text("not outcomes")
    found = read_outcomes(tmp_path)
    assert len(found) == 1
    assert "1 prompts merged that differ in white space alone" in found.notes


def test_rows_of_one_prompt_and_model_count_once_and_it_is_said():
    again = [*ROWS, ROWS[0], {**ROWS[1], "score": 0.0}]
    found = OutcomeTable.from_records(again)
    assert found.score[0].tolist() == [1.0, 0.5]
    assert any(
        note.startswith("2 rows left out") and "(1 with another score)" in note
        for note in found.notes
    )


def test_missing_tokens_are_characters_by_four_and_it_is_said():
    found = OutcomeTable.from_records(ROWS)
    assert found.output_tokens[0].tolist() == [10.0, 20.0]
    assert found.input_tokens[0].tolist() == [3 / 4, 3 / 4]
    assert "tokens of 3 calls are estimated as characters / 4" in found.notes


def test_costs_in_floats_agree_with_exact_ones_to_a_part_in_a_billion():
    draws = np.random.default_rng(3)
    price = price_at("0.1234", "5.6789")
    tokens = draws.integers(1, 200_000, (50, 2)).tolist()
    found = OutcomeTable.from_records(
        {
            "prompt": str(n),
            "model": "a",
            "score": 1,
            "prompt_tokens": asked,
            "completion_tokens": answered,
        }
        for n, (asked, answered) in enumerate(tokens)
    ).priced({"a": price})
    exact = [cost_usd(Usage(input_tokens=i, output_tokens=o), price) for i, o in tokens]
    for ours, theirs in zip(found.cost_usd[:, 0].tolist(), exact, strict=True):
        assert abs(Decimal(ours) / theirs - 1) < Decimal("1e-9")


def test_a_table_shows_no_prompt(table):
    assert repr(table) == "OutcomeTable(prompts=3, models=2)"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.csv", None, "there is no such file"),
        ("odd.txt", "x", "unknown kind of file"),
        ("bad.csv", "prompt,score\nhi,1\n", "no column 'model'"),
        ("bad.jsonl", '{"prompt": "hi", "model": "a"}\n', "row 1: no 'score'"),
        ("bad.jsonl", "{\n", "line 1: no JSON"),
        ("deep.jsonl", "[" * 200_000, "line 1: no JSON"),
        ("bad.jsonl", "[1]\n", "line 1: must be an object"),
        ("bad.jsonl", '{"prompt": "hi", "model": "a", "score": 7}\n', "score = 7 is not in"),
        ("bad.jsonl", '{"prompt": "hi", "model": "a", "score": "x"}\n', "is no number"),
        ("bad.jsonl", "", "holds no outcomes"),
        ("bad.parquet", "x", "cannot be read as parquet"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, name, content, words):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=words):
        read_outcomes(path)


@pytest.mark.parametrize("kind", [".parquet", ".jsonl"])
def test_a_nested_answer_is_read_as_json(tmp_path, kind):
    """Tool calls are kept as lists of objects; pyarrow's error about a cast came out instead."""
    calls = [[{"name": "f", "arguments": {"city": "Zürich"}}], None, []]
    rows = [{**row, "answer": answer} for row, answer in zip(ROWS, calls, strict=True)]
    path = tmp_path / f"outcomes{kind}"
    if kind == ".parquet":
        pq.write_table(pa.Table.from_pylist([{**row, "source": b"mine"} for row in rows]), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = read_outcomes(path)
    assert found.answer(0, 0) == '[{"name": "f", "arguments": {"city": "Zürich"}}]'


def test_a_missing_score_is_called_missing(tmp_path):
    path = tmp_path / "outcomes.parquet"
    pq.write_table(pa.Table.from_pylist([*ROWS, {**ROWS[0], "score": None}]), path)
    with pytest.raises(ConfigurationError, match="row 4: no score; leave the row out"):
        read_outcomes(path)


def test_a_parquet_file_without_a_column_says_which(tmp_path):
    path = tmp_path / "bad.parquet"
    pq.write_table(pa.table({"prompt": ["hi"], "model": ["a"]}), path)
    with pytest.raises(ConfigurationError, match="no column 'score'; its columns are prompt"):
        read_outcomes(path)


def test_an_empty_folder_and_unknown_names_are_errors(tmp_path, table):
    with pytest.raises(ConfigurationError, match="holds no"):
        read_outcomes(tmp_path)
    with pytest.raises(ConfigurationError, match="'x' is not in the outcomes; they hold large"):
        table.column("x")
    with pytest.raises(ConfigurationError, match="dataset 'x' is not in"):
        table.of_dataset(["x"])


def test_only_keeps_the_prompts_that_every_model_has():
    found = OutcomeTable.from_records(ROWS).only(["a", "b"])
    assert found.prompts == ("one",)
    assert "1 prompts left out, as a score of one of the models is missing" in found.notes


def test_splits_by_prompt_are_disjoint_whole_and_repeatable():
    found = OutcomeTable.from_records(rows_by_chance(100))
    parts = split_by_prompt(found, (0.5, 0.3, 0.2), seed=7)
    assert [len(part) for part in parts] == [50, 30, 20]
    assert {p for part in parts for p in part.prompts} == set(found.prompts)
    assert parts[0].prompts == split_by_prompt(found, (0.5, 0.3, 0.2), seed=7)[0].prompts
    with pytest.raises(ConfigurationError, match="add up to 1"):
        split_by_prompt(found, (0.5, 0.3), seed=7)


def test_splits_by_source_and_by_time():
    found = OutcomeTable.from_records(
        {**row, "time": f"2026-01-{31 - number % 30:02d}"}
        for number, row in enumerate(rows_by_chance(20))
    )
    rest, held = split_by_source(found, ["set 1"])
    assert set(held.datasets.tolist()) == {"set 1"} == set(found.datasets) - set(rest.datasets)
    with pytest.raises(ConfigurationError, match="'set 9' is not in the outcomes"):
        split_by_source(found, ["set 9"])
    before, after = split_by_time(found, 0.5)
    assert before.times.max() <= after.times.min()
    with pytest.raises(ConfigurationError, match="has no time"):
        split_by_time(OutcomeTable.from_records(ROWS), 0.5)
