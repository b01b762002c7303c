"""What a graph's audience sees: never a rejected draft, the accepted text once, streamed if it may.

Each audience is a way to look into a graph or the router: LangGraph's stream modes and
LangChain's stream events. It gives the text that it was shown as it came, and everything
that it was given at all.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import Field

from langchain_smartroute import SmartRouterRunnable

# LangGraph says of its version 3 that it is experimental.
pytestmark = pytest.mark.filterwarnings("ignore:The v3 streaming protocol")

WEAK = "I'm sorry, but I can't help with that."
FINE = "Here is a fine answer."
OTHER = "Somebody else would say this."
QUESTION = {"messages": [("user", "Hello")]}


class BrokenError(Exception):
    """The connection went away."""


class Telling(BaseChatModel):
    """Says its text word by word; after a tool's result the next of its texts.

    An exception is raised; a message is given as it is; `city` calls the tool first.
    """

    says: Any = ""
    city: str | None = None
    asked: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self):
        return "telling"

    def bind_tools(self, tools, **kwargs):
        return self.bind(tools=tools)

    def _pieces(self, messages):
        self.asked.append(messages)
        if isinstance(self.says, Exception):
            raise self.says
        if self.city is not None and not any(isinstance(m, ToolMessage) for m in messages):
            call = {"name": "weather", "args": json.dumps({"city": self.city})}
            return [AIMessageChunk("", tool_call_chunks=[call | {"id": "1", "index": 0}])]
        if isinstance(self.says, AIMessageChunk):
            return [self.says]
        return [AIMessageChunk(piece) for piece in self.says.replace(" ", " |").split("|") if piece]

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        pieces = [AIMessageChunk(""), *self._pieces(messages)]
        whole = add_ai_message_chunks(*pieces, AIMessageChunk("", chunk_position="last"))
        fields = whole.model_dump(exclude={"type", "tool_call_chunks", "chunk_position"})
        return ChatResult(generations=[ChatGeneration(message=AIMessage(**fields))])

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        for piece in self._pieces(messages):
            chunk = ChatGenerationChunk(message=piece.model_copy(deep=True))
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


def router_of(*models, policy):
    """A router over models that get stronger from one to the next."""
    aliases = "abc"[: len(models)]
    rows = dict(zip(("budget", "balanced", "quality"), (*aliases, *aliases[-1:] * 2), strict=False))
    return SmartRouterRunnable(
        catalog={
            "models": {
                alias: {"quality": {"general": 0.5 + at / 10, "extraction": 0.5 + at / 10}}
                for at, alias in enumerate(aliases)
            },
            "routes": {"general": rows, "extraction": rows},
            "default": "a",
        },
        models=dict(zip(aliases, models, strict=True)),
        stream_policy=policy,
        tier="budget",
    )


# ---- graphs -----------------------------------------------------------------------------


def _graph(ask):
    builder = StateGraph(MessagesState)
    builder.add_node("ask", ask)
    builder.add_edge(START, "ask")
    return builder.compile()


def invoking(model):
    return _graph(lambda state: {"messages": [model.invoke(state["messages"])]})


def ainvoking(model):
    async def ask(state):
        return {"messages": [await model.ainvoke(state["messages"])]}

    return _graph(ask)


def streaming(model):
    def ask(state):
        return {"messages": [_sum(list(model.stream(state["messages"])))]}

    return _graph(ask)


def astreaming(model):
    async def ask(state):
        chunks = [chunk async for chunk in model.astream(state["messages"])]
        return {"messages": [_sum(chunks)]}

    return _graph(ask)


def agent(model):
    return create_agent(model, [weather])


def _sum(chunks):
    return add_ai_message_chunks(*chunks) if len(chunks) > 1 else chunks[0]


GRAPHS = [invoking, ainvoking, streaming, astreaming, agent]
NEEDS_ASYNC = {ainvoking, astreaming}


# ---- audiences --------------------------------------------------------------------------


@dataclass
class Shown:
    """What an audience was given: text as it came, and everything, written out."""

    deltas: list[str] = field(default_factory=list)
    everything: list[str] = field(default_factory=list)

    @property
    def text(self):
        return "".join(self.deltas)

    def take(self, part, text=""):
        self.everything.append(repr(part))
        if text:
            self.deltas.append(text)

    @property
    def whole(self):
        return "\n".join(self.everything)


def _text(message):
    return message.text if isinstance(message, AIMessage) else ""


async def messages(graph):
    shown = Shown()
    for part in graph.stream(QUESTION, stream_mode="messages"):
        shown.take(part, _text(part[0]))
    return shown


async def amessages(graph):
    shown = Shown()
    async for part in graph.astream(QUESTION, stream_mode="messages"):
        shown.take(part, _text(part[0]))
    return shown


async def all_modes(graph):
    shown = Shown()
    async for mode, part in graph.astream(QUESTION, stream_mode=["messages", "updates", "values"]):
        shown.take(part, _text(part[0]) if mode == "messages" else "")
    return shown


async def v3(graph):
    """The version 3 events of the graph, read without asyncio."""
    shown = Shown()
    for event in graph.stream_events(QUESTION, version="v3"):
        shown.take(event, _v3_text(event))
    return shown


async def av3(graph):
    shown = Shown()
    async for event in await graph.astream_events(QUESTION, version="v3"):
        shown.take(event, _v3_text(event))
    return shown


def _v3_text(event):
    if event["method"] != "messages":
        return ""
    data = event["params"]["data"][0]
    if isinstance(data, AIMessage):
        return data.text
    delta = data.get("delta") if data.get("event") == "content-block-delta" else None
    return delta.get("text", "") if delta else ""


AUDIENCES = [messages, amessages, all_modes, v3, av3]
SYNC_AUDIENCES = {messages, v3}

both = pytest.mark.parametrize(
    ("graph", "audience"),
    [
        pytest.param(graph, audience, id=f"{graph.__name__}, {audience.__name__}")
        for graph in GRAPHS
        for audience in AUDIENCES
        if not (graph in NEEDS_ASYNC and audience in SYNC_AUDIENCES)
        # An agent takes longest to build, and asks as `invoking` and `ainvoking` do.
        if graph is not agent or audience in {amessages, av3}
    ],
)

# ---- buffer -----------------------------------------------------------------------------


@both
async def test_a_rejected_draft_is_never_shown_and_the_accepted_text_once(graph, audience):
    router = router_of(Telling(says=WEAK), Telling(says=FINE), policy="buffer")
    shown = await audience(graph(router))
    assert shown.text == FINE
    assert WEAK not in shown.whole
    assert "sorry" not in shown.whole


@both
async def test_of_two_rejected_drafts_neither_is_shown(graph, audience):
    weaker = Telling(says=WEAK), Telling(says="I cannot help with this request.")
    router = router_of(*weaker, Telling(says=FINE), policy="buffer")
    shown = await audience(graph(router))
    assert shown.text == FINE
    assert "sorry" not in shown.whole
    assert "cannot" not in shown.whole


@both
async def test_an_accepted_draft_is_shown_once(graph, audience):
    router = router_of(Telling(says=FINE), Telling(says=OTHER), policy="buffer")
    assert (await audience(graph(router))).text == FINE


@both
async def test_a_kept_weak_answer_is_shown_once(graph, audience):
    router = router_of(Telling(says=WEAK), Telling(says=BrokenError()), policy="buffer")
    assert (await audience(graph(router))).text == WEAK


@pytest.mark.parametrize("audience", AUDIENCES, ids=lambda audience: audience.__name__)
@pytest.mark.parametrize("graph", [invoking, agent], ids=lambda graph: graph.__name__)
@pytest.mark.parametrize("before", [None, BrokenError(), WEAK], ids=["alone", "failure", "draft"])
async def test_the_last_candidate_streams_under_buffer(graph, audience, before):
    earlier = [] if before is None else [Telling(says=before)]
    shown = await audience(graph(router_of(*earlier, Telling(says=FINE), policy="buffer")))
    assert shown.text == FINE
    assert len(shown.deltas) > 1


@pytest.mark.parametrize("audience", AUDIENCES, ids=lambda audience: audience.__name__)
async def test_in_a_tool_loop_each_turn_is_shown_once(audience):
    weak = Telling(says=WEAK, city="Paris")
    router = router_of(weak, Telling(says=FINE, city="Oslo"), policy="buffer")
    shown = await audience(agent(router))
    assert "sorry" not in shown.whole
    assert shown.text == FINE
    assert "Paris" in shown.whole
    assert "Oslo" not in shown.whole


# ---- first_token ------------------------------------------------------------------------


@both
async def test_under_first_token_the_text_streams_and_nothing_is_doubled(graph, audience):
    router = router_of(Telling(says=FINE), Telling(says=OTHER), policy="first_token")
    shown = await audience(graph(router))
    assert shown.text == FINE
    # LangGraph's version 3 leaves out tokens of a model that a node streams by itself.
    if not (audience in {v3, av3} and graph in {streaming, astreaming}):
        assert len(shown.deltas) > 1


@both
async def test_under_first_token_a_failed_attempt_leaves_no_trace(graph, audience):
    router = router_of(Telling(says=BrokenError()), Telling(says=FINE), policy="first_token")
    assert (await audience(graph(router))).text == FINE


@both
async def test_under_first_token_an_empty_attempt_leaves_no_text(graph, audience):
    router = router_of(Telling(says=""), Telling(says=FINE), policy="first_token")
    assert (await audience(graph(router))).text == FINE


@both
async def test_under_first_token_a_shown_weak_answer_is_accepted_and_shown_once(graph, audience):
    other = Telling(says=FINE)
    router = router_of(Telling(says=WEAK), other, policy="first_token")
    shown = await audience(graph(router))
    assert shown.text == WEAK
    assert other.asked == []


WITHOUT_CONTENT = {
    "refusal": AIMessageChunk("", additional_kwargs={"refusal": "I'm sorry."}),
    "filter": AIMessageChunk("", response_metadata={"finish_reason": "content_filter"}),
}


@pytest.mark.parametrize("audience", AUDIENCES, ids=lambda audience: audience.__name__)
@pytest.mark.parametrize("graph", [invoking, streaming], ids=lambda graph: graph.__name__)
@pytest.mark.parametrize("kind", WITHOUT_CONTENT)
async def test_under_first_token_an_empty_answer_is_rejected_while_it_is_watched(
    graph, audience, kind
):
    """Nothing has been shown yet, so it can still be rejected."""
    weak = Telling(says=WITHOUT_CONTENT[kind])
    router = router_of(weak, Telling(says=FINE), policy="first_token")
    assert (await audience(graph(router))).text == FINE


# ---- the state of the graph -------------------------------------------------------------


@pytest.mark.parametrize("policy", ["buffer", "first_token"])
@pytest.mark.parametrize("mode", ["updates", "values"])
@pytest.mark.parametrize("graph", [invoking, streaming, agent], ids=lambda graph: graph.__name__)
async def test_state_streams_have_the_accepted_message_and_nothing_else(graph, mode, policy):
    router = router_of(Telling(says=WEAK), Telling(says=FINE), policy=policy)
    parts = list(graph(router).stream(QUESTION, stream_mode=mode))
    shown_at_once = policy == "first_token" and graph is streaming
    expected = WEAK if shown_at_once else FINE
    last = parts[-1] if mode == "values" else next(iter(parts[-1].values()))
    answers = [m for m in last["messages"] if isinstance(m, AIMessage)]
    assert [answer.text for answer in answers] == [expected]
    assert ("sorry" in repr(parts)) is shown_at_once
    told = answers[0].response_metadata["smartroute"]
    assert told["model"] == ("a" if shown_at_once else "b")
    assert bool(told["unmet_checks"]) is shown_at_once


@pytest.mark.parametrize("policy", ["buffer", "first_token"])
@pytest.mark.parametrize("says", [WEAK, FINE], ids=["weak", "fine"])
async def test_what_was_shown_and_what_the_state_keeps_are_one_message(policy, says):
    router = router_of(Telling(says=says), Telling(says=FINE), policy=policy)
    ids, state = set(), None
    for mode, part in invoking(router).stream(QUESTION, stream_mode=["messages", "values"]):
        if mode == "messages":
            ids.add(part[0].id)
        else:
            state = part
    assert ids == {state["messages"][-1].id}


# ---- version 2 events -------------------------------------------------------------------


async def events(runnable, request, **settings):
    return [event async for event in runnable.astream_events(request, version="v2", **settings)]


def tokens(found):
    """The text of each model run's tokens."""
    runs: dict[str, str] = {}
    for event in found:
        if event["event"] == "on_chat_model_stream":
            runs[event["run_id"]] = runs.get(event["run_id"], "") + event["data"]["chunk"].text
    return [text for text in runs.values() if text]


