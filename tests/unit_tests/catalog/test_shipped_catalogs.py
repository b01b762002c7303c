"""The catalogs that come with the package, held against the reference design."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from langchain_smartroute.catalog import SHIPPED, Catalog, find_spec
from langchain_smartroute.types import DIFFICULTIES, TASKS, TIERS

# Alias → (input, output) in USD per million tokens, from the reference design.
PRICES = {
    "gpt-4o": ("2.50", "10.00"),
    "gpt-4o-mini": ("0.15", "0.60"),
    "deepseek-chat": ("0.14", "0.28"),
    "deepseek-v4-pro": ("0.50", "2.19"),
    "deepseek-reasoner": ("0.55", "2.19"),
    "glm-5.1": ("0.625", "2.50"),
    "glm-4-flash": ("0.01", "0.04"),
    "glm-4v": ("0.50", "2.00"),
}
STRENGTHS = {
    "gpt-4o": {"general", "creative"},
    "gpt-4o-mini": {"general", "fast"},
    "deepseek-chat": {"code", "general"},
    "deepseek-v4-pro": {"reasoning", "code"},
    "deepseek-reasoner": {"reasoning"},
    "glm-5.1": {"general", "creative", "translation"},
    "glm-4-flash": {"fast", "classification"},
    "glm-4v": {"vision"},
}
# Task → aliases in the tiers budget, balanced, quality, from the reference design.
TABLE = {
    "code": ("deepseek-chat", "deepseek-v4-pro", "deepseek-v4-pro"),
    "reasoning": ("deepseek-reasoner", "deepseek-reasoner", "deepseek-reasoner"),
    "classification": ("glm-4-flash", "glm-4-flash", "glm-5.1"),
    "translation": ("glm-4-flash", "glm-5.1", "glm-5.1"),
    "creative": ("deepseek-chat", "glm-5.1", "glm-5.1"),
    "general": ("deepseek-chat", "deepseek-chat", "deepseek-v4-pro"),
    "vision": ("glm-4v", "glm-4v", "glm-4v"),
}
# The tasks that this project adds take over rows of the design.
TABLE["math"] = TABLE["reasoning"]
TABLE["summarization"] = TABLE["general"]
TABLE["extraction"] = (TABLE["classification"][0], *TABLE["general"][1:])
REFINED = {
    (task, "balanced", "hard"): "deepseek-v4-pro"
    for task in ("general", "summarization", "extraction")
}
"""The one cell of the design that this project refines, and the tasks that inherit it."""

CAPABILITIES = (
    "context_window",
    "max_output_tokens",
    "inputs",
    "tools",
    "tool_choice",
    "structured_output",
    "system_messages",
    "temperature",
    "reasoning",
)


@pytest.fixture(scope="module")
def default():
    return Catalog.load("default")


def test_default_holds_exactly_the_models_of_the_reference_design(default):
    assert set(default.models) == set(PRICES)
    assert {alias: spec.model for alias, spec in default.models.items()} == {a: a for a in PRICES}


@pytest.mark.parametrize("alias", PRICES)
def test_default_has_the_prices_window_and_strengths_of_the_reference_design(default, alias):
    spec = default.models[alias]
    price_in, price_out = (Decimal(text) for text in PRICES[alias])
    assert spec.price.input_usd_per_mtok == price_in
    assert spec.price.output_usd_per_mtok == price_out
    assert spec.context_window == 128_000
    assert set(spec.strengths) == STRENGTHS[alias]


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("task", TABLE)
def test_default_routes_as_the_reference_design_says(default, task, tier, difficulty):
    wanted = REFINED.get((task, tier, difficulty), TABLE[task][TIERS.index(tier)])
    assert default.table.look_up(task, tier, difficulty) == wanted
    assert default.table.refines(task, tier, difficulty) is ((task, tier, difficulty) in REFINED)


def test_default_routes_all_ten_tasks(default):
    assert set(TABLE) == set(TASKS) == set(default.routes)


def test_added_tasks_take_their_rows_by_declaration(default):
    assert default.routes["math"] == "reasoning"
    assert default.routes["summarization"] == "general"
    assert default.routes["extraction"] == {
        "budget": "classification",
        "balanced": "general",
        "quality": "general",
    }


def test_unknown_task_has_no_row_and_goes_to_deepseek_chat(default):
    assert default.table.look_up("juggling", "balanced", "medium") is None
    assert default.default_alias == "deepseek-chat"


def test_savings_of_default_are_measured_against_gpt_4o(default):
    assert default.baseline == "gpt-4o"
    assert default.baseline_price("gpt-4o").output_usd_per_mtok == Decimal(10)
    assert default.baseline_price("gpt-5") is None


def test_only_models_that_see_route_vision_in_default(default):
    seeing = {alias for alias, spec in default.models.items() if "image" in spec.inputs}
    assert seeing == {"gpt-4o", "gpt-4o-mini", "glm-4v"}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_catalog_covers_ten_tasks_in_all_tiers(name):
    catalog = Catalog.load(name)
    for task in TASKS:
        for tier in TIERS:
            for difficulty in DIFFICULTIES:
                assert catalog.table.look_up(task, tier, difficulty) in catalog.models


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_price_has_a_source_and_a_date(name):
    for spec in Catalog.load(name).models.values():
        assert spec.prices, spec.alias
        for price in spec.prices:
            assert price.source.strip()
            assert date(2026, 1, 1) <= price.date <= date(2027, 1, 1)
            assert 0 < price.input_usd_per_mtok < price.output_usd_per_mtok


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_capability_has_a_source(name):
    for spec in Catalog.load(name).models.values():
        missing = [fact for fact in CAPABILITIES if not spec.sources.get(fact, "").strip()]
        assert missing == [], spec.alias
        assert spec.model_fields_set.issuperset(CAPABILITIES), spec.alias


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_model_has_a_prior_for_each_task_it_can_read(name):
    for spec in Catalog.load(name).models.values():
        readable = {task for task in TASKS if task != "vision" or "image" in spec.inputs}
        assert set(spec.quality) == readable, spec.alias
        assert spec.quality_source.strip()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_vision_route_reads_images(name):
    catalog = Catalog.load(name)
    for tier in TIERS:
        alias = catalog.table.look_up("vision", tier, "medium")
        assert "image" in catalog.models[alias].inputs


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_baseline_has_a_price(name):
    catalog = Catalog.load(name)
    assert catalog.baseline_price(catalog.baseline) is not None


def test_openai_works_with_an_openai_key_alone():
    catalog = Catalog.load("openai")
    assert (catalog.base_url, catalog.api_key_env) == (
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
    )
    assert all(spec.base_url is None for spec in catalog.models.values())


def test_openai_has_a_cheap_a_middle_and_a_strong_model():
    catalog = Catalog.load("openai")
    by_price = sorted(catalog.models.values(), key=lambda s: s.price.output_usd_per_mtok)
    assert len({spec.price.output_usd_per_mtok for spec in by_price}) == 3
    cheap, middle, strong = (spec.alias for spec in by_price)
    assert catalog.table.look_up("code", "budget", "medium") == cheap
    assert catalog.table.look_up("code", "balanced", "medium") == middle
    assert catalog.table.look_up("code", "quality", "medium") == strong


def test_openrouter_needs_one_key_and_uses_its_ids():
    catalog = Catalog.load("openrouter")
    assert (catalog.base_url, catalog.api_key_env) == (
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
    )
    assert all(spec.model.count("/") == 1 for spec in catalog.models.values())


def test_openrouter_routes_like_default_where_it_has_the_model():
    ours, theirs = Catalog.load("default"), Catalog.load("openrouter")
    for task in TASKS:
        for tier in TIERS:
            wanted = ours.table.look_up(task, tier, "medium")
            if wanted in theirs.models:
                assert theirs.table.look_up(task, tier, "medium") == wanted


def test_a_shipped_catalog_is_loaded_once():
    assert Catalog.load("default") is Catalog.load("default")


def test_a_spec_is_found_by_alias_and_by_api_name():
    assert find_spec("gpt-4o").alias == "gpt-4o"
    assert find_spec("z-ai/glm-5.1").alias == "glm-5.1"


def test_a_dated_variant_is_not_guessed_at():
    assert find_spec("gpt-4o-2024-08-06") is None
