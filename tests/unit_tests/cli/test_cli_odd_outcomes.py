"""`smartroute calibrate` and `evaluate` on few or odd outcomes: no traceback, no made-up figure."""

from __future__ import annotations

import json

import pytest
from known_outcomes import CHEAP, STRONG, rows_by_chance

from langchain_smartroute import SmartRouterRunnable, SqlLedger
from langchain_smartroute.catalog import Catalog
from langchain_smartroute.evaluation import bootstrap
from langchain_smartroute.sandbox import SandboxServer

PRICES = ("--price", f"{CHEAP}=0.15/0.60", "--price", f"{STRONG}=3/15")


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(bootstrap, "RESAMPLES", 50)


@pytest.fixture
def outcomes(tmp_path):
    def written(rows):
        path = tmp_path / "outcomes.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return written


@pytest.mark.parametrize("price", ["1.2.3/4", "./.", "1e-3/4", "-1/4"])
def test_a_price_that_is_none_is_said(smartroute, outcomes, price):
    """A number with two points ended in a traceback of `decimal`."""
    asked = ("evaluate", "promise", "--outcomes", outcomes(rows_by_chance(20)))
    done = smartroute(*asked, "--price", f"{CHEAP}={price}")
    assert done.exit_code == 1
    assert "write it as MODEL=INPUT/OUTPUT" in " ".join(done.output.split())


@pytest.mark.parametrize("family", ["quality", "agreement", "learned"])
def test_a_folder_that_is_not_there_is_said_before_the_work(smartroute, outcomes, tmp_path, family):
    out = tmp_path / "no" / "router.toml"
    done = smartroute(
        "calibrate", "--outcomes", outcomes([]), *PRICES, "--family", family, "--out", out
    )
    assert done.exit_code == 1
    assert "there is no folder" in done.output
    assert "make it, or name another" in " ".join(done.output.split())