@pytest.mark.parametrize("graph", [None, *GRAPHS], ids=lambda g: g.__name__ if g else "router")
@pytest.mark.parametrize("policy", ["buffer", "first_token"])
async def test_version_2_events_have_the_tokens_of_an_answer_once(graph, policy):
    router = router_of(Telling(says=BrokenError()), Telling(says=FINE), policy=policy)
    found = await events(*((graph(router), QUESTION) if graph else (router, "Hello")))
    assert tokens(found) == [FINE]
    assert len([e for e in found if e["event"] == "on_chat_model_stream"]) > 1


@pytest.mark.parametrize("graph", [None, *GRAPHS], ids=lambda g: g.__name__ if g else "router")
async def test_version_2_events_never_have_a_rejected_draft(graph):
    router = router_of(Telling(says=WEAK), Telling(says=FINE), policy="buffer")
    found = await events(*((graph(router), QUESTION) if graph else (router, "Hello")))
    assert "sorry" not in repr([event["data"] for event in found])
    assert tokens(found) in ([], [FINE])
    assert FINE in repr(found[-1]["data"])


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
@pytest.mark.parametrize("tools", [False, True], ids=["plain", "with tools"])
async def test_in_a_graph_a_models_run_is_below_the_routers_run(graph, tools):
    """A binding, as `bind_tools` makes one, takes over what surrounds it in its context."""
    router = router_of(Telling(says=FINE), policy="buffer")
    model = router.bind_tools([weather]) if tools and graph is not agent else router
    found = await events(graph(model), QUESTION)
    (own,) = {e["run_id"] for e in found if e["name"] == router.get_name()}
    (asked,) = [e for e in found if e["event"] == "on_chat_model_start"]
    assert asked["parent_ids"][-1] == own


