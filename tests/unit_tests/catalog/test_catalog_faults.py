"""A bad catalog: one error that lists every fault with file, key, value and mend."""

from __future__ import annotations

import pytest

from langchain_smartroute import Catalog, ConfigurationError, ModelSpec
from langchain_smartroute.errors import SmartRouteError

MODEL = "[models.m]\n"
PRICE = """
[[models.m.prices]]
input_usd_per_mtok = {input}
output_usd_per_mtok = "1"
source = "a test"
date = 2026-11-23
"""


def faults_of_file(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        Catalog.load(path)
    assert all(str(path) in fault for fault in caught.value.faults)
    assert all(fault in str(caught.value) for fault in caught.value.faults)
    return [fault.removeprefix(f"{path}: ") for fault in caught.value.faults]


# What is wrong → (TOML, key, value, mend).
SINGLE = {
    "unknown key of the catalog": ('tier = "cheap"\n' + MODEL, "tier", "'cheap'", "remove it"),
    "unknown key of a model": (MODEL + "colour = 3\n", "models.m.colour", "3", "remove it"),
    "unknown key of a price": (
        MODEL + PRICE.format(input='"1"') + "currency = 'EUR'\n",
        "models.m.prices.0.currency",
        "'EUR'",
        "remove it",
    ),
    "negative price": (
        MODEL + PRICE.format(input="-0.5"),
        "models.m.prices.0.input_usd_per_mtok",
        "-0.5",
        "greater than or equal to 0",
    ),
    "price that is no number": (
        MODEL + PRICE.format(input="nan"),
        "models.m.prices.0.input_usd_per_mtok",
        "NaN",
        "finite",
    ),
    "infinite price": (
        MODEL + PRICE.format(input="inf"),
        "models.m.prices.0.input_usd_per_mtok",
        "Infinity",
        "finite",
    ),
    "price in words": (
        MODEL + PRICE.format(input='"cheap"'),
        "models.m.prices.0.input_usd_per_mtok",
        "'cheap'",
        "correct the value",
    ),
    "price as a switch": (
        MODEL + PRICE.format(input="true"),
        "models.m.prices.0.input_usd_per_mtok",
        "True",
        "correct the value",
    ),
    "model that is no table": ("[models]\nm = 5\n", "models.m", "5", "correct the value"),
    "window of the wrong type": (
        MODEL + 'context_window = "large"\n',
        "models.m.context_window",
        "'large'",
        "integer",
    ),
    "window of no tokens": (
        MODEL + "context_window = 0\n",
        "models.m.context_window",
        "0",
        "greater than 0",
    ),
    "unknown input": (
        MODEL + 'inputs = ["text", "smell"]\n',
        "models.m.inputs.1",
        "'smell'",
        "'text', 'image', 'audio' or 'pdf'",
    ),
    "prior above one": (
        MODEL + "quality = { code = 1.5 }\n",
        "models.m.quality.code",
        "1.5",
        "less than or equal to 1",
    ),
    "unknown model in a route": (
        MODEL + '[routes]\ncode = "n"\n',
        "routes.code",
        "'n'",
        "models: m",
    ),
    "unknown model in a cell": (
        MODEL + '[routes]\ncode = { budget = "m", balanced = "n", quality = "m" }\n',
        "routes.code.balanced",
        "'n'",
        "models: m",
    ),
    "unknown model in a refined cell": (
        MODEL + '[routes]\ncode = { default = "m", easy = "n" }\n',
        "routes.code.easy",
        "'n'",
        "models: m",
    ),
    "route that is no name": (MODEL + "[routes]\ncode = 5\n", "routes.code", "5", "must be"),
    "missing tier": (
        MODEL + '[routes]\ncode = { budget = "m", balanced = "m" }\n',
        "routes.code",
        "'budget'",
        "has no cell for tier 'quality'; add one",
    ),
    "unknown tier": (
        MODEL + '[routes.code]\nbudget="m"\nbalanced="m"\nquality="m"\nluxury="m"\n',
        "routes.code",
        "'luxury'",
        "budget, balanced, quality",
    ),
    "refinement without a default": (
        MODEL + '[routes]\ncode = { easy = "m", hard = "m" }\n',
        "routes.code",
        "'easy'",
        "has no 'default'; add one",
    ),
    "unknown difficulty in a cell": (
        MODEL + '[routes.code]\nbudget="m"\nbalanced={default="m",brutal="m"}\nquality="m"\n',
        "routes.code.balanced",
        "'brutal'",
        "default, easy, medium, hard",
    ),
    "name of both a model and a task": (
        MODEL + '[routes]\nm = "m"\n',
        "routes.m",
        "'m'",
        "rename one",
    ),
    "unknown default": (
        'default = "n"\n' + MODEL,
        "default",
        "'n'",
        "use one of m",
    ),
    "unknown baseline": (
        'baseline = "n"\n' + MODEL,
        "baseline",
        "'n'",
        "use one of m",
    ),
    "empty catalog": ("[models]\n", "models", "{}", "add at least one"),
    "later schema": ("schema = 2\n" + MODEL, "schema", "2", "reads schema 1"),
    "unknown catalog to extend": (
        'extends = "mine"\n' + MODEL,
        "extends",
        "'mine'",
        "default, openai, openrouter",
    ),
}


@pytest.mark.parametrize("what", SINGLE)
def test_a_fault_is_named_once_with_file_key_value_and_mend(tmp_path, what):
    text, key, value, mend = SINGLE[what]
    (fault,) = faults_of_file(tmp_path, text)
    assert fault.startswith(f"{key} = ")
    assert value in fault
    assert mend in fault


@pytest.mark.parametrize("field", ["input_usd_per_mtok", "output_usd_per_mtok", "source", "date"])
def test_a_missing_price_field_is_named(tmp_path, field):
    lines = (MODEL + PRICE.format(input='"1"')).splitlines()
    text = "\n".join(line for line in lines if not line.startswith(field))
    assert faults_of_file(tmp_path, text) == [f"models.m.prices.0.{field}: is missing; add it"]


def test_a_file_without_models_is_told_to_add_them(tmp_path):
    assert faults_of_file(tmp_path, 'name = "x"\n') == ["models: is missing; add it"]


def test_an_inheritance_circle_is_shown(tmp_path):
    text = MODEL + '[routes]\nmath = "reasoning"\nreasoning = "code"\ncode = "math"\n'
    faults = faults_of_file(tmp_path, text)
    assert any("math → reasoning → code → math" in fault for fault in faults)
    assert all("circle" in fault and "break it" in fault for fault in faults)


def test_a_row_that_inherits_itself_is_a_circle(tmp_path):
    (fault,) = faults_of_file(tmp_path, MODEL + '[routes]\nmath = "math"\n')
    assert "math → math" in fault


def test_a_circle_through_one_cell_is_found(tmp_path):
    text = (
        MODEL
        + """
[routes]
math = { budget = "m", balanced = "reasoning", quality = "m" }
reasoning = { budget = "m", balanced = { default = "m", hard = "math" }, quality = "m" }
"""
    )
    faults = faults_of_file(tmp_path, text)
    assert faults
    assert all("circle" in fault for fault in faults)


def test_all_faults_of_all_blocks_are_listed_at_once(tmp_path):
    text = """
colour = "red"
[models.a]
context_window = -1
[[models.a.prices]]
input_usd_per_mtok = -1
output_usd_per_mtok = nan
source = "a test"
date = 2026-11-23
[models.b]
inputs = ["smell"]
shape = "round"
"""
    keys = {fault.split(" = ")[0] for fault in faults_of_file(tmp_path, text)}
    assert keys == {
        "colour",
        "models.a.context_window",
        "models.a.prices.0.input_usd_per_mtok",
        "models.a.prices.0.output_usd_per_mtok",
        "models.b.inputs.0",
        "models.b.shape",
    }


def test_all_faults_of_the_references_are_listed_at_once(tmp_path):
    text = 'default = "x"\nbaseline = "y"\n' + MODEL + '[routes]\ncode = "z"\nmath = "w"\n'
    keys = {fault.split(" = ")[0] for fault in faults_of_file(tmp_path, text)}
    assert keys == {"default", "baseline", "routes.code", "routes.math"}


def test_a_bad_block_and_a_bad_reference_are_listed_at_once(tmp_path):
    """A user who mends the price must not learn of the route in a second round."""
    text = MODEL + PRICE.format(input="-1") + '[routes]\ncode = "n"\n'
    keys = {fault.split(" = ")[0] for fault in faults_of_file(tmp_path, text)}
    assert keys == {"models.m.prices.0.input_usd_per_mtok", "routes.code"}


def test_every_bad_model_of_a_list_is_listed_at_once():
    bad = [{"alias": "a", "context_window": -1}, {"alias": "b", "context_window": -2}]
    with pytest.raises(ConfigurationError) as caught:
        Catalog.load({"models": bad})
    assert len(caught.value.faults) == 2


def test_duplicate_aliases_in_a_list_are_named():
    specs = [ModelSpec(alias="a"), ModelSpec(alias="b"), {"alias": "a"}]
    with pytest.raises(ConfigurationError, match="alias = 'a': used twice; give each"):
        Catalog(models=specs)


def test_duplicate_aliases_in_a_file_are_named_with_the_file(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text("[models.m]\n[models.m]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"own\.toml"):
        Catalog.load(path)


@pytest.mark.parametrize("content", [b"[models", b"\xff\xfe", b"a = ", b"x = 1\nx = 2"])
def test_a_file_that_is_not_toml_is_named(tmp_path, content):
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"broken\.toml: not valid TOML") as caught:
        Catalog.load(path)
    assert caught.value.__cause__ is not None


def test_a_missing_file_is_told_apart_from_a_shipped_catalog(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        Catalog.load(tmp_path / "absent.toml")
    assert "absent.toml" in str(caught.value)
    assert "default, openai, openrouter" in str(caught.value)


def test_a_misspelt_shipped_name_lists_the_shipped_ones():
    with pytest.raises(ConfigurationError, match=r"'opnai'.*default, openai, openrouter"):
        Catalog.load("opnai")


def test_a_folder_is_no_catalog(tmp_path):
    with pytest.raises(ConfigurationError, match="can be read"):
        Catalog.load(tmp_path)


@pytest.mark.parametrize("source", [5, None, ["default"], b"default"])
def test_a_source_of_the_wrong_type_is_rejected(source):
    with pytest.raises(ConfigurationError, match=r"name .*path.*mapping.*Catalog"):
        Catalog.load(source)


@pytest.mark.parametrize("models", [5, "gpt-4o", [5], ["gpt-4o"], [None], True])
def test_models_of_the_wrong_type_are_our_error(models):
    with pytest.raises(ConfigurationError):
        Catalog.load({"models": models})


@pytest.mark.parametrize("models", [5, "gpt-4o", ["gpt-4o"], {"gpt-4o": 5}])
def test_models_of_the_wrong_type_are_our_error_in_an_extension_too(models):
    with pytest.raises(ConfigurationError):
        Catalog.load({"extends": "default", "models": models})


@pytest.mark.parametrize("row", [{1: "m", "x": "m"}, {}, [], None, {"default": {"default": "m"}}])
def test_a_row_of_the_wrong_form_is_our_error(row):
    with pytest.raises(ConfigurationError, match=r"routes\.code"):
        Catalog.load({"models": {"m": {}}, "routes": {"code": row}})


def test_an_empty_list_of_models_is_an_empty_catalog():
    with pytest.raises(ConfigurationError, match="empty; add at least one"):
        Catalog(models=[])


def test_a_configuration_error_is_a_value_error_of_ours():
    with pytest.raises(ValueError, match="empty") as caught:
        Catalog.load({"models": {}})
    assert isinstance(caught.value, SmartRouteError)


@pytest.mark.parametrize("header", ["[models.llama-3.1]", "[[models.llama-3.1.prices]]"])
def test_a_name_with_a_dot_and_no_quotes_is_told_to_have_them(tmp_path, header):
    """TOML reads `[models.llama-3.1]` as model `llama-3` with a key `1`, as a newcomer found.

    "unknown key; remove it or use one of alias, …" helped nobody.
    """
    (fault,) = faults_of_file(tmp_path, f'extends = "default"\n{header}\ncontext_window = 8\n')
    assert fault == (
        'models.llama-3.1: unknown key; a name with a dot needs quotes, as in [models."llama-3.1"]'
    )


def test_a_misspelt_table_of_a_model_is_not_taken_for_its_name(tmp_path):
    (fault,) = faults_of_file(tmp_path, MODEL + "qualities = { code = 0.5 }\n")
    assert fault == "models.m.qualities: unknown key; did you mean quality?"


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ('api_base = "http://127.0.0.1:9/v1"', "use base_url"),
        ("input_cost_per_token = 0.000001", "input_usd_per_mtok"),
        ("output_cost_per_token = 0.000001", "output_usd_per_mtok"),
        ("max_tokens = 100", "max_output_tokens"),
        ("max_input_tokens = 8000", "context_window"),
        ("stream_timeout = 3", "first_token_timeout_s"),
        ("order = 1", "fallbacks="),
        ("rpm = 3", "rate_limiter"),
        ('tags = ["batch"]', "rules="),
        ('litellm_params = { model = "openai/gpt-4o" }', "own block"),
        ("supports_vision = true", 'inputs = ["text", "image"]'),
    ],
)
def test_a_setting_of_litellms_configuration_is_told_its_name_here(tmp_path, line, mend):
    """`api_base` was answered with "did you mean alias?", `order` with provider.

    `output_cost_per_token` and `max_input_tokens` were both answered with max_output_tokens.
    """
    (fault,) = faults_of_file(tmp_path, MODEL + line + "\n")
    assert fault.startswith(f"models.m.{line.split()[0]}")
    assert mend in fault
    assert "did you mean" not in fault


@pytest.mark.parametrize("value", ["0", "1", "0.0", "0.3"])
def test_the_temperature_of_a_model_is_whether_and_not_which(tmp_path, value):
    """`temperature = 0`, meant as one, was read as a model that takes none."""
    (fault,) = faults_of_file(tmp_path, MODEL + f"temperature = {value}\n")
    assert fault.startswith("models.m.temperature = ")
    assert "must be true or false, whether it takes a temperature" in fault
    assert "router's temperature=" in fault
