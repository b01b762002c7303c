"""Rules: conditions by mapping and by callable, targets, and what a bad rule says."""

from __future__ import annotations

import pytest

from langchain_smartroute import Catalog, ConfigurationError, RequestFeatures, Rule
from langchain_smartroute.routing import RouteOptions, TablePolicy, as_rules

CATALOG = Catalog.load(
    {
        "models": {
            "small": {},
            "large": {},
            "seeing": {"inputs": ["text", "image"]},
        },
        "routes": {"code": "small"},
        "default": "small",
    }
)
ALIASES = tuple(CATALOG.models)


def decide(*rules, **features):
    policy = TablePolicy(catalog=CATALOG, rules=as_rules(rules, aliases=ALIASES))
    return policy.decide(RequestFeatures(**features), RouteOptions(), decision_id="1")


@pytest.mark.parametrize(
    ("when", "features", "holds"),
    [
        ({"task": "code"}, {"task": "code"}, True),
        ({"task": "code"}, {"task": "math"}, False),
        ({"task": "code", "difficulty": "hard"}, {"task": "code", "difficulty": "hard"}, True),
        ({"task": "code", "difficulty": "hard"}, {"task": "code", "difficulty": "easy"}, False),
        ({"difficulty": ["medium", "hard"]}, {"difficulty": "hard"}, True),
        ({"difficulty": ["medium", "hard"]}, {"difficulty": "easy"}, False),
        ({"difficulty": ("easy",)}, {"difficulty": "easy"}, True),
        ({"difficulty": {"easy"}}, {"difficulty": "easy"}, True),
        ({"inputs": "image"}, {"inputs": frozenset({"text", "image"})}, True),
        ({"inputs": "image"}, {"inputs": frozenset({"text"})}, False),
        ({"inputs": ["image", "pdf"]}, {"inputs": frozenset({"text", "image"})}, False),
        ({"script": "cjk"}, {"script": "cjk"}, True),
        ({"tools": 2}, {"tools": 2}, True),
        ({"tools": 2}, {"tools": 3}, False),
        ({"schema": None}, {"schema": None}, True),
        ({"schema": ["json_schema", "any"]}, {"schema": "any"}, True),
        ({"turn": "tool_result"}, {"turn": "tool_result"}, True),
        ({"system_messages": True}, {"system_messages": True}, True),
        ({"answer_tokens": None}, {"answer_tokens": 5}, False),
        ({"tags": "beta"}, {"tags": frozenset({"beta", "eu"})}, True),
        ({"tags": ["beta", "us"]}, {"tags": frozenset({"beta", "eu"})}, False),
        ({"metadata": {"plan": "pro"}}, {"metadata": {"plan": "pro", "user": "u1"}}, True),
        ({"metadata": {"plan": ["pro", "team"]}}, {"metadata": {"plan": "team"}}, True),
        ({"metadata": {"plan": "pro", "eu": True}}, {"metadata": {"plan": "pro"}}, False),
        ({"metadata": {"eu": True}}, {"metadata": {"eu": "no"}}, False),
        ({"metadata": {"eu": {"yes"}}}, {"metadata": {"eu": ["yes"]}}, False),
        ({"metadata": {"plan": "pro"}}, {}, False),
    ],
)
def test_a_mapping_holds_when_every_feature_has_its_value(when, features, holds):
    assert Rule(when, "small").matches(RequestFeatures(**features)) is holds


@pytest.mark.parametrize("value", ["pro", {}, None])
def test_metadata_is_compared_by_keys(value):
    with pytest.raises(ConfigurationError, match=r"metadata = .*: must be a mapping of keys"):
        Rule({"metadata": value}, "small")


def test_metadata_is_not_shown():
    assert "secret" not in repr(RequestFeatures(metadata={"user": "secret"}))


def test_a_callable_reads_the_features():
    rule = Rule(lambda features: "refund" in features.text, "large")
    assert rule.matches(RequestFeatures(text="I want a refund"))
    assert not rule.matches(RequestFeatures(text="hello"))


def test_a_rule_goes_before_the_table():
    decision = decide(Rule({"task": "code"}, "large"), task="code")
    assert decision.model == "large"
    assert "task=code" in decision.reason


def test_without_a_rule_that_holds_the_table_decides():
    decision = decide(Rule({"task": "math"}, "large"), task="code")
    assert decision.model == "small"
    assert decision.notes == ()


