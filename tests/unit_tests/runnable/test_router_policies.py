"""A router's policy: shipped ones by name, saved ones by file, and the user's own."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from langchain_smartroute import (
    Catalog,
    ConfigurationError,
    QualityPolicy,
    QualityPredictor,
    SmartRouterRunnable,
    TablePolicy,
)

CODE = "Write a Python function to merge sort an array"
NOWHERE = "http://127.0.0.1:9/v1"


def router(policy, **more):
    return SmartRouterRunnable.from_catalog(base_url=NOWHERE, policy=policy, **more)


@pytest.fixture
def saved(tmp_path):
    """A file in which gpt-4o-mini is good at code, and a policy that keeps half."""
    policy = QualityPolicy(keep=0.5)
    policy.predictor.learn("gpt-4o-mini", task="code", difficulty="easy", score=1.0, count=50)
    policy.save(tmp_path / "quality.json")
    return tmp_path / "quality.json"


def test_policies_have_names():
    assert router("table").explain(CODE).policy == "table/1"
    found = router("quality").explain(CODE)
    assert found.policy == "quality/1"
    assert found.predicted["deepseek-v4-pro"] == 0.9
    assert router("table").explain(CODE).predicted == {}


def test_the_routers_own_settings_hold_for_any_policy():
    made = router(
        QualityPolicy(catalog=Catalog.load("openai"), bar=0.6),
        rules=[({"task": "translation"}, "glm-5.1")],
        max_attempts=2,
    )
    found = made.explain(CODE)
    assert found.model == "deepseek-chat"
    assert len(found.chain) == 2
    assert made.explain("Translate to German: good morning").model == "glm-5.1"


def test_a_saved_policy_comes_with_its_aim(saved):
    for policy in ({"quality": str(saved)}, QualityPolicy.load(saved)):
        found = router(policy).explain(CODE)
        assert found.reason.endswith("bar 0.49 (50% of gpt-4o-mini); cheapest of 8 that clear it")
    other = router({"quality": str(saved), "bar": 0.9}).explain(CODE)
    assert other.model == "gpt-4o-mini"
    assert QualityPolicy.load(saved, worth_usd=Decimal(1)).worth_usd == Decimal(1)


def test_a_callable_chooses_the_route_and_the_rest_is_unchanged():
    def by_length(features):
        return "gpt-4o" if len(features.text) > 20 else None

    made = router(by_length, fallbacks={"gpt-4o": "glm-4v"})
    found = made.explain(CODE)
    assert (found.model, found.chain[1], found.policy) == ("gpt-4o", "glm-4v", "by_length")
    assert found.reason == "wanted by policy by_length"
    assert made.explain("Hello").policy == "by_length"
    assert made.explain("Hello").reason.endswith("of the routing table")
    capped = made.with_route(max_cost_usd="0.002").explain(CODE)
    assert capped.model != "gpt-4o"
    assert "deepseek" in made.get_graph().draw_mermaid()


def test_a_callable_that_names_no_model_is_an_error():
    with pytest.raises(ConfigurationError, match="returned 'gpt-9', which is no model"):
        router(lambda _features: "gpt-9").explain(CODE)


def test_a_callable_that_fails_stops_the_call_and_says_so():
    """Like a rule, it may stand for a promise: it is not passed over in silence."""
    with pytest.raises(ConfigurationError, match="policy broken raised KeyError"):
        router(broken).explain(CODE)
    with pytest.raises(ConfigurationError, match="which is no model"):
        router(lambda _features: ["gpt-4o"]).explain(CODE)


def broken(features):
    return {}[features.task]


class Backwards:
    """The table's decision with its chain turned round."""

    version = "backwards/3"

    def __init__(self):
        self.table = TablePolicy()

    def decide(self, features, options, **known):
        made = self.table.decide(features, options, **known)
        chain = made.chain[::-1]
        return replace(made, chain=chain, model=chain[0], policy=self.version)


def test_an_object_with_decide_decides():
    plain, turned = router("table").explain(CODE), router(Backwards()).explain(CODE)
    assert turned.chain == plain.chain[::-1]
    assert turned.policy == "backwards/3"


def test_an_object_with_decide_is_called_through_a_whole_request(sandbox):
    made = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, policy=Backwards())
    info = made.invoke(CODE).response_metadata["smartroute"]
    assert info["model"] == router(Backwards()).explain(CODE).model
    assert info["policy"] == "backwards/3"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("gpt-4o", "decided 'gpt-4o'; return a RoutingDecision"),
        ({"chain": ("gpt-9",), "model": "gpt-9"}, r"chain = \['gpt-9'\]"),
        ({"chain": ("gpt-4o",), "model": "glm-4v"}, "begin it with the model"),
    ],
)
def test_an_invalid_decision_is_refused(answer, fault):
    class Wrong(Backwards):
        def decide(self, features, options, **known):
            made = self.table.decide(features, options, **known)
            return replace(made, **answer) if isinstance(answer, dict) else answer

    with pytest.raises(ConfigurationError, match=fault):
        router(Wrong()).explain(CODE)


@pytest.mark.parametrize(
    "policy", ["qualitative", 3, {"quality": True, "keeps": 0.9}, {"bar": 0.5}, QualityPolicy]
)
def test_an_invalid_policy_is_refused(policy):
    with pytest.raises(ConfigurationError, match="policy"):
        router(policy)


def test_a_policy_is_written_and_read_again(saved):
    for policy, written in (
        ("table", None),
        (TablePolicy(), None),
        ("quality", "quality"),
        (QualityPolicy(), "quality"),
        (QualityPolicy(bar=0.7), {"quality": True, "bar": 0.7}),
        (QualityPolicy.load(saved), {"quality": str(saved), "keep": 0.5}),
        (
            QualityPolicy(worth_usd=Decimal("0.5")),
            {"quality": True, "worth_usd": "0.5"},
        ),
    ):
        config = json.loads(json.dumps(router(policy).to_config()))
        assert config.get("policy") == written
        again = SmartRouterRunnable.from_config(config)
        assert replace(again.explain(CODE), id="") == replace(router(policy).explain(CODE), id="")


def test_a_policy_without_a_file_cannot_be_written():
    learned = QualityPredictor()
    learned.learn("gpt-4o", task="code", difficulty="easy", score=1.0)
    with pytest.raises(ConfigurationError, match=r"is in no file; save\(\) it first"):
        router(QualityPolicy(predictor=learned)).to_config()
    with pytest.raises(ConfigurationError, match="code of yours cannot be written"):
        router(Backwards()).to_config()


def test_escalation_goes_by_what_was_predicted(sandbox):
    """Catalog priors say otherwise: by them nobody is stronger than deepseek-v4-pro at code."""
    policy = QualityPolicy(bar=0.5)
    policy.predictor.learn("gpt-4o", task="code", difficulty="medium", score=1.0, count=500)
    made = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url,
        policy=policy,
        checks=[lambda _messages, _answer: "weak"],
        stream_policy="buffer",
        model="deepseek-v4-pro",
    )
    attempts = made.invoke(CODE).response_metadata["smartroute"]["attempts"]
    assert [attempt["model"] for attempt in attempts][:2] == ["deepseek-v4-pro", "gpt-4o"]