def test_a_few_prompts_have_intervals_too(smartroute, outcomes):
    """A bootstrap draw in which both models are equally good ended it: "compare others"."""
    path = outcomes(rows_by_chance(24, gap=0.2))
    done = smartroute("evaluate", "predictor", "--outcomes", path, "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["apgr"][1] <= found["apgr"][2]
    same = outcomes({**row, "score": 1} for row in rows_by_chance(24))
    done = smartroute("evaluate", "predictor", "--outcomes", same)
    assert done.exit_code == 1
    assert "there is no gap to recover" in " ".join(done.output.split())


def test_models_that_cost_nothing_save_nothing(smartroute, outcomes, tmp_path):
    free = ("--price", f"{CHEAP}=0/0", "--price", f"{STRONG}=0/0")
    path = outcomes(rows_by_chance(60))
    asked = ("--outcomes", path, *free, "--apart", "--format", "json")
    done = smartroute("evaluate", "promise", *asked, "--splits", 3)
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["saved"] == 0
    done = smartroute("calibrate", *asked, "--out", tmp_path / "router.toml")
    assert done.exit_code == 3, done.output


def test_a_promise_is_tried_on_a_scored_ledger(smartroute, tmp_path, sqlite_url):
    """It said to give a file of scores with --scores, which only two verbs had."""
    path = tmp_path / "scores.jsonl"
    with SandboxServer() as gateway, SqlLedger(sqlite_url) as ledger:
        router = SmartRouterRunnable.from_catalog(
            base_url=gateway.base_url, on_feedback=path, ledger=ledger, redact=str
        )
        for number in range(12):
            for alias in ("gpt-4o", "glm-4-flash"):
                told = router.invoke(f"Question {number}?", model=alias).response_metadata
                decision = told["smartroute"]["decision_id"]
                router.feedback(decision, score=alias == "gpt-4o" or number % 3 > 0)
    asked = ("--outcomes", sqlite_url, "--price", "gpt-4o=2.5/10", "--price", "glm-4-flash=0/0.1")
    done = smartroute("evaluate", "promise", *asked, "--scores", path, "--apart", "--splits", 2)
    assert done.exit_code == 0, done.output
    assert "promise held" in done.output
    for verb, words in (("predictor", "APGR"), ("quality", "12 prompts in common")):
        done = smartroute("evaluate", verb, "--outcomes", sqlite_url, "--scores", path)
        assert words in " ".join(done.output.split())
    other = tmp_path / "other.csv"
    other.write_text("decision_id,score\nabc,1\n")
    done = smartroute("evaluate", "promise", *asked, "--scores", other)
    assert done.exit_code == 1
    assert "each of the 1 scores is of another answer" in " ".join(done.output.split())


@pytest.mark.parametrize("family", ["agreement", "learned"])
def test_halves_in_which_a_cheap_model_is_the_strongest_are_halves_too(
    smartroute, outcomes, family
):
    """The first of them ended the whole simulation: "it needs 2, and there are 1"."""
    rows = []
    for number in range(150):
        for model, wrong in ((CHEAP, 5), ("middle", 11), (STRONG, 13)):
            right = number % wrong > 0
            row = {"prompt": f"what is {number} plus 2", "model": model, "score": float(right)}
            row |= {"prompt_tokens": 100, "completion_tokens": 200}
            rows.append({**row, "answer": str(number + 2 if right else 1_000 * wrong)})
    asked = ("--outcomes", outcomes(rows), *PRICES, "--price", "middle=0.2/0.8")
    splits = ("--splits", 12, "--fits", 4, "--keep", "0.8", "--format", "json")
    done = smartroute("evaluate", "promise", *asked, "--family", family, *splits)
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["splits"] == 12
    assert 0 < found["promised"] < 1


def test_a_model_has_the_price_of_its_own_name(smartroute, outcomes):
    """It had that of the last alias that it stands for: gpt-4o cost as little as glm-4v."""
    rows = [
        {"prompt": f"prompt {n}", "model": model, "score": 1, "dataset": ""}
        for n in range(20)
        for model in ("gpt-4o", "deepseek-chat")
    ]
    path = outcomes({**row, "prompt_tokens": 1000, "completion_tokens": 100} for row in rows)
    others = [a for a in Catalog.load("default").models if a not in ("gpt-4o", "deepseek-chat")]
    names = [part for alias in others for part in ("--map", f"{alias}=gpt-4o")]
    asked = ("evaluate", "policy", "--outcomes", path, *names, "--strongest", "gpt-4o")
    found = json.loads(smartroute(*asked, "--format", "json").output)
    cost = found["routers"]["always strongest"]["usd_per_thousand"][0]
    assert cost == pytest.approx(1000 * (1000 * 2.5 + 100 * 10) / 1e6)
    assert "(none)" in smartroute(*asked).output


def test_what_a_promise_was_not_tried_on_is_told(smartroute, outcomes):
    """Half of the prompts may be missing of one model."""
    path = outcomes(list(rows_by_chance(60))[:-1])
    done = smartroute("evaluate", "promise", "--outcomes", path, *PRICES, "--apart", "--splits", 2)
    assert "1 prompts left out, as a score of one of the models is missing" in " ".join(
        done.output.split()
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--agreement", f"{CHEAP},{CHEAP}"), "name two models, as FIRST,SECOND"),
        (
            ("--map", f"gpt4o={STRONG}"),
            "--map gpt4o=…: the router has no such alias; it has gpt-4o",
        ),
        (("--config", "{folder}/damaged.json"), "is not as it was written"),
        (("--agreement", f"{CHEAP},{STRONG}", "--plots", "{folder}/damaged.json"), "name another"),
    ],
)
def test_what_an_evaluation_cannot_use_is_told(smartroute, outcomes, tmp_path, arguments, words):
    """An unknown alias was passed over, a model agreed with itself; the others were tracebacks."""
    settings = {
        "catalog": {"default": STRONG, "models": {CHEAP: {}, STRONG: {}}},
        "calibration": {"data": {"prompts": 0, "means": {"quality": [1, 0]}, "mix": {}}},
    }
    (tmp_path / "damaged.json").write_text(json.dumps(settings))
    path = outcomes(rows_by_chance(20, answers=True))
    given = [argument.format(folder=tmp_path) for argument in arguments]
    done = smartroute("evaluate", "policy", "--outcomes", path, "--strongest", STRONG, *given)
    assert words in " ".join(done.output.split())
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_a_model_that_is_named_twice_is_one(smartroute, outcomes, tmp_path):
    names = ("--model", CHEAP, "--model", CHEAP)
    path, out = outcomes(rows_by_chance(20)), tmp_path / "router.toml"
    done = smartroute("calibrate", "--outcomes", path, *names, *PRICES[:2], "--out", out)
    assert "1 model in the outcomes: there is nothing to choose" in " ".join(done.output.split())
