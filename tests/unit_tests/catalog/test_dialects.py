"""Parameters and marks that only some providers know."""

from __future__ import annotations

import pytest
from langchain_core.messages import HumanMessage

from langchain_smartroute import ModelSpec
from langchain_smartroute.catalog.dialects import (
    known_arguments,
    without_foreign_marks,
    without_tool_marks,
)

OFF = {"type": "disabled"}
MARK = {"cache_control": {"type": "ephemeral"}}


def spec(provider, **facts):
    return ModelSpec(alias="a", provider=provider, **facts)


@pytest.mark.parametrize(
    ("provider", "given", "sent"),
    [
        ("openrouter", {"thinking": {}, "top_k": 1}, {"thinking": {}, "top_k": 1}),
        ("unheard-of", {"top_k": 1, "service_tier": "x"}, {"top_k": 1, "service_tier": "x"}),
        ("unheard-of", {"betas": ["x"]}, {"betas": ["x"]}),
        ("mistral", {"betas": ["x"]}, {}),
        ("deepseek", {"thinking": OFF}, {"extra_body": {"thinking": OFF}}),
        ("zhipuai", {"stop_sequences": ["a"]}, {"stop": ["a"]}),
        ("zhipuai", {"stop_sequences": ["a"], "stop": ["b"]}, {"stop": ["b"]}),
        ("anthropic", {"thinking": {"type": "enabled"}}, {}),
        ("anthropic", {"thinking": {"type": "adaptive"}}, {"thinking": {"type": "adaptive"}}),
        ("anthropic", {"service_tier": "flex"}, {}),
        ("anthropic", {"service_tier": "auto"}, {"service_tier": "auto"}),
        ("openai", {"extra_body": {"betas": 1, "x": 2}}, {"extra_body": {"x": 2}}),
        ("openai", {"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
    ],
)
def test_what_a_provider_does_not_know_is_left_out_or_converted(provider, given, sent):
    assert known_arguments(given, spec(provider)) == sent


def test_openai_models_that_are_known_to_take_a_temperature_get_no_effort():
    given = {"reasoning_effort": "low"}
    assert known_arguments(given, spec("openai", temperature=True)) == {}
    assert known_arguments(given, spec("openai", temperature=False)) == given


@pytest.mark.parametrize(
    ("marked", "kept"),
    [
        (spec("openrouter"), True),
        (spec("anthropic"), True),
        (spec("litellm-like", model="vendor/claude-x"), True),
        (spec("deepseek", model="vendor/claude-x"), True),
        # A gateway's own name for a model says nothing; without its marks nothing is cached.
        (spec("litellm-like", model="smart"), True),
        (ModelSpec(alias="smart"), True),
        (spec("openai"), False),
        (spec("zhipuai"), False),
    ],
)
def test_cache_marks_stay_where_they_are_known(marked, kept):
    inner = {"type": "tool_result", "content": [{"type": "text", "text": "a", **MARK}]}
    message = HumanMessage([{"type": "text", "text": "a", **MARK}, inner])
    found = without_foreign_marks(message, marked)
    assert (found is message) is kept
    assert ("cache_control" in str(found.content)) is kept
    tools = [{"name": "look", **MARK}, object()]
    assert ("cache_control" in without_tool_marks(tools, marked)[0]) is kept


def test_a_block_with_only_a_cache_marker_is_removed():
    message = HumanMessage([{"type": "text", "text": "a"}, {"cachePoint": {"type": "default"}}])
    assert without_foreign_marks(message, spec("openai")).content == [{"type": "text", "text": "a"}]
    bare = HumanMessage(["a", {"type": "text", "text": "b"}])
    assert without_foreign_marks(bare, spec("openai")) is bare


@pytest.mark.parametrize("served", [spec("unheard-of"), ModelSpec(alias="a")])
def test_a_provider_that_nobody_knows_gets_what_the_caller_said(served):
    """`reasoning_effort`, `store` and a gateway's own `top_k` vanished without a word."""
    given = {
        "reasoning_effort": "low",
        "store": True,
        "verbosity": "low",
        "prompt_cache_key": "k",
        "modalities": ["text"],
        "metadata": {"a": "b"},
        "extra_body": {"top_k": 3},
    }
    assert known_arguments(given, served) == given


def test_what_is_left_out_is_logged_once_by_name_alone(caplog):
    """Nobody could tell why a parameter had no effect."""
    stranger = ModelSpec(alias="logged-once", provider="mistral")
    for _ in range(2):
        known_arguments({"betas": ["secret"]}, stranger)
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("logged-once: the argument betas is not sent")
    assert "secret" not in said
