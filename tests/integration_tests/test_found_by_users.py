"""Bugs found by users, each with a regression test."""

from __future__ import annotations

import asyncio
import json
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import openai
import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, trim_messages
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field, create_model
from typing_extensions import TypedDict

from langchain_smartroute import (
    Catalog,
    ChainExhaustedError,
    ConfigurationError,
    CostCallbackHandler,
    ModelSpec,
    SmartRouteError,
    SmartRouterRunnable,
    SpendLimit,
    StreamInterruptedError,
)
from langchain_smartroute.execution.faults import fault_of
from langchain_smartroute.sandbox import Fault, SandboxModel, SandboxServer, sandbox_models

SECRET = "sk-SECRET"
REQUESTS = [
    "Classify this review as positive or negative: lovely",
    "Translate to German: good morning",
    "Explain why heavy ships float",
    "Write a Python function to sort a list",
    "Write a poem about rain",
    "Hello",
]


class Sentiment(BaseModel):
    """A sentiment."""

    label: Literal["positive", "negative"]
    confidence: float = Field(description="between 0 and 1")


class Label(TypedDict):
    """A sentiment."""

    label: str


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.fixture
def server():
    with SandboxServer(models=sandbox_models(Catalog.load("default"))) as running:
        yield running


@pytest.fixture
def saying():
    """Start a server with a fixed answer, as JSON or events; yields its URL."""
    running = []

    def make(*sent, kind="application/json"):
        class Saying(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                make.paths.append(self.path)
                parts = [part if isinstance(part, str) else json.dumps(part) for part in sent]
                events = "".join(f"data: {part}\n\n" for part in parts)
                body = (events if "event" in kind else parts[0]).encode()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Saying)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}/v1"

    make.paths = []
    yield make
    for server in running:
        server.shutdown()
        server.server_close()


def house(base_url, **facts):
    """A router with one model of one's own server."""
    spec = {"provider": "house", "base_url": base_url, **facts}
    return SmartRouterRunnable.from_catalog(catalog={"models": {"m": spec}, "default": "m"})


@pytest.fixture(autouse=True)
def _no_gateway_in_the_environment(monkeypatch):
    for name in ("SMARTROUTE", "OPENAI", "OPENROUTER"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
        monkeypatch.delenv(f"{name}_BASE_URL", raising=False)


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("request_text", REQUESTS)
@pytest.mark.parametrize("schema", [Sentiment, Label, Sentiment.model_json_schema()])
def test_structured_output_works_whatever_model_the_task_goes_to(server, request_text, schema):
    """Four of the default models have JSON mode only, which was told nothing of the schema."""
    router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
    found = router.with_structured_output(schema).invoke(request_text)
    fields = found.model_dump() if isinstance(found, BaseModel) else found
    assert "label" in fields


def test_a_catalog_that_moves_the_url_does_not_get_the_providers_key(server, monkeypatch):
    """`extends = "openai"` with a `base_url` of its own collected OPENAI_API_KEY."""
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    moved = Catalog.load({"extends": "openai", "base_url": "https://elsewhere.example/v1"})
    assert moved.api_key_env is None
    with pytest.raises(ConfigurationError, match="there is no key"):
        SmartRouterRunnable.from_catalog(catalog=moved)


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "gpt-9"},
        {"max_cost_usd": -1},
        {"tier": "luxury"},
        {"teir": "budget"},
        {"api_key": [SECRET]},
        {"base_url": SECRET},
        {"api_key_env": SECRET},
        {"catalog": {"models": {"a": {"api_key": SECRET}}}},
    ],
)
def test_no_message_repeats_a_key(settings):
    """A typo beside `api_key=` printed the key in the exception and in its cause."""
    given = {"base_url": "https://gateway.example/v1", "api_key": SECRET, **settings}
    with pytest.raises(ConfigurationError) as caught:
        SmartRouterRunnable.from_catalog(**given)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in str(error)
        error = error.__cause__ or error.__context__


