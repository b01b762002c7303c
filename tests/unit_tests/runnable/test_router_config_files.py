"""A router as a file: written, read back, and never with a key in it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from importlib.resources import files

import pytest
from langchain_core.messages import HumanMessage

from langchain_smartroute import (
    Catalog,
    ClassifierChain,
    ConfigurationError,
    JudgeClassifier,
    LinearClassifier,
    ModelSpec,
    PatternClassifier,
    Price,
    Rule,
    SmartRouterRunnable,
)
from langchain_smartroute.classify.linear import read_shipped

KEY = "sk-not-for-anyones-eyes"
ASKS = [
    "Hello",
    "Write a Python function to merge sort an array",
    "Translate to German: good morning",
    "Is this spam? You won a prize",
    [HumanMessage("word " * 2_000)],
]
PRICE = Price(
    input_usd_per_mtok="1.5", output_usd_per_mtok="2", source="a test", date=date(2026, 1, 2)
)
SPECS = {
    "fast": ModelSpec(alias="fast", model="gpt-4o-mini", prices=[PRICE], strengths=["fast"]),
    "strong": ModelSpec(alias="strong", model="gpt-4o", context_window=10_000, tools=False),
}


def toml_value(value):
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(k)} = {toml_value(v)}" for k, v in value.items())
        return "{ " + inside + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value)


def as_dict(config, folder):
    return config


def as_json(config, folder):
    path = folder / "router.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def as_toml(config, folder):
    path = folder / "router.toml"
    lines = [f"{json.dumps(key)} = {toml_value(value)}" for key, value in config.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def built(settings):
    settings = {"base_url": "http://127.0.0.1:9/v1", **settings}
    models = settings.pop("from_models", None)
    if models is not None:
        return SmartRouterRunnable.from_models(models, **settings)
    return SmartRouterRunnable.from_catalog(**settings)


ROUTERS = [
    {},
    {"tier": "quality", "model": "gpt-4o"},
    {"max_cost_usd": "0.01", "on_limit": "cheapest", "max_attempts": 2},
    {"temperature": 0.5, "max_tokens": 300, "stop": ["END"], "timeout_s": 7.5, "streaming": True},
    {"rules": [({"task": "code", "difficulty": ["easy", "hard"]}, "gpt-4o")]},
    {"rules": [Rule({"inputs": ("image",)}, "glm-4v", "pictures"), ({"tools": 0}, "glm-4-flash")]},
    {"fallbacks": {"deepseek-chat": ["gpt-4o-mini"], "gpt-4o": "glm-5.1"}},
    {"catalog": Catalog.load("default")},
    {"catalog": {"extends": "default", "models": {"own": {"context_window": 9_000}}}},
    {
        "catalog": Catalog.load(
            {"models": {"own": {"prices": [PRICE.model_dump(exclude_none=True)]}}}
        )
    },
    {"from_models": SPECS, "routes": {"code": "strong"}, "default": "fast"},
]


def decisions(router):
    return [
        (d.chain, d.chain_reasons, d.excluded, d.tier, d.estimated_cost_usd)
        for d in map(router.explain, ASKS)
    ]


@pytest.mark.parametrize("written", [as_dict, as_json, as_toml])
@pytest.mark.parametrize("settings", ROUTERS)
def test_a_router_read_back_decides_as_the_one_that_was_written(settings, written, tmp_path):
    router = built(settings)
    config = router.to_config()
    again = SmartRouterRunnable.from_config(written(config, tmp_path))
    assert again.to_config() == config
    assert decisions(again) == decisions(router)
    for name in ("tier", "model", "max_cost_usd", "on_limit", "max_attempts", "temperature"):
        assert getattr(again, name) == getattr(router, name)
    for name in ("max_tokens", "stop", "timeout_s", "streaming", "base_url"):
        assert getattr(again, name) == getattr(router, name)


@pytest.mark.parametrize("settings", ROUTERS)
def test_a_config_is_json(settings):
    config = built(settings).to_config()
    assert json.loads(json.dumps(config)) == config


def test_a_config_is_json_where_the_catalog_was_a_mapping_of_python_values():
    """A user's mapping may hold `Decimal` and `date`, as TOML readers give them."""
    price = {
        "input_usd_per_mtok": Decimal("1.5"),
        "output_usd_per_mtok": Decimal(2),
        "source": "a test",
        "date": date(2026, 1, 2),
    }
    router = built({"catalog": {"models": {"own": {"prices": [price]}}}})
    config = router.to_config()
    again = SmartRouterRunnable.from_config(json.loads(json.dumps(config)))
    assert decisions(again) == decisions(router)


