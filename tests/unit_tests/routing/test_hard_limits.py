"""Hard limits: infeasible candidates, each with its own reason."""

from __future__ import annotations

import pytest
from langchain_core.exceptions import ContextOverflowError

from langchain_smartroute import Catalog, NoFeasibleModelError, RequestFeatures
from langchain_smartroute.errors import ContextWindowError
from langchain_smartroute.routing import ANSWER_ROOM_TOKENS, RouteOptions, TablePolicy

TEXT_AND_IMAGE = frozenset({"text", "image"})


def decide(limits, *, options=None, **features):
    """Decide between `limited` and `able`, which can do everything."""
    able = {"inputs": ["text", "image", "audio", "pdf"]}
    catalog = Catalog.load({"models": {"limited": limits, "able": able}, "default": "limited"})
    policy = TablePolicy(catalog=catalog)
    return policy.decide(RequestFeatures(**features), options or RouteOptions(), decision_id="1")


@pytest.mark.parametrize(
    ("limits", "features", "reason"),
    [
        ({}, {"inputs": TEXT_AND_IMAGE}, "cannot read image"),
        ({}, {"inputs": frozenset({"text", "audio", "pdf"})}, "cannot read audio or pdf"),
        ({"tools": False}, {"tools": 1}, "cannot call tools"),
        ({"tool_choice": False}, {"tools": 1, "tool_choice": True}, "cannot be forced"),
        (
            {"tools": False, "structured_output": False},
            {"schema": "any"},
            "cannot give structured output",
        ),
        (
            {"structured_output": ["json_mode"]},
            {"schema": "json_schema"},
            "cannot give structured output by json_schema",
        ),
        (
            {"structured_output": ["json_schema"]},
            {"schema": "json_mode"},
            "cannot give structured output by json_mode",
        ),
        (
            {"tools": False},
            {"schema": "function_calling"},
            "cannot give structured output by function_calling",
        ),
        (
            {"context_window": 2_000},
            {"input_tokens": 5_000},
            "context window of 2,000 tokens is too small for about 5,000",
        ),
        (
            {"max_output_tokens": 500},
            {"answer_tokens": 600},
            "answers at most 500 tokens, 600 are asked for",
        ),
    ],
)
def test_each_limit_excludes_with_its_own_reason(limits, features, reason):
    decision = decide(limits, **features)
    assert decision.model == "able"
    assert "limited" not in decision.chain
    assert reason in decision.excluded["limited"]


@pytest.mark.parametrize(
    ("limits", "features"),
    [
        ({"inputs": ["text", "image"]}, {"inputs": TEXT_AND_IMAGE}),
        ({"tools": False}, {"tools": 0}),
        ({"tool_choice": False}, {"tools": 3}),
        ({"structured_output": False}, {"schema": "any"}),
        ({"structured_output": False}, {"schema": "function_calling"}),
        ({"tools": False, "structured_output": ["json_mode"]}, {"schema": "any"}),
        ({"structured_output": ["json_mode"]}, {"schema": "json_mode"}),
        ({"max_output_tokens": 500}, {"answer_tokens": 500}),
        ({"max_output_tokens": 500}, {}),
    ],
)
def test_a_capable_candidate_is_not_excluded(limits, features):
    decision = decide(limits, **features)
    assert decision.model == "limited"
    assert decision.excluded == {}


WINDOW = 10_000


@pytest.mark.parametrize(
    ("room", "longest", "answer"),
    [
        (None, None, ANSWER_ROOM_TOKENS),
        (3_000, None, 3_000),
        (None, 200, 200),
        (100, 200, 100),
    ],
)
def test_prompt_and_the_answers_room_must_fit_the_window_together(room, longest, answer):
    limits = {"context_window": WINDOW, "max_output_tokens": longest}
    fits = decide(limits, input_tokens=WINDOW - answer, answer_tokens=room)
    spills = decide(limits, input_tokens=WINDOW - answer + 1, answer_tokens=room)
    assert fits.model == "limited"
    assert spills.model == "able"


def test_an_unknown_window_never_excludes():
    assert decide({}, input_tokens=10**9).model == "limited"


def reference(**features):
    policy = TablePolicy(catalog=Catalog.load("default"))
    return policy.decide(RequestFeatures(**features), RouteOptions(), decision_id="1")


def test_an_infeasible_request_lists_every_candidate_with_its_reason():
    with pytest.raises(NoFeasibleModelError) as caught:
        reference(inputs=frozenset({"text", "audio"}))
    error = caught.value
    assert set(error.excluded) == set(Catalog.load("default").models)
    for alias, why in error.excluded.items():
        assert f"{alias}: {why}" in str(error)
    assert "audio" in str(error)
    assert not isinstance(error, ContextOverflowError)


def test_a_prompt_beyond_every_window_is_also_cores_overflow_error():
    with pytest.raises(ContextOverflowError) as caught:
        reference(input_tokens=300_000)
    assert isinstance(caught.value, NoFeasibleModelError)
    assert isinstance(caught.value, ContextWindowError)
    assert "300,000" in str(caught.value)
    assert "shorten the prompt" in str(caught.value)


def test_an_answer_longer_than_any_model_gives_is_no_overflow_of_the_prompt():
    """To shorten the prompt, as a summarising middleware would, cannot help."""
    with pytest.raises(NoFeasibleModelError, match="answers at most") as caught:
        reference(input_tokens=10, answer_tokens=10**6)
    assert not isinstance(caught.value, ContextOverflowError)
    assert "shorten the prompt" not in str(caught.value)


def test_a_pinned_model_that_cannot_is_an_error_with_its_reason():
    with pytest.raises(NoFeasibleModelError, match="limited: cannot read image") as caught:
        decide({}, options=RouteOptions(model="limited"), inputs=TEXT_AND_IMAGE)
    assert not isinstance(caught.value, ContextOverflowError)


def test_a_pinned_model_with_too_small_a_window_is_also_cores_overflow_error():
    with pytest.raises(ContextOverflowError) as caught:
        decide({"context_window": 100}, options=RouteOptions(model="limited"), input_tokens=500)
    assert isinstance(caught.value, NoFeasibleModelError)


def test_an_image_goes_to_the_vision_row_where_the_tasks_own_model_cannot_see():
    catalog = Catalog.load("default")
    decision = reference(task="code", inputs=TEXT_AND_IMAGE)
    assert decision.task == "code"
    assert decision.model == catalog.table.look_up("vision", "balanced", "medium")
    assert catalog.table.look_up("code", "balanced", "medium") in decision.excluded
    assert set(decision.chain) <= {a for a, s in catalog.models.items() if "image" in s.inputs}


def test_a_forced_tool_call_passes_over_models_that_cannot_be_forced():
    catalog = Catalog.load("default")
    decision = reference(task="code", tools=1, tool_choice=True)
    assert "deepseek-v4-pro" in decision.excluded
    assert all(catalog.models[alias].tool_choice for alias in decision.chain)
