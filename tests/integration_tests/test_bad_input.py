"""Bad input: each ends in our own error, which names the value and the mend, at once."""

from __future__ import annotations

import asyncio
import time
import traceback
from decimal import Decimal

import pytest
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from openai import NotFoundError

from langchain_smartroute import (
    Catalog,
    ChainExhaustedError,
    ConfigurationError,
    CostCallbackHandler,
    InvalidRequestError,
    ModelSpec,
    NoFeasibleModelError,
    SmartRouteError,
    SmartRouterRunnable,
    SpendLimit,
    SpendLimitExceededError,
)
from langchain_smartroute.sandbox import SandboxServer, sandbox_models
from langchain_smartroute.testing import ScriptedChatModel

PICTURE = HumanMessage(
    [
        {"type": "text", "text": "What is in this picture?"},
        {"type": "image", "base64": "iVBORw0KGgo=", "mime_type": "image/png"},
    ]
)
PRICE = {
    "input_usd_per_mtok": "1",
    "output_usd_per_mtok": "2",
    "source": "made up",
    "date": "2026-11-23",
}


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.fixture(scope="module")
def server():
    with SandboxServer() as running:
        yield running


@pytest.fixture
def router(server):
    return SmartRouterRunnable.from_catalog(base_url=server.base_url)


def build(**settings):
    return SmartRouterRunnable.from_catalog(
        **{"base_url": "http://127.0.0.1:9/v1", "timeout": 2, **settings}
    )


def of_models(**settings):
    models = {"a": ModelSpec(alias="a"), "b": ModelSpec(alias="b")}
    return SmartRouterRunnable.from_models(models, base_url="http://127.0.0.1:9/v1", **settings)


