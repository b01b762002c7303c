"""A router over models that the user brings: objects, names, specs, and what is read from them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from langchain_smartroute import (
    Catalog,
    ConfigurationError,
    ModelSpec,
    NoFeasibleModelError,
    Price,
    SmartRouterRunnable,
)
from langchain_smartroute.sandbox import Fault

CODE = "Write a Python function to merge sort an array"
IMAGE = [
    {"type": "text", "text": "What is in this picture?"},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
]


class Answer(BaseModel):
    """An answer."""

    answer: str


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


def model_of(message):
    return message.response_metadata["smartroute"]["model"]


def chat(sandbox, name, **fields):
    return ChatOpenAI(
        model=name, base_url=sandbox.base_url, api_key="none", max_retries=0, **fields
    )


def test_routes_send_each_task_to_its_model(scripted):
    router = SmartRouterRunnable.from_models(
        {"fast": scripted(words="fast"), "strong": scripted(words="strong")},
        routes={"code": "strong"},
        default="fast",
    )
    assert router.invoke(CODE).content == "strong"
    assert router.invoke("Hello").content == "fast"


def test_the_first_model_is_the_default_where_none_is_named(scripted):
    router = SmartRouterRunnable.from_models({"b": scripted(), "a": scripted()})
    assert router.explain("Hello").model == "b"


def test_rules_come_before_routes(scripted):
    router = SmartRouterRunnable.from_models(
        {"fast": scripted(), "strong": scripted()},
        routes={"code": "fast"},
        rules=[({"task": "code"}, "strong")],
    )
    assert router.explain(CODE).model == "strong"


def test_ones_own_fallbacks_come_first(scripted):
    router = SmartRouterRunnable.from_models(
        {"a": scripted(error=OSError("down")), "b": scripted(words="b"), "c": scripted(words="c")},
        default="a",
        fallbacks={"a": ["c"]},
    )
    assert router.explain("Hello").chain[:2] == ("a", "c")
    assert router.invoke("Hello").content == "c"


def test_prices_come_from_the_catalogs_by_model_name(scripted):
    catalog = Catalog.load("default").models
    router = SmartRouterRunnable.from_models(
        {"a": scripted(model_name="gpt-4o-mini"), "b": scripted(model_name="nobody-knows")}
    )
    specs = router._engine.policy.catalog.models
    assert specs["a"].price == catalog["gpt-4o-mini"].price
    assert specs["b"].price is None
    assert router.explain("Hello").estimated_cost_usd > 0
    assert router.with_route(model="b").explain("Hello").estimated_cost_usd is None


def test_capabilities_come_from_the_models_profile(scripted):
    blind = scripted(profile={"image_inputs": False, "tool_calling": True})
    seeing = scripted(words="I see", profile={"image_inputs": True, "tool_calling": False})
    router = SmartRouterRunnable.from_models({"blind": blind, "seeing": seeing}, default="blind")
    decision = router.explain([("user", IMAGE)])
    assert decision.chain == ("seeing",)
    assert "blind" in decision.excluded
    assert router.invoke([("user", IMAGE)]).content == "I see"
    bound = router.bind_tools([weather])
    assert model_of(bound.invoke("Hello")) == "blind"


def test_the_window_comes_from_the_models_profile(scripted):
    small = scripted(words="small", profile={"max_input_tokens": 2_000})
    large = scripted(words="large", profile={"max_input_tokens": 200_000})
    router = SmartRouterRunnable.from_models({"small": small, "large": large}, default="small")
    assert router.invoke("Hello").content == "small"
    assert router.invoke("word " * 5_000).content == "large"
    with pytest.raises(NoFeasibleModelError):
        router.invoke("word " * 400_000)


def test_what_no_profile_says_rules_no_model_out(scripted):
    router = SmartRouterRunnable.from_models({"only": scripted()})
    assert router.invoke([("user", IMAGE)]).content


def test_a_runnable_that_answers_with_text_can_be_a_candidate(scripted):
    router = SmartRouterRunnable.from_models({"text": scripted(words="plain") | StrOutputParser()})
    answer = router.invoke("Hello")
    assert isinstance(answer, AIMessage)
    assert (answer.content, model_of(answer)) == ("plain", "text")
    assert "".join(chunk.text for chunk in router.stream("Hello")).strip() == "plain"


async def test_a_function_can_be_a_candidate(scripted):
    echo = RunnableLambda(lambda messages: AIMessage(f"heard {messages[-1].content}"))
    router = SmartRouterRunnable.from_models({"echo": echo})
    assert router.invoke("hello").content == "heard hello"
    assert (await router.ainvoke("hello")).content == "heard hello"
    assert "".join(chunk.text for chunk in router.stream("hello")) == "heard hello"


def test_a_model_with_bound_arguments_can_be_a_candidate(sandbox):
    bound = chat(sandbox, "gpt-4o-mini").bind(stop=["?"])
    router = SmartRouterRunnable.from_models({"bound": bound})
    assert model_of(router.invoke("Hello")) == "bound"
    assert sandbox.requests[-1].body["stop"] == ["?"]
    assert router.explain("Hello").estimated_cost_usd is not None


def test_a_model_with_its_own_fallbacks_can_be_a_candidate(sandbox):
    sandbox.set_fault("gpt-4o", Fault(kind="status", status=503))
    both = chat(sandbox, "gpt-4o").with_fallbacks([chat(sandbox, "gpt-4o-mini")])
    router = SmartRouterRunnable.from_models({"both": both})
    answer = router.invoke("Hello")
    assert model_of(answer) == "both"
    assert answer.response_metadata["model_name"] == "gpt-4o-mini"
    assert router.bind_tools([weather]).invoke("What is the weather in Paris?").tool_calls


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_tools_and_schemas_reach_the_fallbacks_of_a_candidate(sandbox):
    sandbox.set_fault("gpt-4o", Fault(kind="status", status=503))
    both = chat(sandbox, "gpt-4o").with_fallbacks([chat(sandbox, "gpt-4o-mini")])
    router = SmartRouterRunnable.from_models({"both": both})
    structured = router.with_structured_output(Answer)
    assert isinstance(structured.invoke("Answer as JSON: how old is Ada?"), Answer)


@pytest.mark.parametrize("make", [lambda model: model, lambda model: model.bind(stop=["?"])])
def test_fallbacks_of_any_chat_model_can_be_a_candidate(make):
    """Core's own `with_structured_output` has annotations that do not resolve at run time.

    Looking for that method on `RunnableWithFallbacks` resolves them, so it raises
    NameError for every chat model that does not override it.
    """
    down, up = FakeListChatModel(responses=["x"]), FakeListChatModel(responses=["up"])
    both = make(down).with_fallbacks([make(up)])
    router = SmartRouterRunnable.from_models({"both": both})
    assert router.invoke("Hello").content == "x"


def test_a_spec_can_be_a_candidate_under_the_alias_it_is_given(sandbox):
    price = Price(
        input_usd_per_mtok="1", output_usd_per_mtok="2", source="a test", date=date(2026, 1, 2)
    )
    spec = ModelSpec(alias="other", model="gpt-4o-mini", prices=[price])
    router = SmartRouterRunnable.from_models({"mine": spec}, base_url=sandbox.base_url)
    answer = router.invoke("Hello")
    usage = answer.usage_metadata
    assert model_of(answer) == "mine"
    assert sandbox.requests[-1].body["model"] == "gpt-4o-mini"
    expected = (usage["input_tokens"] + 2 * usage["output_tokens"]) / Decimal(1_000_000)
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == expected


def test_a_name_for_init_chat_model_can_be_a_candidate(sandbox, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a-key")
    monkeypatch.setenv("OPENAI_BASE_URL", sandbox.base_url)
    router = SmartRouterRunnable.from_models({"a": "openai:gpt-4o-mini", "b": "gpt-4o"})
    assert model_of(router.invoke("Hello")) == "a"
    assert sandbox.requests[-1].body["model"] == "gpt-4o-mini"
    assert model_of(router.with_route(model="b").invoke("Hello")) == "b"
    price = Catalog.load("default").models["gpt-4o"].price
    assert router._engine.policy.catalog.models["b"].price == price
    assert router.explain([("user", IMAGE)]).model in ("a", "b")


def test_a_mixture_of_kinds_can_be_candidates(sandbox, scripted, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a-key")
    router = SmartRouterRunnable.from_models(
        {
            "object": scripted(words="object"),
            "spec": ModelSpec(alias="spec", model="gpt-4o"),
            "name": "openai:gpt-4o-mini",
        },
        base_url=sandbox.base_url,
    )
    assert model_of(router.invoke("Hello")) == "object"
    assert model_of(router.with_route(model="spec").invoke("Hello")) == "spec"
    assert set(router.explain("Hello").chain) == {"object", "spec", "name"}


def test_all_wrong_entries_are_listed_in_one_error(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigurationError) as raised:
        SmartRouterRunnable.from_models({"a": 7, "b": "nobody:x", "c": object()})
    assert len(raised.value.faults) == 3
    for alias, fault in zip("abc", raised.value.faults, strict=True):
        assert f"models.{alias}" in fault


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"default": "nobody"}, "nobody"),
        ({"routes": {"code": "nobody"}}, "nobody"),
        ({"rules": [({"task": "code"}, "nobody")]}, "nobody"),
        ({"fallbacks": {"a": ["nobody"]}}, "nobody"),
        ({"fallbacks": {"a": ["b"], "b": ["a"]}}, "circle"),
        ({"model": "nobody"}, "nobody"),
        ({"tier": "premium"}, "premium"),
        ({"surprise": 1}, "surprise"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_cost_usd": -1}, "max_cost_usd"),
    ],
)
def test_a_wrong_setting_is_a_configuration_error_that_names_it(scripted, settings, named):
    with pytest.raises(ConfigurationError, match=named):
        SmartRouterRunnable.from_models({"a": scripted(), "b": scripted()}, **settings)


def test_no_models_at_all_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match="empty"):
        SmartRouterRunnable.from_models({})


def test_a_brought_model_is_used_as_it_is(scripted):
    model = scripted()
    before = model.model_dump()
    router = SmartRouterRunnable.from_models({"mine": model})
    assert router._engine.candidates["mine"].model is model
    router.invoke("Hello")
    assert {**model.model_dump(), "seen": []} == {**before, "seen": []}


BUILT_ALONE = {
    "temperature": 0.0,
    "max_tokens": 5,
    "stop": ["END"],
    "cache": InMemoryCache(),
    "rate_limiter": InMemoryRateLimiter(),
    "streaming": True,
    "disable_streaming": True,
    "output_version": "v1",
    "base_url": "http://127.0.0.1:9/v1",
    "api_key": "sk-SECRET",
    "api_key_env": "MINE",
    "default_headers": {"X-Team": "secret"},
    "default_query": {"version": "secret"},
}


@pytest.mark.parametrize(("name", "value"), BUILT_ALONE.items(), ids=BUILT_ALONE)
def test_a_setting_that_no_model_would_heed_is_refused(scripted, name, value):
    """`from_models({…}, cache=InMemoryCache())` kept nothing, and `temperature=0` was 1.

    With `base_url=` and a name for `init_chat_model`, calls went to OpenAI and not to the gateway.
    With `disable_streaming=True` it streamed.
    """
    models = {"a": scripted(), "b": scripted()}
    with pytest.raises(ConfigurationError, match=f"^{name}: reaches no model") as caught:
        SmartRouterRunnable.from_models(models, **{name: value})
    assert "secret" not in str(caught.value).lower()
    of_both = {"mine": scripted(), "built": ModelSpec(alias="built", model="gpt-4o")}
    SmartRouterRunnable.from_models(of_both, **{"base_url": "http://127.0.0.1:9/v1", name: value})


@pytest.mark.parametrize("bound", [False, True])
def test_a_model_that_gives_several_answers_is_refused(bound):
    """All but the first were paid for and lost; `n` in a call was refused already."""
    plain = {"model": "gpt-4o", "base_url": "http://127.0.0.1:9/v1", "api_key": "none"}
    model = ChatOpenAI(**plain).bind(n=2) if bound else ChatOpenAI(**plain, n=2)
    with pytest.raises(ConfigurationError, match=r"models\.a: n = 2: the router gives one answer"):
        SmartRouterRunnable.from_models({"a": model})
    SmartRouterRunnable.from_models({"a": ChatOpenAI(**plain, n=1).bind(n=1)})


def test_what_is_off_or_comes_from_the_environment_is_no_such_setting(scripted, monkeypatch):
    monkeypatch.setenv("LC_OUTPUT_VERSION", "v1")
    off = {
        "streaming": False,
        "disable_streaming": False,
        "temperature": None,
        "default_headers": {},
    }
    SmartRouterRunnable.from_models({"a": scripted()}, **off)


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("model_list", [], "from_models({alias: …})"),
        ("num_retries", 3, "after a kind of error"),
        ("cooldown_time", 5, 'breaker={"min_calls": …, "open_s": …}'),
        ("stream_timeout", 5, "first_token_timeout_s and idle_timeout_s"),
        ("context_window_fallbacks", [], "leave it out"),
        ("content_policy_fallbacks", [], 'on_content_filter="fallback"'),
        ("default_fallbacks", ["a"], "leave it out"),
        ("max_fallbacks", 2, "max_attempts"),
        ("provider_budget_config", {}, "spend_limits"),
        ("redis_url", "redis://host", "state="),
        ("cache_responses", True, "cache="),
        ("redis_password", "s", "state="),
        ("caching", True, "cache="),
        ("drop_params", True, "leave it out"),
        ("default_litellm_params", {}, "to each model object"),
        ("max_parallel_requests", 3, "max_concurrency"),
        ("enable_tag_filtering", True, "rules="),
        ("rpm", 3, "rate_limiter"),
        ("mock_response", "hi", "ScriptedChatModel"),
        ("set_verbose", True, "explain("),
        ("enable_mid_stream_fallback_continuation", True, "buffer"),
        ("exceptions_to_handle", (), "leave it out"),
        ("strategy", "cost", "classifier=, rules= or policy="),
        ("default_route", "a", "default="),
        # A ChatOpenAI's; `top_p` was answered with stop, model_kwargs with models.
        ("top_p", 0.5, ".bind(top_p=…)"),
        ("model_kwargs", {}, "ChatOpenAI(…)"),
        ("n", 2, "batch()"),
        ("openai_api_base", "http://127.0.0.1:9/v1", "base_url"),
        ("request_timeout", 3, "timeout_s"),
    ],
)
def test_a_setting_by_its_name_in_another_router_says_what_it_is_here(scripted, name, value, mend):
    """`num_retries=3` was answered with max_retries, which is accepted and does nothing."""
    with pytest.raises(ConfigurationError) as caught:
        SmartRouterRunnable.from_models({"a": scripted()}, **{name: value})
    (fault,) = caught.value.faults
    assert fault.startswith(name)
    assert mend in fault
    assert "did you mean" not in fault


def test_a_router_without_routes_says_that_it_takes_the_default(scripted):
    """`from_models({main, spare}, fallbacks=…)` explained itself by a table that nobody gave."""
    models = {"main": scripted(), "spare": scripted()}
    plain = SmartRouterRunnable.from_models(models, fallbacks={"main": ["spare"]})
    assert plain.explain("Hello!").reason == "default, as no routes are set"
    coding = SmartRouterRunnable.from_models(models, routes={"code": "spare"}, default="main")
    assert coding.explain("Hello!").reason == "default, as the table has no task 'general'"


@pytest.mark.parametrize(
    "read", [SmartRouterRunnable.from_catalog, SmartRouterRunnable.from_config]
)
def test_a_file_in_yaml_is_told_what_these_files_are(tmp_path, read):
    """Somebody gave LiteLLM's config.yaml, and was told of a missing `=` in line 1."""
    path = tmp_path / "config.yaml"
    path.write_text("model_list:\n  - model_name: chat\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"config\.yaml: .*, not YAML"):
        read(path) if read == SmartRouterRunnable.from_config else read(catalog=path)


def test_a_catalogs_models_may_all_be_replaced_without_its_settings_being_refused(scripted):
    """A test gives its own router scripted models and keeps the file that it runs with."""
    catalog = {"models": {"a": {}, "b": {}}, "default": "a"}
    router = SmartRouterRunnable.from_catalog(
        catalog=catalog,
        base_url="http://127.0.0.1:9/v1",
        temperature=0.0,
        models={"a": scripted(words="mine"), "b": scripted()},
    )
    assert router.invoke("Hello").text == "mine"
