"""A reasoning model's thoughts, over HTTP: in every way of calling, and in later requests."""

from __future__ import annotations

import pytest
from langchain.agents import create_agent
from langchain_core.language_models._compat_bridge import chunks_to_events
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import BaseModel

from langchain_smartroute import Catalog
from langchain_smartroute.catalog.adapters import adapted_messages
from langchain_smartroute.execution.gateway_model import build_gateway_model
from langchain_smartroute.sandbox import SandboxModel, SandboxServer

CATALOG = Catalog.load("default")
WEATHER = "What's the weather in Paris?"
QUESTION = "What is 2 + 3?"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"


@pytest.fixture(scope="module")
def sandbox_server():
    specs = CATALOG.models.values()
    models = [
        SandboxModel(name=s.model, reasoning=s.reasoning, tools=s.tools, inputs=frozenset(s.inputs))
        for s in specs
    ]
    with SandboxServer(models=models) as server:
        yield server


@pytest.fixture
def sandbox(sandbox_server):
    yield sandbox_server
    sandbox_server.reset()


@pytest.fixture
def build(sandbox):
    def built(alias, **arguments):
        spec = CATALOG.models[alias]
        return build_gateway_model(
            spec,
            model=spec.model,
            base_url=sandbox.base_url,
            api_key="k",
            max_retries=0,
            stream_usage=True,
            use_responses_api=False,
            **arguments,
        )

    return built


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"Sunny in {city}"


class Sum(BaseModel):
    """A sum."""

    total: int


def summed(chunks):
    whole, *rest = chunks
    for chunk in rest:
        whole += chunk
    return whole


async def invoked(model, request):
    return model.invoke(request)


async def ainvoked(model, request):
    return await model.ainvoke(request)


async def streamed(model, request):
    return summed(model.stream(request))


async def astreamed(model, request):
    return summed([chunk async for chunk in model.astream(request)])


async def batched(model, request):
    return model.batch([request])[0]


WAYS = [invoked, ainvoked, streamed, astreamed, batched]


def blocks_of(answer):
    return [{k: v for k, v in b.items() if k != "index"} for b in answer.content_blocks]


@pytest.mark.parametrize("alias", ["deepseek-v4-pro", "deepseek-reasoner", "glm-5.1"])
async def test_thoughts_are_the_same_in_every_way_of_calling(build, alias):
    model = build(alias)
    seen = []
    for way in WAYS:
        answer = await way(model, QUESTION)
        assert isinstance(answer.content, str)
        thought, text = blocks_of(answer)
        assert thought["type"] == "reasoning"
        assert thought["reasoning"].startswith("The user asks about")
        assert text == {"type": "text", "text": answer.text}
        assert "The user asks about" not in answer.text
        assert answer.usage_metadata["output_token_details"]["reasoning"] > 0
        seen.append((thought["reasoning"], answer.text, answer.usage_metadata))
    assert all(one == seen[0] for one in seen)


async def test_tool_calls_after_thoughts_are_kept_in_every_way_of_calling(build):
    model = build("deepseek-v4-pro").bind_tools([get_weather])
    for way in WAYS:
        answer = await way(model, WEATHER)
        kinds = [block["type"] for block in answer.content_blocks]
        assert kinds == ["reasoning", "tool_call"]
        assert [call["name"] for call in answer.tool_calls] == ["get_weather"]
        assert answer.text == ""


async def test_with_output_version_v1_the_blocks_are_the_content(build):
    model = build("glm-5.1", output_version="v1")
    for way in WAYS:
        answer = await way(model, QUESTION)
        assert [block["type"] for block in answer.content] == ["reasoning", "text"]
        assert answer.content[0]["reasoning"].startswith("The user asks about")
        assert answer.content[1]["text"] == answer.text


def test_a_chain_with_a_parser_gives_the_answer_alone(build):
    chain = ChatPromptTemplate.from_template("{q}") | build("glm-5.1") | StrOutputParser()
    answer = chain.invoke({"q": QUESTION})
    assert "The user asks about" not in answer
    assert "".join(chain.stream({"q": QUESTION})) == answer


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # ChatOpenAI's own
@pytest.mark.parametrize("method", ["json_schema", "json_mode", "function_calling"])
async def test_structured_output_keeps_the_thoughts_of_its_raw_message_once(build, method):
    model = build("glm-5.1").with_structured_output(Sum, method=method, include_raw=True)
    request = f"{QUESTION} Answer as JSON with the key total."
    whole = model.invoke(request)["raw"]
    thoughts = whole.additional_kwargs["reasoning_content"]
    assert thoughts.count("The user asks about") == 1
    raw = summed(part["raw"] for part in model.stream(request) if "raw" in part)
    assert raw.additional_kwargs["reasoning_content"] == thoughts
    apart = [part async for part in model.astream(request)]
    raw = summed(part["raw"] for part in apart if "raw" in part)
    assert raw.additional_kwargs["reasoning_content"] == thoughts


def test_a_models_gateway_twin_behind_openais_name_keeps_thoughts_too(build):
    """The value under `model_provider` must not depend on who makes the model."""
    spec_of_thinker = CATALOG.models["glm-5.1"].model_copy(update={"provider": "openai"})
    model = build("glm-5.1").model_copy(update={"catalog_spec": spec_of_thinker})
    assert blocks_of(model.invoke(QUESTION))[0]["type"] == "reasoning"


# --- events -----------------------------------------------------------------


