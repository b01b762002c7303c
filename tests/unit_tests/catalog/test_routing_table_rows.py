"""The routing table: rows that inherit, cells that name tasks, refinement by difficulty."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_smartroute import Catalog
from langchain_smartroute.types import DIFFICULTIES, TIERS

ALIASES = ("small", "middle", "large")


def table(**routes):
    return Catalog.load({"models": {alias: {} for alias in ALIASES}, "routes": routes}).table


def cells(of, task):
    """Tier and difficulty → alias."""
    return {
        (tier, difficulty): of.look_up(task, tier, difficulty)
        for tier in TIERS
        for difficulty in DIFFICULTIES
    }


def test_an_alias_alone_answers_in_every_cell():
    assert set(cells(table(code="large"), "code").values()) == {"large"}


def test_a_row_by_tier_gives_each_tier_its_own():
    row = dict(zip(TIERS, ALIASES, strict=True))
    found = cells(table(code=row), "code")
    assert found == {(t, d): row[t] for t in TIERS for d in DIFFICULTIES}


def test_a_row_inherits_another_tasks_row():
    made = table(
        reasoning={"budget": "small", "balanced": {"default": "middle", "hard": "large"}}
        | {"quality": "large"},
        math="reasoning",
    )
    assert cells(made, "math") == cells(made, "reasoning")


def test_inheritance_goes_through_several_rows():
    made = table(a="b", b="c", c={"budget": "small", "balanced": "middle", "quality": "large"})
    assert cells(made, "a") == cells(made, "c")


def test_a_cell_that_names_a_task_takes_that_tasks_cell_of_the_same_tier():
    made = table(
        general=dict(zip(TIERS, ALIASES, strict=True)),
        extraction={"budget": "large", "balanced": "general", "quality": "general"},
    )
    assert made.look_up("extraction", "budget", "medium") == "large"
    assert made.look_up("extraction", "balanced", "medium") == "middle"
    assert made.look_up("extraction", "quality", "medium") == "large"


def test_a_cell_is_refined_by_difficulty():
    made = table(
        code={
            "budget": "small",
            "balanced": {"default": "large", "easy": "small"},
            "quality": "large",
        }
    )
    found = {d: made.look_up("code", "balanced", d) for d in DIFFICULTIES}
    assert found == {"easy": "small", "medium": "large", "hard": "large"}


def test_a_row_is_refined_by_difficulty_in_every_tier():
    made = table(code={"default": "middle", "easy": "small", "hard": "large"})
    wanted = {"easy": "small", "medium": "middle", "hard": "large"}
    assert cells(made, "code") == {(t, d): wanted[d] for t in TIERS for d in DIFFICULTIES}


def test_the_issues_example_of_a_refined_row():
    routes = {"code": {"default": "deepseek-v4-pro", "easy": "deepseek-chat"}}
    made = Catalog.load({"extends": "default", "routes": routes}).table
    for tier in TIERS:
        assert made.look_up("code", tier, "easy") == "deepseek-chat"
        assert made.look_up("code", tier, "hard") == "deepseek-v4-pro"


def test_a_refinement_that_names_a_task_takes_that_tasks_cell_of_the_same_difficulty():
    made = table(
        reasoning={"default": "middle", "hard": "large"},
        code={"default": "small", "hard": "reasoning"},
    )
    assert made.look_up("code", "balanced", "hard") == "large"
    assert made.look_up("code", "balanced", "medium") == "small"


def test_a_default_that_names_a_task_keeps_that_tasks_refinement():
    """`{default = "reasoning"}` must mean what `"reasoning"` alone means."""
    made = table(reasoning={"default": "middle", "hard": "large"}, code={"default": "reasoning"})
    assert cells(made, "code") == cells(made, "reasoning")


def test_a_task_of_the_users_own_may_be_named():
    assert set(cells(table(juggling="small"), "juggling").values()) == {"small"}


@pytest.mark.parametrize("tier", TIERS)
def test_an_unknown_task_has_no_cell(tier):
    assert table(code="small").look_up("juggling", tier, "medium") is None


alias = st.sampled_from(ALIASES)
cell = alias | st.fixed_dictionaries(
    {"default": alias}, optional=dict.fromkeys(DIFFICULTIES, alias)
)
row = cell | st.fixed_dictionaries(dict.fromkeys(TIERS, cell))


@settings(deadline=None)
@given(row)
def test_every_written_row_resolves_to_what_is_written(written):
    made = table(code=written, math="code")

    def expected(tier, difficulty):
        content = written
        if isinstance(content, dict) and "budget" in content:
            content = content[tier]
        if isinstance(content, dict):
            content = content.get(difficulty, content["default"])
        return content

    assert cells(made, "code") == {(t, d): expected(t, d) for t in TIERS for d in DIFFICULTIES}
    assert cells(made, "math") == cells(made, "code")