def test_each_event_loop_has_connections_of_its_own(server):
    """A second `asyncio.run` found the first one's and silently went to another model."""
    router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
    seen = []

    def loops():
        for _ in range(3):
            answer = asyncio.run(router.ainvoke("Hello"))
            seen.append(answer.response_metadata["smartroute"]["attempts"][0]["outcome"])

    # In a thread, as this test's own loop is running.
    thread = threading.Thread(target=loops)
    thread.start()
    thread.join()
    assert seen == ["accepted"] * 3


def test_openais_account_in_the_environment_stays_with_openai(server, monkeypatch):
    """Organization, project and custom headers went to every gateway."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-SECRET")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-SECRET")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Account: acc-SECRET")
    router = SmartRouterRunnable.from_catalog(base_url=server.base_url, api_key="mine")
    router.invoke("Hello")
    assert "SECRET" not in str(server.requests[-1].headers)


@pytest.mark.parametrize("after_tokens", [0, 3])
def test_a_stream_without_a_finish_reason_was_cut_off(server, after_tokens):
    """A connection that was closed cleanly in the middle counted as a complete answer."""
    server.set_fault("deepseek-chat", Fault(kind="cut", after_tokens=after_tokens))
    router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
    if after_tokens:
        with pytest.raises(StreamInterruptedError) as caught:
            list(router.stream("Hello"))
        assert caught.value.partial.text
    else:
        *_, last = router.stream("Hello")
        assert last.response_metadata["smartroute"]["model"] != "deepseek-chat"


def test_two_schemas_of_the_same_name_are_two_schemas(server):
    """Bindings were kept by their repr, so a notebook cell that was run again used the old one."""
    bound = SmartRouterRunnable.from_catalog(base_url=server.base_url, model="gpt-4o").bind_tools(
        [add]
    )
    for field in ("alpha", "beta"):
        schema = create_model("Answer", **{field: (str, ...)})
        bound.bind(response_format=schema).invoke("Hello")
    sent = [str(request.body["response_format"]) for request in server.requests]
    assert ["alpha" in sent[0], "beta" in sent[1]] == [True, True]


def test_tokens_are_counted_without_a_tokenizer(server):
    """`trim_messages(token_counter=router)` asked for the package transformers."""
    router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
    history = [SystemMessage("Be brief."), HumanMessage("word " * 500), HumanMessage("Hello")]
    kept = trim_messages(history, token_counter=router, max_tokens=100, include_system=True)
    assert [message.text for message in kept] == ["Be brief.", "Hello"]


async def test_cancelled_calls_outside_a_router_do_not_pile_up(server, monkeypatch):
    """No event tells that a plain model's call was cancelled; 5,000 of them stayed for ever."""
    from langchain_smartroute.accounting import callback

    monkeypatch.setattr(callback, "_MOST_RUNNING", 5)
    costs = CostCallbackHandler()
    for number in range(20):
        costs.on_chat_model_start(
            None,
            [[HumanMessage("Hello")]],
            run_id=f"run-{number}",
            metadata={"ls_model_name": "gpt-4o"},
        )
    assert [record.outcome for record in costs.records] == ["cancelled"] * 15


def test_a_server_that_nobody_knows_gets_the_parameters_of_the_caller():
    """A `ChatOpenAI` in front of one's own server lost `top_k` and an effort in silence."""
    with SandboxServer(models=[SandboxModel(name="house-model")]) as server:
        mine = ChatOpenAI(model="house-model", base_url=server.base_url, api_key="none")
        router = SmartRouterRunnable.from_models({"mine": mine})
        router.invoke("Hello", reasoning_effort="low", store=True, extra_body={"top_k": 3})
        body = server.requests[-1].body
    assert (body["reasoning_effort"], body["store"], body["top_k"]) == ("low", True, 3)


def test_a_server_that_knows_no_finish_reason_answers(saying):
    """Every answer of it, whole as it was, counted as cut off."""
    said = {"role": "assistant", "content": "Hello."}
    whole = {"id": "a", "model": "m", "choices": [{"index": 0, "message": said}]}
    assert house(saying(whole)).invoke("Hello").text == "Hello."
    null = {"id": "a", "model": "m", "choices": [{"message": said, "finish_reason": None}]}
    with pytest.raises(ConnectionError, match="without a finish reason"):
        house(saying(null)).invoke("Hello")


