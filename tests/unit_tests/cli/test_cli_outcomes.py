"""`smartroute evaluate policy | predictor | promise | headline` and `smartroute calibrate`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from known_outcomes import CHEAP, STRONG, rows_by_chance

from langchain_smartroute import (
    CostCallbackHandler,
    SmartRouterRunnable,
    SqlLedger,
)
from langchain_smartroute.catalog import Catalog
from langchain_smartroute.evaluation import bootstrap, gaps
from langchain_smartroute.sandbox import SandboxServer

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("SMARTROUTE_DATA", ROOT.parent / "shared" / "data")) / "outcomes"
NOWHERE = "http://127.0.0.1:9/v1"
PRICES = ("--price", f"{CHEAP}=0.15/0.60", "--price", f"{STRONG}=3/15")
MIDDLE = "middle"


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(bootstrap, "RESAMPLES", 50)
    monkeypatch.setattr(gaps, "_RESAMPLES", 20)


def with_a_third(prompts):
    """Two cheap models that agree when they are right, and a strong one."""
    draws = np.random.default_rng(9)
    for number in range(prompts):
        for model, share in ((CHEAP, 0.8), (MIDDLE, 0.8), (STRONG, 0.92)):
            right = draws.random() < share
            yield {
                "prompt": f"what is {number} plus {number % 7}",
                "model": model,
                "score": float(right),
                "answer": str(number + number % 7) if right else str(draws.integers(1_000, 9_999)),
                "prompt_tokens": 100,
                "completion_tokens": 200,
                "logprob": -0.1 if right else -1.5,
            }


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def two(tmp_path):
    return written(tmp_path / "two.jsonl", rows_by_chance(900, gap=0.1))


@pytest.fixture
def three(tmp_path):
    return written(tmp_path / "three.jsonl", with_a_third(900))


KEPT = {"quality": "0.7", "agreement": "0.9", "learned": "0.9", "logprob": "0.9"}
"""No words tell which prompts need the strong model, so that quality can only keep less."""

THREE_PRICES = (*PRICES, "--price", f"{MIDDLE}=0.20/0.80")


def test_a_cascade_is_replayed_beside_its_baselines(smartroute, three):
    done = smartroute(
        "evaluate", "policy", "--outcomes", three, "--agreement", f"{CHEAP},{MIDDLE}",
        "--strongest", STRONG, *THREE_PRICES, "--format", "json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    routers = json.loads(done.output)["routers"]
    assert set(routers) == {
        "agreement", "always strongest", "always cheapest", "random at equal cost", "oracle",
    }  # fmt: skip
    assert routers["agreement"]["quality"][0] > routers["random at equal cost"]["quality"][0]
    assert routers["agreement"]["n"] == 900


def test_a_shipped_router_is_replayed_with_stand_ins(smartroute, two, tmp_path):
    aliases = Catalog.load("default").models
    names = [part for a in aliases for part in ("--map", f"{a}={STRONG if '4o' in a else CHEAP}")]
    page, folder = tmp_path / "page.html", tmp_path / "plots"
    done = smartroute(
        "evaluate", "policy", "--outcomes", two, *names, *PRICES, "--by", "task",
        "--report", page, "--plots", folder,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "Beside the baselines" in done.output
    assert "Worst regressions" not in done.output
    assert "Worst regressions" in page.read_text()
    assert (folder / "cost_quality.png").is_file()
    again = smartroute("evaluate", "policy", "--outcomes", two)
    assert again.exit_code == 1
    assert "is not in the outcomes" in again.output


@pytest.mark.parametrize("family", ["quality", "agreement", "learned", "logprob"])
def test_calibrated_settings_are_a_router_that_does_what_was_calibrated(
    smartroute, three, tmp_path, family
):
    """Its decisions, replayed on the same outcomes, spend and reach what the report says."""
    out = tmp_path / "router.toml"
    done = smartroute(
        "calibrate", "--outcomes", three, *THREE_PRICES, "--family", family, "--keep", KEPT[family],
        "--out", out, "--format", "json", "--report", tmp_path / "page.html",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["promised"]
    assert told["saved"][0] > 0.3
    assert told["strongest"] == STRONG
    router = SmartRouterRunnable.from_config(out, base_url=NOWHERE)
    assert router.explain("what is 3 plus 4").model in (CHEAP, MIDDLE, STRONG)
    again = smartroute(
        "evaluate", "policy", "--outcomes", three, "--config", out, "--format", "json"
    )
    assert again.exit_code == 0, again.output
    found = json.loads(again.stdout)["routers"]["router"]
    assert found["quality"][0] == pytest.approx(told["kept"][0] * 0.92, abs=0.06)
    assert found["saved"][0] == pytest.approx(told["saved"][0], abs=0.12)
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("family", ["quality", "learned"])
def test_a_calibrated_router_can_be_moved(smartroute, three, tmp_path, monkeypatch, family):
    """What was fitted was looked for in the working directory, or where it was first written."""
    made, moved = tmp_path / "made", tmp_path / "moved here"
    made.mkdir()
    monkeypatch.chdir(made)
    done = smartroute(
        "calibrate", "--outcomes", three, *THREE_PRICES, "--family", family, "--keep", KEPT[family],
        "--out", "router.toml",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    monkeypatch.chdir(tmp_path)
    made.rename(moved)
    router = SmartRouterRunnable.from_config(moved / "router.toml", base_url=NOWHERE)
    assert router.explain("what is 3 plus 4").model in (CHEAP, MIDDLE, STRONG)
    again = smartroute("evaluate", "policy", "--outcomes", three, "--config", moved / "router.toml")
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize("option", ["--apart", "--together"])
def test_how_a_predictor_is_fitted_concerns_no_other_family(smartroute, three, tmp_path, option):
    """It was ignored, as if the check had been fitted so."""
    done = smartroute(
        "calibrate", "--outcomes", three, *THREE_PRICES, "--family", "learned", option,
        "--out", tmp_path / "router.toml",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "leave them out for learned" in " ".join(done.output.split())


def test_settings_are_written_as_json_as_well(smartroute, three, tmp_path):
    out = tmp_path / "router.json"
    arguments = ("calibrate", "--outcomes", three, *THREE_PRICES, "--keep", "0.9")
    assert smartroute(*arguments, "--family", "agreement", "--out", out).exit_code == 0
    router = SmartRouterRunnable.from_config(out, base_url=NOWHERE)
    decision = router.explain("what is 3 plus 4")
    assert (decision.model, decision.opinions, decision.chain[1]) == (CHEAP, (MIDDLE,), STRONG)
    bad = smartroute(*arguments, "--out", tmp_path / "router.yaml")
    assert bad.exit_code == 1
    assert "name a .toml or .json file" in bad.output


def test_too_few_outcomes_write_the_strongest_and_exit_with_three(smartroute, tmp_path):
    few = written(tmp_path / "few.jsonl", rows_by_chance(30))
    out = tmp_path / "router.toml"
    done = smartroute(
        "calibrate", "--outcomes", few, *PRICES, "--keep", "0.99", "--out", out,
    )  # fmt: skip
    assert done.exit_code == 3
    assert "Too few outcomes for a promise" in done.output
    router = SmartRouterRunnable.from_config(out, base_url=NOWHERE)
    assert {router.explain(text).model for text in ("hi", "prove it", "def f():")} == {STRONG}


def test_what_calibration_lacks_is_said(smartroute, two, tmp_path):
    rows = [{k: row[k] for k in ("prompt", "model", "score")} for row in rows_by_chance(9)]
    bare = written(tmp_path / "bare.jsonl", rows)
    out = tmp_path / "router.toml"
    for arguments, words in (
        (("--outcomes", two), f"no price is known of {STRONG}, {CHEAP}"),
        (("--outcomes", two, *PRICES[:2], "--model", CHEAP), "nothing to choose"),
        (("--outcomes", bare, *PRICES), f"calls of {STRONG} has no known cost"),
        (("--outcomes", two, *PRICES, "--family", "agreement"), "needs 2, and there are 1"),
        (("--outcomes", two, "--price", "small"), "write it as MODEL=INPUT/OUTPUT"),
        (("--outcomes", two, *PRICES, "--family", "logprob"), "hold no log-probabilities"),
    ):
        done = smartroute("calibrate", *arguments, "--out", out)
        assert done.exit_code == 1
        assert words in done.output.replace("\n", " ")


def test_drift_is_warned_of(smartroute, three, tmp_path):
    out = tmp_path / "router.toml"
    arguments = (*THREE_PRICES, "--family", "agreement", "--keep", "0.9")
    smartroute("calibrate", "--outcomes", three, *arguments, "--out", out)
    worse = [{**row, "score": 0.4 * row["score"]} for row in with_a_third(400)]
    later = written(tmp_path / "later.jsonl", worse)
    done = smartroute("evaluate", "policy", "--outcomes", later, "--config", out)
    assert done.exit_code == 0, done.output
    assert "Drift: mean quality is" in done.output


def test_the_promise_is_simulated(smartroute, three):
    done = smartroute(
        "evaluate", "promise", "--outcomes", three, *THREE_PRICES, "--family", "agreement",
        "--keep", "0.9", "--splits", 20, "--format", "json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["splits"] == 20
    assert 0.8 <= found["held"] <= 1
    assert (found["fits"], found["learned"]) == (0, 0)
    shown = smartroute(
        "evaluate", "promise", "--outcomes", three, *THREE_PRICES, "--keep", "0.9", "--splits", 3
    )
    assert "promise held" in shown.output
    assert "360 others, draws: 3" in shown.output


def test_the_predictor_is_measured_between_two_models(smartroute, two, three):
    done = smartroute("evaluate", "predictor", "--outcomes", two, "--folds", 2)
    assert done.exit_code == 0, done.output
    assert "APGR" in done.output
    plain = smartroute("evaluate", "predictor", "--outcomes", two, "--folds", 2, "--format", "json")
    assert json.loads(plain.output)["count"] == 900
    assert smartroute("evaluate", "predictor", "--outcomes", three).exit_code == 1


def test_the_headline_needs_public_outcomes(smartroute, tmp_path):
    done = smartroute("evaluate", "headline", "--outcomes", tmp_path)
    assert done.exit_code == 1
    assert "there is no omnisbench.parquet" in done.output.replace("\n", " ")
    if not DATA.is_dir():
        pytest.skip("the public outcomes are not here; set SMARTROUTE_DATA")
    page = tmp_path / "page.html"
    done = smartroute("evaluate", "headline", "--outcomes", DATA, "--report", page)
    assert done.exit_code == 0, done.output
    for words in ("code, pass@1", "82 % → 84 %", "2.3 → 1.1", "What the data cannot show"):
        assert words in done.output
    assert "Who stands in for whom" in page.read_text()


def test_a_ledger_with_scores_is_outcomes(smartroute, tmp_path, sqlite_url):
    """Answers of a router that kept its prompts, and what `feedback` wrote of them."""
    ledger = SqlLedger(sqlite_url)
    costs = CostCallbackHandler(ledger=ledger, redact=lambda text: text)
    path = tmp_path / "scores.jsonl"
    with SandboxServer() as gateway:
        router = SmartRouterRunnable.from_catalog(base_url=gateway.base_url, on_feedback=path)
        for number in range(6):
            for alias in ("gpt-4o", "glm-4-flash"):
                chosen = {"configurable": {"smartroute": {"model": alias}}, "callbacks": [costs]}
                told = router.invoke(f"Question {number}?", chosen).response_metadata["smartroute"]
                router.feedback(told["decision_id"], score=alias == "gpt-4o")
    ledger.flush()
    ledger.close()
    asked = ("evaluate", "policy", "--outcomes", sqlite_url, "--strongest", "gpt-4o")
    names = [
        part
        for alias in Catalog.load("default").models
        if alias not in ("gpt-4o", "glm-4-flash")
        for part in ("--map", f"{alias}=gpt-4o")
    ]
    done = smartroute(*asked, *names, "--scores", path, "--format", "json")
    assert done.exit_code == 0, done.output
    routers = json.loads(done.output)["routers"]
    assert routers["always strongest"]["quality"][0] == 1
    assert routers["always strongest"]["n"] == 6
    without = smartroute(*asked)
    assert without.exit_code == 1
    assert "none with a score" in without.output.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--agreement", CHEAP, "--strongest", STRONG), "name two models, as FIRST,SECOND"),
        (("--map", "gpt-4o"), "write it as ALIAS=MODEL"),
        (("--dataset", "set 9"), "'set 9' is not in the outcomes"),
        (("--scores", "none.jsonl"), "there is no such file"),
        (("--config", "none.toml"), "cannot be read"),
        (("--seed", "-1"), "greater than or equal to 0"),
    ],
)
def test_what_an_evaluation_is_asked_wrongly_is_said(smartroute, two, arguments, words):
    done = smartroute("evaluate", "policy", "--outcomes", two, *arguments)
    assert done.exit_code == (2 if "--seed" in arguments else 1)
    assert words in done.output.replace("\n", " ")


def test_a_cascade_that_outcomes_cannot_show_is_refused(smartroute, two, tmp_path):
    config = tmp_path / "router.json"
    models = {CHEAP: {}, STRONG: {}}
    settings = {
        "catalog": {"default": STRONG, "models": models},
        "cascade": {"check": "judge", "judge": STRONG},
    }
    config.write_text(json.dumps(settings))
    done = smartroute("evaluate", "policy", "--outcomes", two, "--config", config)
    assert done.exit_code == 1
    assert "cascade 'judge': cannot be replayed" in done.output.replace("\n", " ")


def test_scores_may_be_a_csv_file_and_a_bad_one_is_said(smartroute, tmp_path, sqlite_url):
    ledger = SqlLedger(sqlite_url)
    ledger.open()
    ledger.close()
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("decision_id,score\nabc,1\n")
    bad.write_text("decision_id,score\nabc,much\n")
    for path, words in ((good, "none with its prompt"), (bad, "row 1: needs decision_id")):
        done = smartroute("evaluate", "policy", "--outcomes", sqlite_url, "--scores", path)
        assert done.exit_code == 1
        assert words in done.output.replace("\n", " ")
