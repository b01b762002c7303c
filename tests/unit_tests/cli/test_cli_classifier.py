"""`smartroute train`, `evaluate classifier` and `bench classifier`, on a few prompts."""

from __future__ import annotations

import json
import sys

import pytest

import langchain_smartroute.bench.classifier as bench
from langchain_smartroute.classify import LinearClassifier, UserRequest
from langchain_smartroute.evaluation import metrics

PROMPTS = {
    "code": "write a python function that {}",
    "math": "how much is {} times seven",
    "creative": "tell me a story about {}",
}
THINGS = (
    "sorts a list", "an old bear", "the river", "two sisters", "counts words", "a red kite",
    "finds primes", "my garden", "the last train", "reads a file",
)  # fmt: skip


@pytest.fixture(autouse=True)
def few_repetitions(monkeypatch):
    monkeypatch.setattr(metrics, "_RESAMPLES", 10)
    monkeypatch.setattr(bench, "_REPEATS", {200: 3, 16_000: 2})
    monkeypatch.setattr(bench, "_TURNS", (10,))


@pytest.fixture
def corpus(tmp_path):
    for part, things in (("one", THINGS[:5]), ("two", THINGS[5:])):
        rows = [
            {"text": prompt.format(thing), "task": task, "lang": "en", "difficulty": "easy"}
            for task, prompt in PROMPTS.items()
            for thing in things
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{part}.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def test_train_writes_what_the_classifier_reads_and_the_same_again(smartroute, corpus):
    first, second = corpus / "first.weights", corpus / "second.weights"
    shown = smartroute("train", "--data", corpus, "--out", first)
    assert shown.exit_code == 0, shown.output
    assert "30 prompts of 2 sources" in shown.stdout
    told = smartroute("train", "--data", corpus, "--out", second, "--format", "json")
    assert json.loads(told.stdout)["data"]["prompts"] == 30
    assert second.read_bytes() == first.read_bytes()
    asked = UserRequest(text="tell me a story about a river")
    assert LinearClassifier(first).classify(asked).task == "creative"


def test_train_says_what_is_wrong_with_data_and_with_the_place_to_write(smartroute, corpus):
    shown = smartroute("train", "--data", corpus / "nowhere", "--out", corpus / "x")
    assert shown.exit_code == 1
    assert "nowhere" in shown.stderr
    shown = smartroute("train", "--data", corpus, "--out", corpus / "no folder" / "x")
    assert shown.exit_code == 1
    assert "cannot be written" in shown.stderr


def test_evaluate_shows_figures_tables_and_plots(smartroute, corpus):
    hard = corpus / "heldout"
    hard.mkdir()
    levels = [{"text": "hi", "difficulty": "easy"}, {"text": "prove it", "difficulty": "hard"}]
    turns = [{"turns": ["Write a poem", "shorter"], "task": "creative"}]
    for name, rows in (("levels", levels), ("turns", turns)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (hard / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    plots = corpus / "plots"
    arguments = ("--difficulty", hard / "levels.jsonl", "--conversations", hard / "turns.jsonl")
    shown = smartroute("evaluate", "classifier", "--data", corpus, "--plots", plots, *arguments)
    assert shown.exit_code == 0, shown.output
    for words in ("all left-out sources: n = 30", "By languages", "labelled \\ predicted"):
        assert words in shown.stdout
    for words in ("always general", "calibration error", "rank correlation", "follow-ups, linear"):
        assert words in shown.stdout
    assert sorted(p.name for p in plots.iterdir()) == [
        "confusion.png",
        "reliability.png",
        "risk_coverage.png",
    ]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in plots.iterdir())


def test_evaluate_gives_json_and_names_a_file_that_cannot_be_read(smartroute, corpus):
    shown = smartroute("evaluate", "classifier", "--data", corpus, "--format", "json")
    found = json.loads(shown.stdout)
    assert found["parts"]["all left-out sources"]["count"] == 30
    assert sum(map(sum, found["confusion"])) == 30
    shown = smartroute(
        "evaluate", "classifier", "--data", corpus, "--difficulty", corpus / "none.jsonl"
    )
    assert shown.exit_code == 1
    assert "none.jsonl" in shown.stderr


def test_bench_times_every_classifier_on_every_text(smartroute):
    shown = smartroute("bench", "classifier")
    assert shown.exit_code == 0, shown.output
    for words in ("loading the weights", "history of 10 messages", "scikit-learn", "16,000"):
        assert words in shown.stdout
    found = json.loads(smartroute("bench", "classifier", "--format", "json").stdout)
    assert {t["name"] for t in found["timings"]} == {"linear", "patterns", "scikit-learn"}
    assert all(t["p50_us"] <= t["p95_us"] for t in found["timings"])


@pytest.mark.parametrize(
    ("missing", "verb"),
    [
        ("scipy", ("train", "--data", "x", "--out", "y")),
        ("matplotlib.figure", ("evaluate", "classifier", "--plots", "p", "--data")),
    ],
)
def test_without_the_extra_the_error_names_it(smartroute, corpus, monkeypatch, missing, verb):
    monkeypatch.setitem(sys.modules, missing, None)
    for name in ("training.matrix", "training.train", "training.fit"):
        monkeypatch.delitem(sys.modules, f"langchain_smartroute.classify.{name}", raising=False)
    monkeypatch.delitem(sys.modules, "langchain_smartroute.evaluation.plots", raising=False)
    shown = smartroute(*verb, *([corpus] if verb[-1] == "--data" else []))
    assert shown.exit_code == 1
    assert 'pip install "langchain-smartroute[eval]"' in shown.stderr


def test_misleading_ends_are_counted_beside_the_hard_requests_that_rise(smartroute, corpus):
    held = corpus / "held"
    held.mkdir()
    (held / "ends.jsonl").write_text('{"suffix": " proof"}\n', encoding="utf-8")
    hard = [
        {"text": "Prove that there is no largest prime number", "difficulty": "hard"},
        {"text": "hi", "difficulty": "easy"},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in hard)
    (held / "levels.jsonl").write_text(lines, encoding="utf-8")
    verb = ("evaluate", "misleading", "--data", corpus)
    verb += ("--suffixes", held / "ends.jsonl", "--difficulty", held / "levels.jsonl")
    found = json.loads(smartroute(*verb, "--format", "json").stdout)
    assert found["prompts"] > 0
    assert set(found["shares"]) == {" proof"}
    assert (found["hard"], found["risen"]) == (1, 1)
    shown = smartroute(*verb)
    assert shown.exit_code == 0, shown.output
    for words in ("1 ends on", "by 'proof'", "1 of 1 go to a dearer model"):
        assert words in shown.stdout


def test_bench_without_its_extra_says_how_to_get_it(smartroute, monkeypatch):
    """It was a traceback of twenty lines that ended in "No module named 'sklearn'"."""
    monkeypatch.setattr(bench, "find_package", lambda name: None)
    bench._pipeline.cache_clear()
    shown = smartroute("bench", "classifier")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert 'scikit-learn: pip install "langchain-smartroute[eval]"' in shown.stderr


def test_one_file_of_ones_own_is_measured_on_prompts_that_were_left_out(smartroute, corpus):
    """No source can be left out of one: what was told was how often the first task is right."""
    path, out = corpus / "one.jsonl", corpus / "own.weights"
    shown = smartroute("train", "--data", path, "--out", out, "--format", "json")
    tried = json.loads(shown.stdout)["evaluation"]
    assert tried["how"].startswith("prompts of one source left out in 3 groups")
    assert tried["accuracy"] > 0.8
    shown = smartroute("evaluate", "classifier", "--data", path)
    assert shown.exit_code == 1
    assert "all prompts are of one source, one, so that none can be left out" in " ".join(
        shown.output.split()
    )


def test_a_row_without_a_text_is_told_what_it_needs(smartroute, corpus):
    """It said "'text'; correct or remove it"."""
    path = corpus / "bad.jsonl"
    path.write_text('{"task": "code"}\n[1]\n', encoding="utf-8")
    shown = smartroute("train", "--data", path, "--out", corpus / "x")
    told = " ".join(shown.output.split())
    assert "line 1: text and task must be texts that are not empty" in told
    assert "line 2: must be an object with text and task" in told


@pytest.mark.parametrize(
    ("option", "row", "words"),
    [
        ("--difficulty", {"text": "hi"}, "with text and difficulty (easy, medium, hard)"),
        (
            "--difficulty",
            {"text": "hi", "difficulty": "extreme"},
            "difficulty (easy, medium, hard)",
        ),
        ("--conversations", {"turns": 3, "task": "code"}, "with turns and task"),
        ("--conversations", None, "holds nothing; give objects with turns and task"),
    ],
)
def test_rows_that_lack_what_is_measured_are_told(smartroute, corpus, option, row, words):
    """They were a KeyError, a ValueError, a TypeError, a division by zero."""
    path = corpus / "rows.txt"
    path.write_text("" if row is None else json.dumps(row) + "\n", encoding="utf-8")
    shown = smartroute("evaluate", "classifier", "--data", corpus, option, path)
    assert shown.exit_code == 1
    assert words in " ".join(shown.output.split())


@pytest.mark.parametrize("content", ["", '{"end": "python"}\n'])
def test_misleading_ends_have_to_be_there(smartroute, corpus, content):
    suffixes, rated = corpus / "suffixes.txt", corpus / "rated.txt"
    suffixes.write_text(content, encoding="utf-8")
    rated.write_text('{"text": "prove it", "difficulty": "hard"}\n', encoding="utf-8")
    shown = smartroute(
        "evaluate", "misleading", "--data", corpus, "--suffixes", suffixes, "--difficulty", rated
    )
    assert shown.exit_code == 1
    assert "with suffix" in " ".join(shown.output.split())
