"""Tier, model and price ceiling for one call, and what is never read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_openai import ChatOpenAI
from ways import ainvoked, astreamed, invoked, streamed

from langchain_smartroute import (
    ChainExhaustedError,
    InvalidRequestError,
    SmartRouteError,
    SmartRouterRunnable,
    SpendLimitExceededError,
)

KEYS = ("tier", "model", "max_cost_usd")
TIERS = ("budget", "balanced", "quality")


def chosen(router, **options):
    return router.explain("Hello", {"configurable": {"smartroute": options}})


def info(message):
    return message.response_metadata["smartroute"]


def test_each_option_is_read_from_the_config(router):
    assert chosen(router).tier == "balanced"
    assert chosen(router, tier="quality").tier == "quality"
    assert chosen(router, model="glm-4-flash").model == "glm-4-flash"
    cheap = chosen(router, tier="quality", max_cost_usd="0.0005")
    assert cheap.estimated_cost_usd <= Decimal("0.0005")
    with pytest.raises(SpendLimitExceededError):
        chosen(router, max_cost_usd="0.000000001")


async def test_options_count_in_every_way_of_calling(router):
    config = {"configurable": {"smartroute": {"model": "gpt-4o"}}}
    answers = [
        router.invoke("Hello", config),
        await router.ainvoke("Hello", config),
        list(router.stream("Hello", config))[-1],
        [chunk async for chunk in router.astream("Hello", config)][-1],
        *router.batch(["Hello"], config),
        *(await router.abatch(["Hello"], config)),
    ]
    assert [info(answer)["model"] for answer in answers] == ["gpt-4o"] * 6
    assert (await router.aexplain("Hello", config)).model == "gpt-4o"


def test_each_input_of_a_batch_may_have_its_own_options(router):
    configs = [{"configurable": {"smartroute": {"tier": tier}}} for tier in TIERS]
    answers = router.batch(["Hello"] * 3, configs)
    assert [info(answer)["tier"] for answer in answers] == list(TIERS)


def test_with_route_gives_a_router_and_leaves_the_first_one_alone(router):
    other = router.with_route(tier="quality", model="gpt-4o", max_cost_usd="0.5")
    assert isinstance(other, SmartRouterRunnable)
    assert (other.tier, other.model, other.max_cost_usd) == ("quality", "gpt-4o", Decimal("0.5"))
    assert (router.tier, router.model, router.max_cost_usd) == ("balanced", None, None)
    assert info(other.invoke("Hello"))["model"] == "gpt-4o"
    assert info(router.invoke("Hello"))["model"] == "deepseek-chat"


def test_the_calls_own_option_counts_before_that_of_with_route(router):
    other = router.with_route(tier="quality", model="gpt-4o")
    assert chosen(other, model="glm-4-flash").model == "glm-4-flash"
    undecided = chosen(other, model=None)
    assert (undecided.tier, undecided.model) == ("quality", "deepseek-v4-pro")
    assert other.with_route(model=None).explain("Hello").model == "deepseek-v4-pro"


def ask_by_config(router, options):
    return router.invoke("Hello", {"configurable": {"smartroute": options}})


def ask_by_route(router, options):
    return router.with_route(**options)


@pytest.mark.parametrize("ask", [ask_by_config, ask_by_route])
@pytest.mark.parametrize(
    ("options", "listed"),
    [
        ({"teir": "quality"}, KEYS),
        ({"tier": "quality", "budget": 3}, KEYS),
        ({"tier": "premium"}, TIERS),
        ({"tier": 3}, TIERS),
        ({"tier": ["quality"]}, TIERS),
        ({"tier": ""}, TIERS),
        ({"model": "gpt-9"}, ("gpt-4o", "deepseek-chat", "glm-4v")),
        ({"model": ""}, ("gpt-4o", "deepseek-chat")),
        ({"model": ["gpt-4o"]}, ("gpt-4o", "deepseek-chat")),
        ({"max_cost_usd": "cheap"}, ("US dollars",)),
        ({"max_cost_usd": -1}, ("US dollars",)),
        ({"max_cost_usd": float("nan")}, ("US dollars",)),
        ({"max_cost_usd": "Infinity"}, ("US dollars",)),
        ({"max_cost_usd": True}, ("US dollars",)),
        ({"max_cost_usd": []}, ("US dollars",)),
    ],
)
def test_an_unknown_key_or_value_is_an_error_that_lists_the_valid_ones(
    sandbox, router, ask, options, listed
):
    with pytest.raises(InvalidRequestError) as raised:
        ask(router, options)
    assert all(valid in str(raised.value) for valid in listed)
    assert sandbox.requests == ()


@pytest.mark.parametrize("options", ["quality", ["tier"], 7, ("tier", "quality")])
def test_options_that_are_no_mapping_are_an_error(router, options):
    with pytest.raises(InvalidRequestError, match="tier, model, max_cost_usd"):
        router.invoke("Hello", {"configurable": {"smartroute": options}})


@pytest.mark.parametrize(
    "call",
    [
        lambda router, config: list(router.stream("Hello", config)),
        lambda router, config: router.batch(["Hello"], config),
        lambda router, config: router.explain("Hello", config),
        lambda router, config: router.with_structured_output({"title": "A"}).invoke("Hi", config),
    ],
)
def test_a_bad_option_is_the_same_error_in_every_way_of_calling(router, call):
    with pytest.raises(InvalidRequestError, match="tier"):
        call(router, {"configurable": {"smartroute": {"tier": "premium"}}})


@pytest.mark.parametrize(
    "others",
    [
        {"model": "x"},
        {"model": "gpt-4o"},
        {"tier": "quality"},
        {"max_cost_usd": "0"},
        {"model_name": "gpt-4o", "temperature": 2, "thread_id": "7"},
        {"smart_route": {"tier": "premium"}},
    ],
)
def test_other_configurable_keys_are_never_read(sandbox, router, others):
    answer = router.invoke("Hello", {"configurable": others})
    assert info(answer)["model"] == "deepseek-chat"
    assert info(answer)["tier"] == "balanced"
    assert sandbox.requests[-1].body["model"] == "deepseek-chat"
    assert "temperature" not in sandbox.requests[-1].body


@pytest.mark.parametrize(
    ("name", "value"),
    [("tier", "budget"), ("max_cost_usd", "0.0000001"), ("deadline_s", 3), ("conversation", "7")],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda router, options: router.invoke("Hello", **options),
        lambda router, options: list(router.stream("Hello", **options)),
        lambda router, options: router.bind(**options).invoke("Hello"),
        lambda router, options: router.with_structured_output({"title": "A"}).invoke("", **options),
    ],
    ids=["invoke", "stream", "bind", "with_structured_output"],
)
def test_an_option_that_is_given_as_a_parameter_of_the_model_is_an_error(
    sandbox, router, call, name, value
):
    """A newcomer wrote `router.invoke(text, max_cost_usd="0.01")`, as `model=` works that way.

    It was sent to the provider as a parameter of the model, and no ceiling was held.
    """
    with pytest.raises(InvalidRequestError) as raised:
        call(router, {name: value})
    said = str(raised.value)
    assert said.startswith(f"{name} = {value!r}: is an option of the router")
    assert f'{{"configurable": {{"smartroute": {{"{name}": …}}}}}}' in said
    assert ("with_route" in said) == (name != "conversation")
    assert sandbox.requests == ()


@pytest.mark.parametrize(
    "call",
    [
        lambda router, given: router.invoke("Hello", **given),
        lambda router, given: list(router.stream("Hello", **given)),
        lambda router, given: router.bind(**given).invoke("Hello"),
        lambda router, given: router.explain("Hello", **given),
        lambda router, given: router.with_structured_output({"title": "A"}).invoke("Hi", **given),
    ],
    ids=["invoke", "stream", "bind", "explain", "with_structured_output"],
)
@pytest.mark.parametrize("name", ["metadata", "tags", "callbacks", "run_name", "run_id"])
def test_what_belongs_to_a_calls_config_is_refused_among_its_parameters(
    sandbox, router, call, name
):
    """Somebody from LiteLLM wrote `router.invoke(text, metadata={"user": "ann"})`.

    Her limit did not count it. The model that was named failed with a TypeError inside, another one
    answered without a word of it, and after five such calls the healthy one's breaker opened.
    """
    with pytest.raises(
        InvalidRequestError, match=f"^{name}: belongs to the call's config"
    ) as raised:
        call(router, {name: {"user": "ann"}})
    assert f'config={{"{name}": …}}' in str(raised.value)
    assert sandbox.requests == ()


PARAMETERS = {
    *("model", "temperature", "max_tokens", "stop"),  # of a call
    *("tier", "max_cost_usd", "deadline_s", "metadata", "tags", "callbacks"),  # refused above
    *(
        "name",
        "models",
        "profile",
        "output_version",
        "verbose",
        "streaming",
        "custom_get_token_ids",
    ),
    "disable_streaming",
}
"""The fields of a router that are no settings of it alone; a provider may know `models`."""


@pytest.mark.parametrize("name", sorted({*SmartRouterRunnable.model_fields} - PARAMETERS))
async def test_a_setting_of_the_router_is_refused_among_a_calls_parameters(sandbox, router, name):
    """`invoke(text, checks=[], api_key=…)` sent both to the provider, in the body, unheard.

    The checks stayed as they were, and the key was another server's to read; a `ChatOpenAI`
    raises a TypeError for either.
    """
    with pytest.raises(InvalidRequestError) as raised:
        router.invoke("Hello", **{name: "sk-secret"})
    with pytest.raises(InvalidRequestError, match=name):
        await router.bind(**{name: "sk-secret"}).ainvoke("Hello")
    said = str(raised.value)
    assert said.startswith(f"{name}: is a setting of the router")
    assert "extra_body" in said
    assert "sk-secret" not in said
    assert ("timeout=" in said) == (name == "timeout_s")
    assert sandbox.requests == ()


def test_a_parameter_that_a_client_does_not_know_says_nothing_of_its_model(sandbox):
    """A misspelt parameter in one program opened the breakers of models that are healthy."""
    models = {
        name: ChatOpenAI(model=name, base_url=sandbox.base_url, api_key="none")
        for name in ("gpt-4o", "gpt-4o-mini")
    }
    router = SmartRouterRunnable.from_models(models)
    for _ in range(30):
        with pytest.raises(ChainExhaustedError, match="unexpected keyword argument 'num_retries'"):
            router.invoke("Hello", num_retries=3)
    assert {alias: health.state for alias, health in router.health().items()} == dict.fromkeys(
        models, "closed"
    )


@pytest.mark.parametrize("way", [invoked, ainvoked, streamed, astreamed])
async def test_a_parameter_that_openai_does_not_know_is_not_sent_unheard(router, sandbox, way):
    """LiteLLM's `num_retries` went to the provider; a `ChatOpenAI` raises a TypeError for it."""
    with pytest.raises(ChainExhaustedError, match=r"'num_retries'; .* into extra_body"):
        await way(router.bind(num_retries=3), "Hello", None)
    assert sandbox.requests == ()
    await way(router.bind(extra_body={"num_retries": 3}, top_p=0.5), "Hello", None)
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    ("provider", "own"), [("zhipuai", {"do_sample": False}), ("openrouter", {"top_k": 5})]
)
def test_a_parameter_that_its_provider_has_is_sent(sandbox, provider, own):
    """`ChatOpenAI` would refuse these as well, but a router asks several providers."""
    block = {"provider": provider, "base_url": sandbox.base_url}
    router = SmartRouterRunnable.from_catalog(
        catalog={"models": {"gpt-4o": block}, "default": "gpt-4o"}, api_key="none"
    )
    assert router.invoke("Hello", **own).text
    assert len(sandbox.requests) == 1


@given(
    others=st.dictionaries(
        st.text().filter(lambda key: key != "smartroute"),
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_other_key_changes_a_decision(router, others):
    decided, plain = router.explain("Hello", {"configurable": others}), router.explain("Hello")
    assert (decided.chain, decided.tier, decided.reason) == (plain.chain, plain.tier, plain.reason)


@given(
    options=st.dictionaries(
        st.sampled_from(KEYS) | st.text(),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_options_give_a_decision_or_an_error_of_ours(router, options):
    try:
        decision = router.explain("Hello", {"configurable": {"smartroute": options}})
    except SmartRouteError:
        return
    assert set(options) <= set(KEYS)
    assert decision.chain


def test_a_candidate_never_sees_the_routers_options(scripted, run_log):
    inner = SmartRouterRunnable.from_models(
        {"a": scripted(words="from a"), "b": scripted(words="from b")}, default="a"
    )
    outer = SmartRouterRunnable.from_models({"team": inner, "b": scripted(words="outer b")})
    config = {"configurable": {"smartroute": {"model": "team"}, "thread_id": "7"}}
    assert outer.invoke("Hello", config).content == "from a"