WORDS = [{"id": "a", "choices": [{"index": 0, "delta": {"content": w}}]} for w in ("Hel", "lo")]


def brought(base_url):
    """A router with a model of the user's own in front of a server."""
    mine = ChatOpenAI(model="m", base_url=base_url, api_key="none")
    return SmartRouterRunnable.from_models({"m": mine})


@pytest.mark.parametrize("router_at", [house, brought])
async def test_a_stream_that_its_server_ends_is_whole_without_a_finish_reason(saying, router_at):
    """Each stream of a local server that names none counted as cut off, whole as it was."""
    router = router_at(saying(*WORDS, "[DONE]", kind="text/event-stream"))
    parts = list(router.stream("Hello"))
    assert "".join(part.text for part in parts) == "Hello"
    assert parts[-1].response_metadata["smartroute"]["attempts"][0]["outcome"] == "accepted"
    assert "".join([part.text async for part in router.astream("Hello")]) == "Hello"
    cut = router_at(saying(*WORDS, kind="text/event-stream"))
    with pytest.raises(StreamInterruptedError, match="without a finish reason"):
        list(cut.stream("Hello"))
    with pytest.raises(StreamInterruptedError, match="without a finish reason"):
        [part async for part in cut.astream("Hello")]


@pytest.mark.parametrize("router_at", [house, brought])
@pytest.mark.parametrize("events", [[{"id": "a", "choices": []}], []], ids=["no choices", "none"])
async def test_a_stream_that_says_nothing_is_not_whole_because_it_is_ended(
    saying, router_at, events
):
    """A soak found it: where both candidates failed so, the answer was empty, and no error."""
    router = router_at(saying(*events, "[DONE]", kind="text/event-stream"))
    with pytest.raises((SmartRouteError, ConnectionError, ValueError)):
        list(router.stream("Hello"))
    with pytest.raises((SmartRouteError, ConnectionError, ValueError)):
        [part async for part in router.astream("Hello")]


async def test_a_whole_answer_of_a_model_that_is_brought_needs_no_finish_reason(saying):
    """Every answer of a local server that names none counted as cut off."""
    said = {"role": "assistant", "content": "Hello."}
    whole = {"id": "a", "model": "m", "object": "chat.completion", "choices": [{"message": said}]}
    router = brought(saying(whole))
    assert router.invoke("Hello").text == "Hello."
    assert (await router.ainvoke("Hello")).text == "Hello."
    null = {**whole, "choices": [{"message": said, "finish_reason": None}]}
    with pytest.raises(ConnectionError, match="without a finish reason"):
        brought(saying(null)).invoke("Hello")


def test_a_catalog_can_say_that_a_servers_streams_do_not_say_how_they_end(saying):
    """There was no way to use such a server: each of its streams counted as cut off."""
    url = saying(*WORDS, kind="text/event-stream")
    with pytest.raises(StreamInterruptedError, match="without a finish reason"):
        list(house(url).stream("Hello"))
    parts = list(house(url, finish_reason=False).stream("Hello"))
    assert "".join(part.text for part in parts) == "Hello"


DATED = {"date": "2026-11-27", "source": "test"}


def ended_by(reason):
    said = {"role": "assistant", "content": '{"lab'}
    choice = {"index": 0, "message": said, "finish_reason": reason}
    counts = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return {"id": "a", "object": "chat.completion", "created": 1, "model": "m"} | {
        "choices": [choice],
        "usage": counts,
    }