AT_CONSTRUCTION = {
    "unknown tier": (lambda: build(tier="luxury"), ["tier", "luxury", "'balanced'"]),
    "unknown model": (lambda: build(model="gpt-7"), ["gpt-7", "gpt-4o, "]),
    "unknown setting": (lambda: build(teir="budget"), ["teir", "unknown key"]),
    "misspelt setting": (
        lambda: build(spend_limit=[]),
        ["spend_limit: unknown key; did you mean spend_limits?"],
    ),
    "misspelt key of a model": (
        lambda: build(catalog={"models": {"a": {"price": 1}}}),
        ["models.a.price = 1: unknown key; did you mean prices?"],
    ),
    "key of a model that is like none": (
        # "remove it or correct its name" did not say which names there are.
        lambda: build(catalog={"models": {"a": {"api_id": "x"}}}),
        ["models.a.api_id = 'x': unknown key; remove it or use one of", "base_url", ", model,"],
    ),
    "misspelt sign of a stuck agent": (
        # It was Python's "StuckSigns.__init__() got an unexpected keyword argument".
        lambda: build(stuck={"same_fail": 3}),
        ["stuck = {'same_fail': 3}: use any of same_failure, errors_in_a_row, "],
    ),
    "end of a model's key": (
        lambda: build(catalog={"models": {"a": {"url": "x"}}}),
        ["models.a.url = 'x': unknown key; did you mean base_url?"],
    ),
    "misspelt key of a file that extends another": (
        lambda: build(catalog={"extend": "default", "models": {"a": {}}}),
        ["extend = 'default': unknown key; did you mean extends?"],
    ),
    "one price where several may stand": (
        # "must be a valid tuple", in a file of TOML.
        lambda: build(catalog={"models": {"a": {"prices": PRICE}}}),
        ["models.a.prices = {", ": must be a list; correct the value"],
    ),
    "a date that is none": (
        lambda: build(prices={"gpt-4o": {**PRICE, "date": "today"}}),
        ["prices.gpt-4o.date = 'today': must be a date such as 2026-11-23"],
    ),
    "unknown key of a limit": (
        lambda: build(spend_limits=[{"amount": "5"}]),
        ["spend_limits.0.amount = '5': unknown key; remove it or correct its name"],
    ),
    "beginning of a price's key": (
        lambda: build(prices={"gpt-4o": {**PRICE, "input": "1"}}),
        ["prices.gpt-4o.input = '1': unknown key; did you mean input_usd_per_mtok?"],
    ),
    "misspelt argument of from_models": (
        # It said "did you mean default_query?".
        lambda: of_models(defualt="a"),
        ["defualt = 'a': unknown key; did you mean default?"],
    ),
    "a choice that may also be a callable": (
        # It was two faults, on_limit.literal['raise','cheapest'] and on_limit.callable.
        lambda: build(on_limit="cheap"),
        ["^on_limit = 'cheap': must be 'raise', 'cheapest' or callable; correct the value$"],
    ),
    "fallbacks as with_fallbacks has them": (
        lambda: of_models(fallbacks=["b"]),
        ["fallbacks = ['b']: must be a mapping, such as {'main': ['spare']}"],
    ),
    "models without aliases": (
        # Both models stood there in full, two thousand characters.
        lambda: SmartRouterRunnable.from_models([ScriptedChatModel(script=["hi"])]),
        ["^models is a list: must map aliases to models, such as {'cheap': …, 'strong': …}$"],
    ),
    "routes beside a catalog": (
        lambda: build(routes={"code": "gpt-4o"}),
        ["routes", 'catalog={"extends": "default", "routes": …}'],
    ),
    "rules that are no list": (
        lambda: build(rules={"code": "gpt-4o"}),
        ["rules", "must be a list"],
    ),
    "price that is none": (
        lambda: build(prices={"gpt-4o": ("2", "8")}),
        ["prices.gpt-4o = '2': must be a Price", "prices.gpt-4o = '8'"],
    ),
    "unknown catalog": (lambda: build(catalog="mine"), ["mine", "openrouter"]),
    "missing key": (
        lambda: build(base_url="https://gateway.example/v1"),
        ["gateway.example", "api_key", "gpt-4o"],
    ),
    "no gateway": (
        lambda: build(base_url=None),
        ["SMARTROUTE_BASE_URL", "OPENAI_API_KEY", 'catalog="openai"', 'catalog="openrouter"'],
    ),
    "wrong base URL": (lambda: build(base_url="gateway"), ["gateway", "https://"]),
    "negative price": (
        lambda: build(
            catalog={"models": {"a": {"prices": [{**PRICE, "input_usd_per_mtok": "-1"}]}}}
        ),
        ["models.a.prices.0.input_usd_per_mtok", "-1", "greater than or equal to 0"],
    ),
    "negative price of a spec": (
        lambda: ModelSpec(alias="a", prices=[{**PRICE, "output_usd_per_mtok": -2}]),
        ["output_usd_per_mtok", "-2"],
    ),
    "empty catalog": (lambda: build(catalog={"models": {}}), ["empty", "add at least one"]),
    "duplicate alias": (
        lambda: Catalog(models=[{"alias": "a"}, {"alias": "a"}]),
        ["'a'", "twice"],
    ),
    "cyclic fallbacks": (
        lambda: of_models(fallbacks={"a": ["b"], "b": ["a"]}),
        ["a → b → a", "break it"],
    ),
    "fallback to itself": (lambda: of_models(fallbacks={"a": "a"}), ["a → a"]),
    "unknown fallback": (lambda: of_models(fallbacks={"a": ["c"]}), ["'c'", "a, b"]),
    "rule for an unknown model": (
        lambda: of_models(rules=[({"task": "code"}, "c")]),
        ["rule 1", "'c'", "a, b"],
    ),
    "rule on an unknown feature": (
        lambda: of_models(rules=[({"mood": "bad"}, "a")]),
        ["mood", "difficulty"],
    ),
    "rule that is none": (lambda: of_models(rules=["code"]), ["rule 1", "(when, use)"]),
    "no attempts": (lambda: build(max_attempts=0), ["max_attempts", "0"]),
    "negative ceiling": (lambda: build(max_cost_usd=-1), ["max_cost_usd", "-1"]),
    "a model that is none": (
        lambda: SmartRouterRunnable.from_models({"a": 7}),
        ["models.a", "7", "ModelSpec"],
    ),
    "baseline without a price": (
        lambda: CostCallbackHandler(baseline="gpt-7"),
        ["gpt-7", "baseline_price"],
    ),
    "classifier that is none": (lambda: build(classifier=7), ["classifier", "7"]),
    "a price that is none": (lambda: build(prices={"gpt-4o": 5}), ["prices.gpt-4o = 5: must be"]),
    "two limits with one counter": (
        lambda: build(spend_limits=[SpendLimit(usd=1), SpendLimit(usd=2)]),
        ["$1.00 overall and $2.00 overall", "name="],
    ),
    "a limit past what is counted": (
        lambda: SpendLimit(tokens=10**30),
        [f"tokens = {10**30}", "4,000,000,000,000,000,000"],
    ),
    "a limit's name that is none": (lambda: SpendLimit(usd=1, name=5), ["name = 5", "text"]),
    "state that is no URL": (
        lambda: build(state="redis//host"),
        ["state (not shown", "redis://host:6379/0", "sqlite:///state.db"],
    ),
    "a Redis database without a number": (
        lambda: build(state="redis://127.0.0.1:9/limits"),
        ["URL of a Redis", "redis://host:6379/0"],
    ),
}