async def test_version_2_events_show_thoughts_and_text_once_under_chat_openais_name(build):
    model = build("glm-5.1")
    expected = blocks_of(model.invoke(QUESTION))
    events = [event async for event in model.astream_events(QUESTION, version="v2")]
    assert {event["name"] for event in events} == {"ChatOpenAI"}
    chunks = [e["data"]["chunk"] for e in events if e["event"] == "on_chat_model_stream"]
    assert blocks_of(summed(chunks)) == expected
    ends = [e["data"]["output"] for e in events if e["event"] == "on_chat_model_end"]
    assert [blocks_of(end) for end in ends] == [expected]


def test_version_3_events_show_thoughts_and_text_once(build):
    model = build("glm-5.1")
    expected = blocks_of(model.invoke(QUESTION))
    finished = [
        {k: v for k, v in event["content"].items() if k != "index"}
        for event in chunks_to_events(model._stream([HumanMessage(QUESTION)]), message_id="m")
        if event["event"] == "content-block-finish"
    ]
    assert finished == expected
    stream = model.stream_events(QUESTION, version="v3")
    assert str(stream.reasoning) == expected[0]["reasoning"]
    assert str(stream.text) == expected[1]["text"]


async def test_langgraph_messages_mode_shows_thoughts_and_text_once(build):
    model = build("glm-5.1")
    expected = blocks_of(model.invoke(QUESTION))

    def call(state: MessagesState):
        return {"messages": [model.invoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node(call).add_edge(START, "call").compile()
    request = {"messages": [HumanMessage(QUESTION)]}
    parts = [message for message, _ in graph.stream(request, stream_mode="messages")]
    assert blocks_of(summed(parts)) == expected


# --- later requests ---------------------------------------------------------


def bodies(sandbox):
    return [request.body for request in sandbox.requests]


def assistant_messages(body):
    return [message for message in body["messages"] if message["role"] == "assistant"]


def test_an_agents_thoughts_are_kept_and_go_back_to_deepseek_only(build, sandbox):
    for alias, returned in (("deepseek-v4-pro", True), ("glm-5.1", False)):
        sandbox.reset()
        agent = create_agent(build(alias), [get_weather])
        messages = agent.invoke({"messages": [HumanMessage(WEATHER)]})["messages"]
        answers = [m for m in messages if isinstance(m, AIMessage)]
        thoughts = [answer.additional_kwargs["reasoning_content"] for answer in answers]
        assert len(answers) == 2
        assert all(thoughts)
        (sent,) = assistant_messages(bodies(sandbox)[-1])
        assert sent.get("reasoning_content") == (thoughts[0] if returned else None)


@pytest.mark.parametrize("alias", list(CATALOG.models))
def test_no_model_of_the_catalog_is_sent_anothers_thoughts(build, sandbox, alias):
    """A reasoning model's tool loop, with thoughts in three forms, read by every model."""
    agent = create_agent(build("glm-5.1"), [get_weather])
    history = agent.invoke({"messages": [SystemMessage("Be brief."), HumanMessage(WEATHER)]})
    loop = history["messages"] if CATALOG.models[alias].tools else []
    blocks = [{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "Yes."}]
    asked = [
        *([] if loop else [SystemMessage("Be brief.")]),
        *loop,
        HumanMessage("Really?"),
        AIMessage(blocks),
        HumanMessage("Sure?"),
    ]
    spec = CATALOG.models[alias]
    sandbox.reset()
    own = alias == "glm-5.1"
    answer = build(alias).invoke(adapted_messages(asked, spec))
    assert answer.text
    (body,) = bodies(sandbox)
    sent = assistant_messages(body)
    assert len(sent) == (3 if loop else 1)
    for message in sent:
        assert not message.get("reasoning_content")
        assert own or "thinking" not in str(message)
    assert {message["role"] for message in body["messages"]} <= (
        {"system", "user", "assistant", "tool"} if spec.system_messages else {"user", "assistant"}
    )
    assert "Be brief." in str(body["messages"][0]["content"])


IMAGES = [
    {"type": "image", "base64": PNG, "mime_type": "image/png"},
    {"type": "image", "base64": PNG},
    {"type": "image", "url": f"data:image/png;base64,{PNG}"},
    {"type": "image", "source_type": "base64", "data": PNG},
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    {"type": "image_url", "image_url": f"data:image/png;base64,{PNG}"},
    {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    {"type": "image", "source": {"type": "base64", "data": PNG}},
    {"type": "media", "mime_type": "image/png", "data": PNG},
]


@pytest.mark.parametrize("alias", [s.alias for s in CATALOG.models.values() if "image" in s.inputs])
def test_every_image_form_reaches_every_seeing_model_in_one_form(build, sandbox, alias):
    spec = CATALOG.models[alias]
    for image in IMAGES:
        asked = [HumanMessage([{"type": "text", "text": "What is this?"}, image])]
        build(alias).invoke(adapted_messages(asked, spec))
    sent = {str(body["messages"][0]["content"][1]) for body in bodies(sandbox)}
    assert sent == {
        str({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}})
    }


@pytest.mark.parametrize("alias", list(CATALOG.models))
async def test_the_answers_limit_is_sent_under_the_providers_name(build, sandbox, alias):
    named = "max_completion_tokens" if alias.startswith("gpt") else "max_tokens"
    await build(alias, max_tokens=9).ainvoke("Hi")
    list(build(alias).stream("Hi", max_tokens=9))
    for body in bodies(sandbox):
        assert {k: v for k, v in body.items() if k.startswith("max_")} == {named: 9}