def test_the_first_rule_that_holds_counts():
    rules = [({"task": "math"}, "seeing"), ({"task": "code"}, "large"), ({"task": "code"}, "small")]
    assert decide(*rules, task="code").model == "large"


def test_rules_after_the_one_that_holds_are_not_asked():
    def never(_features):
        raise AssertionError("asked")

    assert decide((lambda _: True, "large"), (never, "small")).model == "large"


def test_a_named_rule_is_called_by_its_name():
    assert decide(Rule(lambda _: True, "large", "house rule")).reason == "rule 'house rule'"


def test_a_callable_rule_is_called_by_its_functions_name():
    def is_private(_features):
        return True

    assert "is_private" in decide((is_private, "large")).reason


@pytest.mark.parametrize(
    "given",
    [
        Rule({"task": "code"}, "large"),
        ({"task": "code"}, "large"),
        [{"task": "code"}, "large"],
        {"when": {"task": "code"}, "use": "large"},
    ],
)
def test_rules_pairs_and_mappings_are_accepted(given):
    assert as_rules([given], aliases=ALIASES) == (Rule({"task": "code"}, "large"),)


@pytest.mark.parametrize(
    "given",
    [
        ({"task": "code"}, "large", "named"),
        {"when": {"task": "code"}, "use": "large", "name": "named"},
    ],
)
def test_a_name_may_be_given_with_a_pair(given):
    assert as_rules([given], aliases=ALIASES)[0].label == "named"


def test_an_infeasible_target_is_skipped_and_noted():
    image = frozenset({"text", "image"})
    decision = decide(
        ({"task": "code"}, "large"), ({"task": "code"}, "seeing"), task="code", inputs=image
    )
    assert decision.model == "seeing"
    (note,) = decision.notes
    assert "large" in note
    assert decision.excluded["large"] in note
    assert note in str(decision)


def test_where_every_target_is_infeasible_the_table_decides():
    decision = decide((lambda _: True, "large"), inputs=frozenset({"text", "image"}))
    assert decision.model == "seeing"
    assert len(decision.notes) == 1


def test_a_rule_that_raises_is_named_with_its_cause():
    def broken(_features):
        raise KeyError("customer")

    with pytest.raises(ConfigurationError, match="rule 'broken' raised KeyError") as caught:
        decide((broken, "large"))
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("nonsense", [None, 1, 0, "yes", "", [True]])
def test_a_rule_that_returns_no_bool_is_named_with_what_it_returned(nonsense):
    def odd(_features):
        return nonsense

    with pytest.raises(ConfigurationError, match=r"rule 'odd' returned .*True or False") as caught:
        decide((odd, "large"))
    assert repr(nonsense) in str(caught.value)


def test_an_unknown_feature_lists_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"'tsak'.*task.*difficulty") as caught:
        Rule({"tsak": "code"}, "large")
    assert "text" not in str(caught.value).split("use ")[1].split(", ")


@pytest.mark.parametrize("when", [None, "code", 5, {}, ["task", "code"]])
def test_a_condition_of_the_wrong_form_is_rejected(when):
    with pytest.raises(ConfigurationError, match="rule when = "):
        Rule(when, "large")


@pytest.mark.parametrize("use", [None, "", 5, ["large"]])
def test_a_target_of_the_wrong_form_is_rejected(use):
    with pytest.raises(ConfigurationError, match=r"rule use = .*alias"):
        Rule({"task": "code"}, use)


def test_an_unknown_target_lists_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"rule 1: use = 'gpt-9'.*small, large, seeing"):
        as_rules([({"task": "code"}, "gpt-9")], aliases=ALIASES)


def test_all_faults_of_all_rules_are_listed_at_once():
    bad = [({"task": "code"}, "gpt-9"), ({"tsak": 1}, "small"), "nonsense", (lambda _: True, "x")]
    with pytest.raises(ConfigurationError) as caught:
        as_rules(bad, aliases=ALIASES)
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        f"rule {number}" for number in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize("given", ["ab", 5, None, {"when": {"task": "code"}}, ({"task": "code"},)])
def test_what_is_no_rule_is_rejected(given):
    with pytest.raises(ConfigurationError, match=r"rule 1: .*\(when, use\) pair"):
        as_rules([given], aliases=ALIASES)
