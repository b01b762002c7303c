"""`smartroute decisions`: why, in words that a person understands."""

from __future__ import annotations

import json

import pytest

from langchain_smartroute import (
    JsonlDecisions,
    ModelSpec,
    SmartRouterRunnable,
    SpendLimitExceededError,
)
from langchain_smartroute.testing import ScriptedChatModel


@pytest.fixture
def path(tmp_path):
    return tmp_path / "decisions.jsonl"


@pytest.fixture
def router(path):
    return SmartRouterRunnable.from_models(
        {
            "fast": ScriptedChatModel(model_name="gpt-4o-mini", script=["ok"]),
            "strong": ScriptedChatModel(model_name="gpt-4o", script=[ConnectionError("gone")]),
            "odd": ScriptedChatModel(),
        },
        routes={"code": "strong"},
        on_decision=path,
    )


def test_the_latest_is_told_with_prices_and_reasons(smartroute, router, path):
    router.invoke("hi")
    router.invoke("Write a Python function to sort a list")
    shown = smartroute("decisions", "last", "--file", path, columns=140)
    assert shown.exit_code == 0
    record = list(JsonlDecisions(path).records())[-1]
    assert f"Decision {record.id}" in shown.stdout
    for words in (
        "The request looked like code",
        "strong was to answer first: code in tier balanced of the routing table.",
        "strong: failed (ConnectionError)",
        "fast: accepted after",
        "fast answered instead.",
        f"It cost ${record.cost_usd:f}; there is nothing to compare it with.",
        "$2.50 / $10.00",
        "$0.15 / $0.60",
        "? / ?",
        "unknown",
    ):
        assert words in shown.stdout, words


def test_one_is_found_by_the_beginning_of_its_id(smartroute, router, path):
    router.invoke("hi")
    router.invoke("Write a Python function")
    first = next(JsonlDecisions(path).records())
    shown = smartroute("decisions", first.id[:12], "--file", path, "--format", "json")
    assert json.loads(shown.stdout) == first.to_json()


def test_without_an_id_the_latest_are_listed(smartroute, router, path):
    router.invoke("hi")
    router.invoke("Write a Python function")
    shown = smartroute("decisions", "--file", path)
    for record in JsonlDecisions(path).records():
        assert record.id[:8] in shown.stdout
        assert f"${record.cost_usd:f}" in shown.stdout
    assert "strong → fast" in shown.stdout
    listed = json.loads(smartroute("decisions", "--file", path, "--format", "json").stdout)
    assert len(listed) == 2


def test_the_file_may_be_named_in_the_environment(smartroute, router, path, monkeypatch):
    router.invoke("hi")
    monkeypatch.setenv("SMARTROUTE_DECISIONS", str(path))
    assert "Decision" in smartroute("decisions", "last").stdout


def test_an_answer_that_nobody_gave_is_told(smartroute, path):
    dead = ScriptedChatModel(script=[ConnectionError("gone")])
    router = SmartRouterRunnable.from_models({"dead": dead}, on_decision=path)
    with pytest.raises(ConnectionError):
        router.invoke("hi")
    assert "No answer was accepted." in smartroute("decisions", "last", "--file", path).stdout
    assert "dead → nobody" in smartroute("decisions", "--file", path).stdout


def test_savings_are_told_against_the_catalogs_baseline(smartroute, path):
    from langchain_smartroute.sandbox import SandboxServer

    with SandboxServer() as server:
        router = SmartRouterRunnable.from_catalog(base_url=server.base_url, on_decision=path)
        router.invoke("Classify this review: lovely")
        router.invoke("hi", {"configurable": {"smartroute": {"model": "gpt-4o"}}})
    first, second = JsonlDecisions(path).records()
    shown = smartroute("decisions", first.id, "--file", path, columns=200).stdout
    assert (
        f"gpt-4o would have cost ${first.baseline_cost_usd:f}: ${first.savings_usd:f} saved"
        in shown
    )
    assert second.savings_usd == 0


@pytest.mark.parametrize(
    ("which", "said"),
    [("nothing-like-it", "no decision 'nothing-like-it'"), ("", "begins 2 ids")],
)
def test_an_id_that_names_none_or_several_is_an_error(smartroute, router, path, which, said):
    router.invoke("hi")
    router.invoke("hi")
    shown = smartroute("decisions", which, "--file", path)
    assert shown.exit_code == 1
    assert said in shown.stderr


def test_an_empty_or_missing_file_is_an_error_that_says_what_to_do(smartroute, path):
    assert "cannot be read" in smartroute("decisions", "last", "--file", path).stderr
    path.touch()
    shown = smartroute("decisions", "last", "--file", path)
    assert (shown.exit_code, "holds no decision yet" in shown.stderr) == (1, True)


def test_what_nobody_could_serve_is_told(smartroute, router, path):
    with pytest.raises(SpendLimitExceededError):
        router.with_route(max_cost_usd="0").invoke("hi")
    told = smartroute("decisions", "last", "--file", path, columns=140).stdout
    assert "Nobody could serve it: max_cost_usd = 0 is below the estimate" in told
    assert "ruled out: estimate of $" in told
    assert "No answer was accepted" not in told
    assert "nobody" in smartroute("decisions", "--file", path).stdout


def test_predicted_quality_is_shown_where_the_policy_predicts(smartroute, path):
    spec = ModelSpec(alias="fast", model="gpt-4o-mini", quality={"general": 0.75})
    router = SmartRouterRunnable.from_models(
        {"fast": ScriptedChatModel(model_name="gpt-4o-mini", script=["ok"]), "odd": spec},
        policy="quality",
        on_decision=path,
        base_url="http://127.0.0.1:9/v1",
    )
    router.invoke("hi")
    shown = smartroute("decisions", "last", "--file", path, columns=140).stdout
    assert "predicted" in shown
    assert "0.75" in shown
    (record,) = JsonlDecisions(path).records()
    assert {c.alias: c.predicted_quality for c in record.candidates}["odd"] == 0.75