@pytest.fixture(autouse=True)
def _no_gateway_in_the_environment(monkeypatch):
    for name in ("SMARTROUTE", "OPENAI", "OPENROUTER"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
        monkeypatch.delenv(f"{name}_BASE_URL", raising=False)


@pytest.mark.parametrize("name", AT_CONSTRUCTION)
def test_what_is_wrong_at_construction_is_said_there(name):
    make, words = AT_CONSTRUCTION[name]
    with pytest.raises(SmartRouteError) as caught:
        make()
    said = f"^{caught.value}$"
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    "settings",
    [
        {"apikey": "sk-hidden"},
        {"openai": "sk-hidden"},
        {"gateway": "hidden0123456789"},
        {"headers": {"X": "hidden"}},
        {"bearer": "hidden"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_key_under_a_misspelt_name_is_not_repeated(settings):
    """`apikey=` was shown with its value, in an error that people paste into issues."""
    with pytest.raises(ConfigurationError, match="unknown key") as caught:
        build(**settings)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("wrong", [{"tier": "x"}, {"catalog": {"models": {"m": {"url": "x"}}}}])
def test_a_wrong_setting_is_one_traceback(wrong):
    """Above ours stood pydantic's, with the same words and a link to its own documentation."""
    with pytest.raises(ConfigurationError) as caught:
        build(**wrong)
    shown = "".join(traceback.format_exception(caught.value))
    assert "pydantic" not in shown
    assert shown.count("Traceback") == 1


@pytest.mark.parametrize("models", [None, {"m": {"tools": False}}], ids=["several", "one"])
@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_a_base_url_with_the_path_of_calls_is_named_where_nobody_answers(server, models, way):
    """A newcomer copied a call's whole address; that it was asked twice over was his to see."""
    catalog = "default" if models is None else {"models": models, "default": "m"}
    router = build(base_url=f"{server.base_url}/chat/completions", catalog=catalog)
    with pytest.raises((ChainExhaustedError, NotFoundError)) as caught:
        router.invoke("hi") if way == "invoke" else asyncio.run(router.ainvoke("hi"))
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "base_url is a call's whole address: leave out /chat/completions" in told


@pytest.mark.parametrize("models", [None, {"m": {"tools": False}}], ids=["several", "one"])
@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_a_base_url_without_its_path_is_named_where_nobody_answers(server, models, way):
    """A newcomer forgot `/v1`; "Invalid URL (POST /chat/completions)" did not tell him so."""
    bare = server.base_url.removesuffix("/v1")
    catalog = "default" if models is None else {"models": models, "default": "m"}
    router = build(base_url=bare, catalog=catalog)
    with pytest.raises((ChainExhaustedError, NotFoundError)) as caught:
        router.invoke("hi") if way == "invoke" else asyncio.run(router.ainvoke("hi"))
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert f"base_url has no path: most servers want {bare}/v1" in told


def test_a_base_url_with_its_path_is_not_blamed_for_an_unknown_model():
    with SandboxServer(models=sandbox_models(Catalog.load("default"))) as server:
        catalog = {"models": {"nobody-has-it": {}}, "default": "nobody-has-it"}
        router = build(base_url=server.base_url, catalog=catalog)
        with pytest.raises(NotFoundError) as caught:
            router.invoke("hi")
    assert "base_url" not in "\n".join(caught.value.__notes__)


AT_THE_CALL = {
    "unknown tier": ("hi", {"tier": "luxury"}, {}, InvalidRequestError, ["luxury", "budget"]),
    "unknown model": ("hi", {"model": "gpt-7"}, {}, InvalidRequestError, ["gpt-7", "glm-4v"]),
    "unknown option": ("hi", {"teir": "budget"}, {}, InvalidRequestError, ["teir", "tier"]),
    "options that are none": ("hi", "quality", {}, InvalidRequestError, ["quality", "mapping"]),
    "ceiling that is none": (
        "hi",
        {"max_cost_usd": "cheap"},
        {},
        InvalidRequestError,
        ["cheap", "US dollars"],
    ),
    "ceiling below everything": (
        "hi",
        {"max_cost_usd": "0.000001"},
        {},
        SpendLimitExceededError,
        ["0.000001", "glm-4-flash", "raise it"],
    ),
    "model keyword": ("hi", {}, {"model": "gpt-7"}, InvalidRequestError, ["gpt-7"]),
    "several answers": ("hi", {}, {"n": 2}, InvalidRequestError, ["n = 2", "batch"]),
    "empty message list": ([], {}, {}, InvalidRequestError, ["empty", "user message"]),
    "orphan tool result": (
        [HumanMessage("hi"), ToolMessage("3", tool_call_id="call_1")],
        {},
        {},
        InvalidRequestError,
        ["messages[1]", "call_1"],
    ),
    "prompt too long": (
        "word " * 300_000,
        {},
        {},
        ContextOverflowError,
        ["context window", "gpt-4o", "larger window"],
    ),
    "picture for a text model": (
        [PICTURE],
        {"model": "glm-5.1"},
        {},
        NoFeasibleModelError,
        ["glm-5.1", "cannot read image"],
    ),
    "answer longer than any model's": (
        "hi",
        {},
        {"max_tokens": 10_000_000},
        NoFeasibleModelError,
        ["10,000,000"],
    ),
}


async def called(router, way, request, config, arguments):
    if way in ("invoke", "explain"):
        getattr(router, way)(request, config, **arguments)
    elif way == "ainvoke":
        await router.ainvoke(request, config, **arguments)
    elif way == "stream":
        list(router.stream(request, config, **arguments))
    else:
        _ = [chunk async for chunk in router.astream(request, config, **arguments)]


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream", "explain"])
@pytest.mark.parametrize("name", AT_THE_CALL)
async def test_what_is_wrong_with_a_call_is_said_before_anything_is_sent(server, router, name, way):
    request, options, arguments, kind, words = AT_THE_CALL[name]
    server.reset()
    config = {"configurable": {"smartroute": options}}
    with pytest.raises(kind) as caught:
        await called(router, way, request, config, arguments)
    assert isinstance(caught.value, SmartRouteError)
    assert [word for word in words if word not in str(caught.value)] == []
    assert server.requests == ()


def test_a_picture_without_a_model_that_sees_names_every_candidate():
    with pytest.raises(NoFeasibleModelError) as caught:
        of_models().invoke([PICTURE])
    assert caught.value.excluded == {"a": "cannot read image", "b": "cannot read image"}


def test_a_forced_tool_call_goes_only_to_models_that_can_be_forced(server):
    models = {
        "free": ModelSpec(alias="free", tool_choice=False),
        "forced": ModelSpec(alias="forced"),
    }
    router = SmartRouterRunnable.from_models(models, base_url=server.base_url)
    decision = router.bind_tools([add], tool_choice="any").bound.explain(
        "What is 1 + 2?", tools=[add], tool_choice="any"
    )
    assert (decision.model, decision.excluded) == (
        "forced",
        {"free": "cannot be forced to call a tool (tool_choice)"},
    )
    with pytest.raises(NoFeasibleModelError, match="tool_choice"):
        router.with_route(model="free").bind_tools([add], tool_choice="any").invoke("1 + 2?")


def test_a_rule_that_raises_is_named_with_its_error(server):
    def broken(features):
        raise KeyError("customer")

    router = SmartRouterRunnable.from_catalog(base_url=server.base_url, rules=[(broken, "gpt-4o")])
    with pytest.raises(ConfigurationError, match=r"rule 'broken' raised KeyError: 'customer'"):
        router.invoke("hi")


def test_a_rule_that_returns_nonsense_is_named_with_its_value(server):
    rules = [(lambda features: "yes", "gpt-4o")]
    router = SmartRouterRunnable.from_catalog(base_url=server.base_url, rules=rules)
    with pytest.raises(ConfigurationError, match="returned 'yes'; return True or False"):
        router.invoke("hi")


def test_the_cheapest_candidate_serves_what_nothing_fits_where_the_caller_says_so(server):
    router = SmartRouterRunnable.from_catalog(
        base_url=server.base_url, max_cost_usd=Decimal("0.000001"), on_limit="cheapest"
    )
    assert router.invoke("hi").response_metadata["smartroute"]["model"] == "glm-4-flash"


async def test_a_gateway_that_is_not_there_fails_within_the_time_out():
    router = build(base_url="http://127.0.0.1:9/v1", timeout=2)
    started = time.monotonic()
    with pytest.raises(ChainExhaustedError) as caught:
        await router.ainvoke("hi")
    assert time.monotonic() - started < 10
    assert caught.value.attempts[0].model == "deepseek-chat"
    assert "ConnectionError" in str(caught.value)


def test_a_candidate_that_is_a_router_counts_once(server):
    inner = SmartRouterRunnable.from_catalog(base_url=server.base_url)
    outer = SmartRouterRunnable.from_models(
        {"inner": inner, "spare": ModelSpec(alias="gpt-4o")}, base_url=server.base_url
    )
    costs = CostCallbackHandler()
    options = {"configurable": {"smartroute": {"model": "inner", "tier": "quality"}}}
    answer = outer.invoke(
        "Classify this tweet as positive or negative", {"callbacks": [costs], **options}
    )
    assert [record.alias for record in costs.records] == ["glm-4-flash"]
    assert costs.stats().total_requests == 1
    told = answer.response_metadata["smartroute"]
    assert (told["model"], told["cost"]) == ("inner", f"{costs.records[0].cost_usd:f}")
