"""The router stays a router through LangChain's `with_…` and `bind`, in any order."""

from __future__ import annotations

import copy
import typing

import pytest
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, Runnable
from langchain_core.runnables.fallbacks import RunnableWithFallbacks
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from langchain_smartroute import ConfigurationError, SmartRouterRunnable
from langchain_smartroute.sandbox import Fault

OPTIONS = {"configurable": {"smartroute": {"model": "gpt-4o"}}}
WEATHER = "What is the weather in Paris?"


class Answer(BaseModel):
    """An answer."""

    answer: str


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


def model_of(message):
    return message.response_metadata["smartroute"]["model"]


def returned_type(method):
    hint = typing.get_type_hints(method)["return"]
    return typing.get_origin(hint) or hint


@pytest.mark.parametrize("name", ["bind_tools", "with_structured_output", "bind"])
def test_what_returns_a_runnable_says_so_at_run_time(router, name):
    assert issubclass(returned_type(getattr(router, name)), Runnable)


@pytest.fixture
def rescue(sandbox):
    """A plain model behind a router, whose models are all down."""
    for model in ("deepseek-chat", "deepseek-v4-pro", "deepseek-reasoner", "glm-5.1", "gpt-4o"):
        sandbox.set_fault(model, Fault(kind="status", status=503))
    return ChatOpenAI(model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none", max_retries=0)


def served(message):
    return message.response_metadata["model_name"]


def test_fallbacks_are_kept_by_a_later_bind_tools(router, rescue):
    chain = router.with_fallbacks([rescue]).bind_tools([weather])
    assert isinstance(chain, RunnableWithFallbacks)
    assert len(chain.fallbacks) == 1
    answer = chain.invoke(WEATHER)
    assert answer.tool_calls[0]["name"] == "weather"
    assert served(answer) == "gpt-4o-mini"


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_fallbacks_are_kept_by_a_later_with_structured_output(router, rescue):
    chain = router.with_fallbacks([rescue]).with_structured_output(Answer)
    assert isinstance(chain, RunnableWithFallbacks)
    assert isinstance(chain.invoke("Answer as JSON: how old is Ada?"), Answer)


def test_fallbacks_are_kept_by_a_later_bind(router, rescue):
    answer = router.with_fallbacks([rescue]).bind(stop=["?"]).invoke("Hello")
    assert served(answer) == "gpt-4o-mini"


async def test_fallbacks_work_in_streams(router, rescue):
    chain = router.with_fallbacks([rescue])
    assert "".join(chunk.text for chunk in chain.stream("Hello"))
    assert "".join([chunk.text async for chunk in chain.astream("Hello")])


def test_a_router_can_be_the_fallback_of_a_model(sandbox, router):
    sandbox.set_fault("gpt-4o-mini", Fault(kind="status", status=503))
    model = ChatOpenAI(
        model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none", max_retries=0
    )
    chain = model.with_fallbacks([router])
    assert model_of(chain.invoke("Hello")) == "deepseek-chat"
    assert chain.bind_tools([weather]).invoke(WEATHER).tool_calls


def test_a_later_bind_tools_keeps_working_after_with_config(router):
    chain = router.with_config(tags=["mine"]).bind_tools([weather])
    assert chain.invoke(WEATHER).tool_calls


def test_options_given_by_with_config_reach_the_call(router):
    assert model_of(router.with_config(OPTIONS).invoke("Hello")) == "gpt-4o"
    assert model_of(router.bind_tools([weather]).with_config(OPTIONS).invoke(WEATHER)) == "gpt-4o"


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_options_reach_structured_output(router):
    structured = router.with_structured_output(Answer, include_raw=True)
    answer = structured.with_config(OPTIONS).invoke("Answer as JSON: how old is Ada?")
    assert model_of(answer["raw"]) == "gpt-4o"
    assert isinstance(answer["parsed"], Answer)


def test_bound_arguments_reach_the_model(sandbox, router):
    router.bind(temperature=0.25, stop=["?"]).invoke("Hello")
    body = sandbox.requests[-1].body
    assert body["temperature"] == 0.25
    assert body["stop"] == ["?"]


def test_a_bound_model_is_a_route(router):
    assert model_of(router.bind(model="gpt-4o").invoke("Hello")) == "gpt-4o"
    assert model_of(router.invoke("Hello", model="gpt-4o")) == "gpt-4o"


def test_bind_tools_after_bind_keeps_the_tools(router):
    answer = router.bind(temperature=0).bind_tools([weather]).invoke(WEATHER)
    assert answer.tool_calls[0]["name"] == "weather"


def test_tools_bound_to_a_router_reach_every_candidate_of_the_chain(sandbox, router):
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=503))
    answer = router.bind_tools([weather]).invoke(WEATHER)
    assert answer.tool_calls
    assert [bool(r.body.get("tools")) for r in sandbox.requests] == [True, True]


def test_tools_passed_with_a_call_are_read_anew_each_time(sandbox, router):
    """A caller may add to its own list of tools between two calls."""

    @tool
    def population(city: str) -> str:
        """Give the population of a city."""
        return "many"

    tools = [weather]
    router.invoke(WEATHER, tools=tools)
    tools.append(population)
    router.invoke(WEATHER, tools=tools)
    sent = [[t["function"]["name"] for t in r.body["tools"]] for r in sandbox.requests]
    assert sent == [["weather"], ["weather", "population"]]


def test_tool_choice_reaches_the_model(sandbox, router):
    bound = router.bind_tools([weather], tool_choice="weather")
    answer = bound.invoke("Hello")
    assert answer.tool_calls[0]["name"] == "weather"
    assert sandbox.requests[-1].body["tool_choice"] == {
        "type": "function",
        "function": {"name": "weather"},
    }