@pytest.mark.parametrize("graph", [invoking, astreaming], ids=lambda graph: graph.__name__)
async def test_version_2_events_never_have_a_rejected_draft_with_tools(graph):
    router = router_of(Telling(says=WEAK), Telling(says=FINE), policy="buffer")
    found = await events(graph(router.bind_tools([weather])), QUESTION)
    assert "sorry" not in repr([event["data"] for event in found])
    assert tokens(found) in ([], [FINE])


async def test_version_2_events_of_the_router_stream_its_text_once():
    router = router_of(Telling(says=FINE), Telling(says=OTHER), policy="buffer")
    found = await events(router, "Hello")
    own = [e for e in found if e["event"] == "on_chain_stream" and not e["parent_ids"]]
    assert "".join(event["data"]["chunk"].text for event in own) == FINE
    assert len(own) > 1


# ---- version 3 events of the router itself ----------------------------------------------

SCRIPTS = {
    "accepted draft": ((FINE, OTHER), FINE),
    "rejected draft": ((WEAK, FINE), FINE),
    "after a failure": ((BrokenError(), FINE), FINE),
    "kept weak answer": ((WEAK, BrokenError()), WEAK),
    "alone": ((FINE,), FINE),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_version_3_events_of_the_router_have_the_accepted_text_once(name):
    says, expected = SCRIPTS[name]
    router = router_of(*(Telling(says=text) for text in says), policy="buffer")
    found = list(router.stream_events("Hello", version="v3"))
    assert _said(found) == expected
    assert [event["event"] for event in found].count("message-start") == 1
    assert [event["event"] for event in found].count("message-finish") == 1
    stream = router.stream_events("Hello", version="v3")
    assert "".join(stream.text) == expected
    assert stream.output.text == expected


@pytest.mark.parametrize("name", SCRIPTS)
async def test_version_3_events_of_the_router_do_so_in_asyncio(name):
    says, expected = SCRIPTS[name]
    router = router_of(*(Telling(says=text) for text in says), policy="buffer")
    found = [event async for event in await router.astream_events("Hello", version="v3")]
    assert _said(found) == expected
    stream = await router.astream_events("Hello", version="v3")
    assert await stream.text == expected
    assert (await stream.output).text == expected


@pytest.mark.parametrize("policy", ["first_token", "buffer"])
async def test_version_3_output_is_what_invoke_gives(policy):
    def router():
        return router_of(Telling(says=FINE), Telling(says=OTHER), policy=policy)

    told = []
    for answer in (
        router().invoke("Hello"),
        router().stream_events("Hello", version="v3").output,
        await (await router().astream_events("Hello", version="v3")).output,
    ):
        account = dict(answer.response_metadata["smartroute"])
        attempts = [{**a, "latency_s": 0} for a in account.pop("attempts")]
        del account["decision_id"]
        told.append((answer.text, account, attempts))
    assert told[1:] == told[:1] * 2


def _said(found):
    deltas = [e["delta"] for e in found if e["event"] == "content-block-delta"]
    return "".join(delta.get("text", "") for delta in deltas)


# ---- who is tagged ----------------------------------------------------------------------


class Tags(BaseCallbackHandler):
    """Whether each run of a model was tagged."""

    run_inline = True

    def __init__(self):
        self.hidden = []

    def on_chat_model_start(self, *args, tags=None, **kwargs):
        self.hidden.append("nostream" in (tags or []))


def tagged(says):
    tags = Tags()
    return Telling(says=says, callbacks=[tags]), tags.hidden


@pytest.mark.parametrize("graph", [invoking, streaming, agent], ids=lambda graph: graph.__name__)
async def test_only_an_attempt_that_may_be_rejected_is_tagged(graph):
    (weak, draft), (fine, last) = tagged(WEAK), tagged(FINE)
    await messages(graph(router_of(weak, fine, policy="buffer")))
    assert (draft, last) == ([True], [False])


@pytest.mark.parametrize("graph", [invoking, streaming, agent], ids=lambda graph: graph.__name__)
async def test_no_first_token_attempt_is_tagged(graph):
    (empty, first), (fine, last) = tagged(""), tagged(FINE)
    await messages(graph(router_of(empty, fine, policy="first_token")))
    assert (first, last) == ([False], [False])


async def test_a_draft_is_still_there_for_tracers_and_costs():
    """It is hidden from those who watch tokens, not from those who keep accounts."""

    class Log(BaseCallbackHandler):
        def __init__(self):
            self.ended = []

        def on_llm_end(self, response, **kwargs):
            self.ended.append(response.generations[0][0].text)

    log = Log()
    router = router_of(Telling(says=WEAK), Telling(says=FINE), policy="buffer")
    graph = invoking(router)
    list(graph.stream(QUESTION, {"callbacks": [log]}, stream_mode="messages"))
    assert log.ended == [WEAK, FINE]


async def test_two_requests_of_one_graph_are_hidden_independently():
    """Handlers taken off a draft's run must still be there for the next one."""
    router = router_of(Telling(says=WEAK), Telling(says=FINE), policy="buffer")

    def twice(state):
        first = router.invoke(state["messages"])
        return {"messages": [first, router.invoke([*state["messages"], first, ("user", "More")])]}

    shown = await amessages(_graph(twice))
    assert shown.text == FINE * 2
    assert "sorry" not in shown.whole


def test_no_warning_comes_from_the_built_in_checks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        router_of(Telling(says=FINE), policy="first_token")