def test_a_structured_answer_that_is_cut_by_its_length_costs_what_it_says(saying):
    """Its usage came with the error, and its cost was unknown."""
    prices = [{**DATED, "input_usd_per_mtok": "1", "output_usd_per_mtok": "2"}]
    router = house(saying(ended_by("length")), prices=prices)
    costs = CostCallbackHandler()
    form = router.with_structured_output(Sentiment, method="json_schema")
    with pytest.raises(openai.LengthFinishReasonError):
        form.invoke("Hello", config={"callbacks": [costs]})
    (record,) = costs.records
    assert (record.usage.input_tokens, record.usage.output_tokens) == (10, 5)
    assert not record.usage.estimated


@pytest.mark.parametrize(("choice", "tried"), [("raise", 1), ("fallback", 2)])
def test_a_filter_that_cuts_a_structured_answer_obeys_on_content_filter(saying, choice, tried):
    """Another provider was asked what one's content filter had refused."""
    prices = [{**DATED, "input_usd_per_mtok": "1", "output_usd_per_mtok": "2"}]
    url = saying(ended_by("content_filter"))
    models = {
        alias: {"provider": alias, "base_url": url, "prices": prices}
        for alias in ("first", "second")
    }
    router = SmartRouterRunnable.from_catalog(
        catalog={"models": models, "default": "first"},
        fallbacks={"first": ["second"]},
        on_content_filter=choice,
    )
    form = router.with_structured_output(Sentiment, method="json_schema")
    with pytest.raises((openai.ContentFilterFinishReasonError, ChainExhaustedError)) as caught:
        form.invoke("Hello", config={"callbacks": [costs := CostCallbackHandler()]})
    assert len(costs.records) == tried
    if isinstance(caught.value, ChainExhaustedError):
        assert {attempt.cost_usd for attempt in caught.value.attempts} == {Decimal("0.00002")}


def test_one_spend_limit_is_a_list_of_one(server):
    """It was refused in words of pydantic's."""
    limit = SpendLimit(usd=1)
    router = SmartRouterRunnable.from_catalog(base_url=server.base_url, spend_limits=limit)
    assert router.spend_limits == [limit]


def test_a_route_for_a_task_that_no_request_has_is_told_of(server, caplog):
    """`routes={"coding": …}` had no effect, without a warning."""
    spec = ModelSpec(alias="m", base_url=server.base_url)
    with caplog.at_level("WARNING"):
        for classifier in (None, lambda text: "sewing"):
            SmartRouterRunnable.from_models(
                {"m": spec}, routes={"sewing": "m", "code": "m"}, classifier=classifier
            )
    (said,) = [r.getMessage() for r in caplog.records if "routes." in r.getMessage()]
    assert said.startswith("routes.sewing: no request is of this task")
    assert "code, classification" in said


def test_a_rule_for_a_task_that_no_request_has_is_told_of(server, caplog):
    """`{"task": "coding"}` never matched, without a warning."""
    with caplog.at_level("WARNING"):
        for classifier in (None, lambda text: "knitting"):
            SmartRouterRunnable.from_catalog(
                base_url=server.base_url,
                rules=[({"task": ["knitting", "code"]}, "gpt-4o"), (lambda f: True, "gpt-4o")],
                classifier=classifier,
            )
    (said,) = [r.getMessage() for r in caplog.records if "no request is of" in r.getMessage()]
    assert said.startswith("rule task=['knitting', 'code']: no request is of this task")


def test_a_warning_names_the_line_that_builds_the_router(server):
    """It named a line of pydantic's."""
    for build in (SmartRouterRunnable, SmartRouterRunnable.from_catalog):
        with pytest.warns(UserWarning, match="passes a stream on") as caught:
            build(base_url=server.base_url, checks=[lambda messages, answer: None])
        assert caught[0].filename == __file__


def test_a_limit_per_user_says_what_a_call_without_one_lacks(server):
    """It mentioned a user named (none)."""
    router = SmartRouterRunnable.from_catalog(
        base_url=server.base_url, spend_limits=[SpendLimit(usd=0, period="day", per="user")]
    )
    with pytest.raises(SmartRouteError, match=r'config=\{"metadata": \{"user": …\}\}'):
        router.invoke("Hello!")
    with pytest.raises(SmartRouteError, match="for user 'ann'"):
        router.invoke("Hello!", {"metadata": {"user": "ann"}})