def test_with_retry_tries_the_whole_chain_again(scripted):
    model = scripted(error=ConnectionError("down"))
    router = SmartRouterRunnable.from_models({"small": model})
    with pytest.raises(ConnectionError):
        router.with_retry(
            stop_after_attempt=3, wait_exponential_jitter=False, retry_if_exception_type=(OSError,)
        ).invoke("Hello")
    assert len(model.seen) == 3


def test_with_retry_keeps_working_after_bind_tools(router):
    answer = router.bind_tools([weather]).with_retry(stop_after_attempt=2).invoke(WEATHER)
    assert answer.tool_calls


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_with_retry_keeps_working_after_structured_output(router):
    structured = router.with_structured_output(Answer).with_retry(stop_after_attempt=2)
    assert isinstance(structured.invoke("Answer as JSON: how old is Ada?"), Answer)


def configurable(router):
    return router.configurable_fields(tier=ConfigurableField(id="trade"))


def test_a_configurable_field_changes_the_route(router):
    changed = configurable(router).with_config(configurable={"trade": "quality"})
    assert model_of(configurable(router).invoke("Hello")) == "deepseek-chat"
    assert model_of(changed.invoke("Hello")) == "deepseek-v4-pro"


def test_a_router_with_configurable_fields_still_streams(router):
    changed = configurable(router).with_config(configurable={"trade": "quality"})
    chunks = list(changed.stream("Hello"))
    assert len([chunk for chunk in chunks if chunk.content]) > 1


def test_a_configured_router_sends_what_an_unconfigured_one_sends(sandbox, router):
    """The copy for a call changes nothing but the configured field."""
    router.with_route(tier="quality").invoke("Hello")
    configurable(router).with_config(configurable={"trade": "quality"}).invoke("Hello")
    first, second = sandbox.requests
    assert first.body == second.body


def test_configurable_fields_keep_working_with_tools_and_structured_output(router):
    changed = configurable(router).with_config(configurable={"trade": "quality"})
    assert model_of(changed.bind_tools([weather]).invoke(WEATHER)) == "deepseek-v4-pro"
    raw = changed.with_structured_output(Answer, include_raw=True).invoke("Answer as JSON: hello")
    assert model_of(raw["raw"]) == "deepseek-v4-pro"


def test_configurable_alternatives_choose_between_router_and_model(sandbox, router):
    model = ChatOpenAI(model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none")
    chain = router.configurable_alternatives(ConfigurableField(id="who"), plain=model)
    assert model_of(chain.invoke("Hello")) == "deepseek-chat"
    plain = chain.invoke("Hello", {"configurable": {"who": "plain"}})
    assert "smartroute" not in plain.response_metadata


async def test_the_router_is_a_step_of_a_chain(router):
    chain = ChatPromptTemplate.from_template("Translate to German: {t}") | router
    text = chain | StrOutputParser()
    assert isinstance(chain.invoke({"t": "good morning"}), AIMessage)
    expected = text.invoke({"t": "good morning"})
    assert "".join(text.stream({"t": "good morning"})) == expected
    assert "".join([part async for part in text.astream({"t": "good morning"})]) == expected
    assert await text.abatch([{"t": "good morning"}] * 2) == [expected] * 2


def test_a_structured_router_is_a_runnable_with_a_graph_and_a_name(router):
    structured = router.with_structured_output(Answer)
    assert isinstance(structured, Runnable)
    assert structured.get_graph().nodes
    assert structured.get_name()


@pytest.mark.parametrize("method", [None, "json_schema", "json_mode", "function_calling"])
def test_a_structured_router_says_what_it_takes_and_gives(router, method):
    """A chain's schema said that anything comes out, where a ChatOpenAI's says what."""
    chain = ChatPromptTemplate.from_template("{t}") | router.with_structured_output(
        Answer, method=method
    )
    assert chain.get_output_jsonschema() == Answer.model_json_schema()
    assert router.with_structured_output(Answer).InputType == router.InputType


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"method": "json"}, "method = 'json' is unknown"),
        ({"method": "json_mode", "strict": True}, "strict = True: json_mode sends no schema"),
        ({"schema": None}, "schema = None works with"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_structured_output_that_cannot_be_had_is_refused_when_it_is_made(router, wrong, told):
    """`strict` was dropped without a word where JSON mode was asked for; a ChatOpenAI says so."""
    with pytest.raises(ConfigurationError, match=told):
        router.with_structured_output(**{"schema": Answer, **wrong})


def test_strict_is_left_out_where_the_router_itself_takes_json_mode(sandbox):
    """It is for the candidates that can."""
    spec = {"structured_output": ["json_mode"], "tools": False}
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url, catalog={"default": "gpt-4o", "models": {"gpt-4o": spec}}
    )
    assert isinstance(router.with_structured_output(Answer, strict=True).invoke("Hello"), Answer)
    assert sandbox.requests[-1].body["response_format"] == {"type": "json_object"}


def test_what_has_no_class_is_a_mapping_or_anything(router):
    schema = {"title": "answer", "description": "An answer.", **Answer.model_json_schema()}
    assert router.with_structured_output(schema).OutputType is typing.Any
    raw = router.with_structured_output(Answer, include_raw=True)
    assert raw.OutputType == dict[str, typing.Any]


def test_a_copy_of_a_router_works_as_a_copy_of_chat_openai_does(router):
    duplicate = copy.copy(router)
    assert duplicate == router
    assert model_of(duplicate.invoke("Hello")) == "deepseek-chat"
    assert model_of(router.model_copy().invoke("Hello")) == "deepseek-chat"