def test_a_config_has_no_null_which_toml_cannot_say():
    price = PRICE.model_dump(mode="json")
    assert price["cached_input_usd_per_mtok"] is None
    catalog = Catalog.load({"models": {"own": {"prices": [price]}}})
    assert "null" not in json.dumps(built({"catalog": catalog}).to_config())


def test_a_catalog_file_is_written_as_its_path(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "default"\ndefault = "gpt-4o-mini"\n', encoding="utf-8")
    router = built({"catalog": path})
    config = router.to_config()
    assert config["catalog"] == str(path)
    assert decisions(SmartRouterRunnable.from_config(config)) == decisions(router)


@pytest.mark.parametrize(
    "settings",
    [
        {"name": "concierge"},
        {"tags": ["house"]},
        {"metadata": {"team": "search"}},
        {"disable_streaming": True},
        {"output_version": "v1"},
    ],
)
def test_every_plain_setting_is_written_or_refused(settings):
    """`to_config` promises everything that is needed to build the router again."""
    ((name, value),) = settings.items()
    router = built(settings)
    try:
        config = router.to_config()
    except ConfigurationError as error:
        assert name in str(error)  # noqa: PT017 - either way is honest, silence is not
        return
    assert getattr(SmartRouterRunnable.from_config(config), name) == value


def special(features):
    return "refund" in features.text


def test_a_rule_with_a_callable_cannot_be_written_and_the_error_names_it():
    rules = [(special, "gpt-4o"), (lambda f: True, "gpt-4o", "always"), ({"tools": 0}, "gpt-4o")]
    with pytest.raises(ConfigurationError) as raised:
        built({"rules": rules}).to_config()
    assert len(raised.value.faults) == 2
    assert "special" in raised.value.faults[0]
    assert "always" in raised.value.faults[1]


def test_model_objects_and_classifiers_of_ones_own_cannot_be_written(scripted):
    with pytest.raises(ConfigurationError, match="mine"):
        SmartRouterRunnable.from_models({"mine": scripted()}).to_config()
    for classifier in (lambda text: "code", JudgeClassifier(scripted())):
        with pytest.raises(ConfigurationError, match="classifier"):
            built({"classifier": classifier}).to_config()
        with pytest.raises(ConfigurationError, match="classifier"):
            built({"classifier": ClassifierChain(LinearClassifier(), classifier)}).to_config()


@pytest.mark.parametrize(
    ("classifier", "written", "kind"),
    [
        (None, None, LinearClassifier),
        ("linear", "linear", LinearClassifier),
        ("patterns", "patterns", PatternClassifier),
        (PatternClassifier(), "patterns", PatternClassifier),
        (LinearClassifier(), "linear", LinearClassifier),
        (
            ClassifierChain(LinearClassifier(), PatternClassifier(), margin=0.5, timeout_s=2),
            {"chain": ["linear", "patterns"], "margin": 0.5, "timeout_s": 2},
            ClassifierChain,
        ),
        (
            {"chain": ["linear", "patterns"]},
            {"chain": ["linear", "patterns"]},
            ClassifierChain,
        ),
    ],
)
def test_built_in_classifiers_are_written_and_read(classifier, written, kind):
    config = built({"classifier": classifier}).to_config()
    assert config.get("classifier") == written
    again = SmartRouterRunnable.from_config(config)
    assert isinstance(again._engine.classifier, kind)
    assert json.loads(json.dumps(config)) == config


def test_an_artefact_of_ones_own_is_written_as_its_path_and_read_at_once(tmp_path):
    path = tmp_path / "own.weights"
    path.write_bytes(read_shipped().artefact.to_bytes())
    config = built({"classifier": LinearClassifier(path)}).to_config()
    assert config["classifier"] == {"linear": str(path)}
    assert SmartRouterRunnable.from_config(config)
    path.write_bytes(b"something else")
    other = tmp_path / "other.weights"
    other.write_bytes(b"something else")
    with pytest.raises(ConfigurationError, match="no trained classifier"):
        built({"classifier": LinearClassifier(other)})


@pytest.mark.parametrize(
    "value",
    ["tea leaves", {}, {"linear": 3}, {"chain": "linear"}, {"chain": [], "linear": "x"},
     {"chain": ["linear"], "speed": 9}, {"chain": []}],
)  # fmt: skip
def test_invalid_settings_of_a_classifier_are_refused(value):
    with pytest.raises(ConfigurationError, match=r"classifier|ClassifierChain"):
        built({"classifier": value})


@pytest.mark.parametrize("where", ["argument", "environment", "both"])
def test_no_key_is_ever_written(monkeypatch, where):
    settings = {"base_url": "https://gateway.example/v1"}
    if where != "argument":
        monkeypatch.setenv("GATEWAY_KEY", KEY)
        settings["api_key_env"] = "GATEWAY_KEY"
    if where != "environment":
        settings["api_key"] = KEY
    router = SmartRouterRunnable.from_catalog(**settings)
    config = router.to_config()
    assert KEY not in json.dumps(config)
    assert "api_key" not in config
    assert config.get("api_key_env") == settings.get("api_key_env")
    if where != "argument":
        again = SmartRouterRunnable.from_config(config)
        endpoint = again._engine.candidates["gpt-4o"].endpoint
        assert endpoint.api_key.get_secret_value() == KEY


def test_overrides_count_before_the_file(tmp_path):
    path = as_toml(built({"tier": "budget"}).to_config(), tmp_path)
    again = SmartRouterRunnable.from_config(path, tier="quality", api_key=KEY)
    assert again.tier == "quality"
    assert again.api_key.get_secret_value() == KEY


def test_the_mapping_that_is_read_is_left_alone():
    config = {
        "base_url": "http://127.0.0.1:9/v1",
        "rules": [{"when": {"tools": 0}, "use": "glm-4v"}],
    }
    before = json.dumps(config)
    SmartRouterRunnable.from_config(config, tier="quality")
    assert json.dumps(config) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.toml", "tier = "), ("a.json", "{"), ("b.json", "[1]"), ("c.toml", 'tier = "premium"')],
)
def test_a_bad_file_is_a_configuration_error(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        SmartRouterRunnable.from_config(path)


def test_a_missing_file_is_a_configuration_error_with_its_path(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        SmartRouterRunnable.from_config(tmp_path / "nowhere.toml")


def test_an_unknown_setting_in_a_file_is_named():
    with pytest.raises(ConfigurationError, match="teir"):
        SmartRouterRunnable.from_config({"teir": "quality", "base_url": "http://127.0.0.1:9/v1"})


def test_paths_in_a_file_are_taken_from_its_own_folder(tmp_path, monkeypatch):
    """They were looked for in the working directory alone, so no router could be moved."""
    folder, elsewhere = tmp_path / "router", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    for place, alias in ((folder, "own"), (elsewhere, "other")):
        (place / "catalog.toml").write_text(f"[models.{alias}]\nmodel = 'gpt-4o-mini'\n")
    content = files("langchain_smartroute.classify").joinpath("linear.weights").read_bytes()
    (folder / "own.weights").write_bytes(content)
    (folder / "router.toml").write_text(
        """
        catalog = "catalog.toml"
        classifier = { chain = ["patterns", { linear = "own.weights" }] }
        """
    )
    monkeypatch.chdir(elsewhere)
    settings = SmartRouterRunnable.from_config(
        folder / "router.toml", base_url="http://127.0.0.1:9/v1", api_key="none"
    ).to_config()
    assert settings["catalog"] == str(folder / "catalog.toml")
    assert str(folder / "own.weights") in json.dumps(settings["classifier"])
    # What is not there is still taken from the working directory.
    (folder / "catalog.toml").unlink()
    router = SmartRouterRunnable.from_config(
        folder / "router.toml", base_url="http://127.0.0.1:9/v1", api_key="none"
    )
    assert router.explain("Hello").model == "other"