def test_a_ledger_that_is_no_url_is_called_a_ledger(server):
    """The error mentioned a `url` that was not in the call."""
    with pytest.raises(ConfigurationError, match=r"^ledger: url \(not shown"):
        SmartRouterRunnable.from_catalog(base_url=server.base_url, ledger="foo")


def test_a_key_in_the_query_of_a_url_is_refused_and_not_shown():
    """`base_url="…?key=SECRET"` stood in the router's repr and in callbacks."""
    with pytest.raises(ConfigurationError, match="has a query") as caught:
        SmartRouterRunnable.from_catalog(base_url=f"https://a.example/v1?key={SECRET}")
    assert SECRET not in str(caught.value)


def whole(message):
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "a", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def of_two(url):
    models = {alias: {"provider": alias, "base_url": url} for alias in ("first", "second")}
    return SmartRouterRunnable.from_catalog(
        catalog={"models": models, "default": "first"}, fallbacks={"first": ["second"]}
    )


CALL = {"id": "1", "type": "function", "function": {"name": "add", "arguments": [1]}}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": 5},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
    ],
)
def test_a_malformed_answer_is_no_matter_of_a_schema(saying, message):
    """Its record said "schema not met", and no breaker counted it."""
    router = of_two(saying(whole(message)))
    with pytest.raises(ChainExhaustedError) as caught:
        router.invoke("Hello")
    assert "schema" not in " ".join(attempt.reason for attempt in caught.value.attempts)
    assert [fault_of(caught.value.__cause__).kind] == ["garbled"]


def test_a_web_page_in_the_place_of_a_structured_stream_is_named(saying):
    """The error ended in "the last one said: " and nothing."""
    form = of_two(saying("<html>", kind="text/html")).with_structured_output(
        Sentiment, method="json_schema"
    )
    with pytest.raises(ChainExhaustedError) as caught:
        list(form.stream("Hello"))
    assert type(caught.value.__cause__).__name__ in str(caught.value)
    assert all(attempt.message for attempt in caught.value.attempts)


@pytest.mark.parametrize(
    "asked",
    [
        [SystemMessage("Write a Python function that sorts a list")],
        [SystemMessage("Be brief."), SystemMessage("Write a Python function that sorts a list")],
        [AIMessage("Write a Python function that sorts a list")],
        [SystemMessage("Write a Python function that sorts a list"), AIMessage("def sort(")],
    ],
)
async def test_a_list_without_a_users_message_is_answered_by_what_it_says(server, asked):
    """A prompt template with a system message alone was refused; every provider answers it."""
    router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
    assert router.explain(asked).task == "code"
    assert router.invoke(asked).text
    assert (await router.ainvoke(asked)).text
    assert "".join(chunk.text for chunk in router.stream(asked))
    sent = [
        [message["role"] for message in request.body["messages"]] for request in server.requests
    ]
    assert sent == [[{"ai": "assistant"}.get(m.type, m.type) for m in asked]] * 3


TEAM = {"HTTP-Referer": "https://shop.example", "X-Team": "team-SECRET"}


async def called_in_each_way(router):
    router.invoke("Hello")
    await router.ainvoke("Hello")
    list(router.stream("Hello"))
    [chunk async for chunk in router.astream("Hello")]
    router.with_structured_output(Sentiment, method="json_schema").invoke("Lovely")
    router.invoke("Hello", extra_headers={"X-Once": "yes"})


def names_of(request):
    found = {name.lower(): value for name, value in request.headers.items()}
    return {name: found.get(name.lower()) for name in TEAM}


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
async def test_a_gateway_is_sent_the_headers_that_it_wants(server, tmp_path, transport):
    """There was no way to give any: gateways ask for `HTTP-Referer`, teams for their id."""
    given = {"base_url": server.base_url, "api_key": "mine", "transport": transport}
    config = tmp_path / "router.toml"
    config.write_text(
        f'base_url = "{server.base_url}"\ntransport = "{transport}"\nmodel = "gpt-4o"\n'
        '[default_headers]\nHTTP-Referer = "https://shop.example"\nX-Team = "team-SECRET"\n'
    )
    runs = []
    for router in (
        SmartRouterRunnable.from_catalog(**given, default_headers=TEAM, model="gpt-4o"),
        SmartRouterRunnable.from_config(config, api_key="mine"),
    ):
        await called_in_each_way(router.with_config(callbacks=[seen := Starts()]))
        runs += seen.told
        assert "team-SECRET" not in repr(router) + str(router.default_headers)
        with pytest.raises(ConfigurationError, match=r"default_headers \(not shown\)") as caught:
            router.to_config()
        assert "team-SECRET" not in str(caught.value)
    assert len(server.requests) == 12
    assert [names_of(request) for request in server.requests] == [TEAM] * 12
    assert "team-SECRET" not in str(runs)


class Starts(BaseCallbackHandler):
    """Records the events that tracers receive for model runs."""

    def __init__(self):
        self.told = []

    def on_chat_model_start(self, serialized, messages, **facts):
        self.told.append((serialized, facts))


def test_headers_stay_with_the_endpoint_that_they_are_for(server):
    """A model with an address of its own is not sent the gateway's, which may hold a key."""
    with SandboxServer(models=[SandboxModel(name="own")]) as other:
        headers = {"X-Own": "1"}
        catalog = {
            "default": "gpt-4o",
            "models": {
                "gpt-4o": {"default_headers": headers},
                "own": {"base_url": other.base_url, "default_headers": headers},
            },
        }
        router = SmartRouterRunnable.from_catalog(
            catalog=catalog, base_url=server.base_url, default_headers=TEAM
        )
        for alias in ("gpt-4o", "own"):
            router.with_route(model=alias).invoke("Hello")
        (here,), (there,) = server.requests, other.requests
    assert (names_of(here), here.headers["x-own"]) == (TEAM, "1")
    assert (names_of(there), there.headers["x-own"]) == (dict.fromkeys(TEAM), "1")
    with pytest.raises(ConfigurationError, match=r"models\.own\.default_headers"):
        router.to_config()


def test_values_that_are_sent_along_are_not_repeated(server):
    """A message would show what may be a key."""
    for name in ("default_headers", "default_query"):
        with pytest.raises(ConfigurationError, match="not shown") as caught:
            SmartRouterRunnable.from_catalog(base_url=server.base_url, **{name: {"X": [SECRET]}})
        assert SECRET not in str(caught.value)


async def test_a_query_is_part_of_every_url(saying):
    """Some gateways want their version there."""
    router = house(saying(ended_by("stop")), default_query={"api-version": "7"})
    router.invoke("Hello")
    await router.ainvoke("Hello")
    assert saying.paths == ["/v1/chat/completions?api-version=7"] * 2


@pytest.mark.parametrize(
    ("settings", "is_known"),
    [
        ({}, True),
        ({"metadata": {"ls_provider": "openai"}}, True),
        ({"metadata": {"ls_provider": "my-vllm"}}, False),
    ],
    ids=["a gateway", "its provider named", "another named"],
)
async def test_a_providers_price_is_not_charged_for_a_server_that_says_it_is_another(
    server, settings, is_known
):
    """A vLLM of one's own that calls its model `gpt-4o` had no way to say that it costs nothing."""
    mine = ChatOpenAI(model="gpt-4o", base_url=server.base_url, api_key="none", **settings)
    router = SmartRouterRunnable.from_models({"mine": mine})
    costs = CostCallbackHandler()
    answers = [
        router.invoke("Hello", {"callbacks": [costs]}),
        await router.ainvoke("Hello", {"callbacks": [costs]}),
        [*router.stream("Hello", {"callbacks": [costs]})][-1],
    ]
    told = [answer.response_metadata["smartroute"]["cost"] for answer in answers]
    assert [cost is not None for cost in told] == [is_known] * 3
    assert [record.cost_usd is not None for record in costs.records] == [is_known] * 3
