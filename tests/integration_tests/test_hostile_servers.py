"""Unusual servers, proxies and prompts that the router has to handle.

Each script is the bytes that a server sends, whatever it is asked.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
from decimal import Decimal
from unittest.mock import Mock

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers import LangChainTracer
from scripted import (
    ANSWER,
    CATALOG,
    USAGE,
    call,
    delta,
    plain,
    router_of,
    streamed,
)

from langchain_smartroute import (
    AnswerTooLongError,
    ChainExhaustedError,
    ConfigurationError,
    CostCallbackHandler,
    MemoryLedger,
    SmartRouterRunnable,
    SqlLedger,
)
from langchain_smartroute.execution import transport
from langchain_smartroute.sandbox import Fault, SandboxServer

WAYS = pytest.mark.parametrize("way", ["invoke", "ainvoke"])
STREAMS = pytest.mark.parametrize("way", ["stream", "astream"])


@WAYS
def test_a_prompt_that_cannot_be_encoded_does_not_open_breakers(serve, way):
    """A text cut in the middle of an emoji cannot be sent. It counted as a model's failure.

    Five such prompts of one user opened the breakers of all models for everybody.
    """
    server = serve(plain())
    router = router_of(server)
    for _ in range(8):
        with pytest.raises(UnicodeEncodeError):
            call(router, way, "Hello \ud83d")
    assert server.asked == 0
    assert {found.failures for found in router.health().values()} <= {0}
    assert call(router, way).response_metadata["smartroute"]["cost"] == "0.000020"


@WAYS
def test_no_warning_says_that_a_proxy_is_ignored(serve, way, monkeypatch, caplog):
    """LangChain warned that the environment's proxies are passed over; ours are used."""
    monkeypatch.setattr(
        "langchain_openai.chat_models._client_utils._proxy_env_warning_emitted", False
    )
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert call(router_of(serve(plain())), way).text == "fine"
    assert [
        record.getMessage() for record in caplog.records if "proxy" in record.getMessage()
    ] == []


@WAYS
@pytest.mark.parametrize("ledger", ["of the router", "of a handler"])
@pytest.mark.parametrize("odd", ["model", "request", "purpose", "kept text"])
def test_no_record_is_lost_because_of_unusual_names(serve, way, ledger, odd, tmp_path):
    """A server whose model is called `7`, or a request id that is a number, lost the record.

    It was counted as lost, and its cost was in no report.
    """
    server = serve(plain({**ANSWER, "model": 7} if odd == "model" else ANSWER))
    metadata = {
        "request": {"smartroute_request_id": 7},
        "purpose": {"smartroute_purpose": ["answer"]},
    }.get(odd, {})
    keeping = {"redact": lambda _: 7} if odd == "kept text" else {}
    records = SqlLedger(f"sqlite:///{tmp_path}/costs.db")
    if ledger == "of the router":
        router, callbacks = router_of(server, ledger=records, **keeping), []
    else:
        router = router_of(server)
        callbacks = [CostCallbackHandler(ledger=records, **keeping)]
    call(router, way, config={"metadata": metadata, "callbacks": callbacks})
    (record,) = records.records()
    records.close()
    assert record.cost_usd == Decimal("0.000020")
    assert record.request_id
    assert (records.status.lost, record.answer) == (0, "7" if keeping else None)


@WAYS
def test_a_tag_may_be_a_number(serve, way):
    """As with any chat model of LangChain; here it was an AttributeError."""
    records = MemoryLedger()
    call(router_of(serve(plain()), ledger=records), way, config={"tags": [7]})
    assert [record.tags for record in records.records()] == [("7",)]


def test_only_langsmiths_own_tracer_class_counts_as_langsmith(serve, monkeypatch):
    """A third-party handler with the same class name was treated as LangSmith's tracer."""
    looked = []
    monkeypatch.setattr("langchain_smartroute.execution.langsmith.price_runs", looked.append)
    router = router_of(serve(plain()))
    namesake = type("LangChainTracer", (BaseCallbackHandler,), {})
    call(router, "invoke", config={"callbacks": [namesake()]})
    assert not looked
    call(router, "invoke", config={"callbacks": [LangChainTracer(client=Mock())]})
    assert len(looked) == 1


@WAYS
@pytest.mark.parametrize(
    "headers",
    [b"X-Long: " + b"a" * 60_000 + b"\r\n", b"".join(b"X-%d: a\r\n" % n for n in range(300))],
    ids=["long", "many"],
)
def test_long_headers_are_read_by_all_connections_alike(serve, way, headers):
    """A policy of 9,000 letters that a proxy puts into a header failed `ainvoke` alone."""
    assert call(router_of(serve(plain(headers=headers))), way).text == "fine"


@WAYS
@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "ecompress"),
        (b"HTTP/1.1 307 Go\r\nLocation: /v1\r\nContent-Length: 0\r\n\r\n", "redirect"),
        (None, "onnect"),
    ],
    ids=["compressed wrongly", "goes round", "nobody there"],
)
def test_the_cause_of_a_connection_error_is_named(serve, way, sent, why):
    """All were `Connection error.`: a missing certificate, no server, a truncated answer."""
    if sent is None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        router = SmartRouterRunnable.from_catalog(base_url=url, catalog=CATALOG)
    else:
        router = router_of(serve(sent))
    with pytest.raises(ChainExhaustedError) as caught:
        call(router, way)
    said = str(caught.value).partition("the last one said: ")[2]
    assert said.startswith("Connection error: ")
    assert why in said.partition("\n")[0]
    assert caught.value.attempts[-1].message == said.partition("\n")[0]


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("client", ["httpx", "aiohttp"])
def test_a_prompt_that_goes_round_is_not_posted_twenty_times(way, client):
    with SandboxServer() as server:
        again = Fault(kind="redirect", location=f"{server.base_url}/chat/completions")
        server.set_fault("one", again)
        router = SmartRouterRunnable.from_catalog(
            base_url=server.base_url,
            catalog=CATALOG,
            fallbacks={"one": ["two"]},
            model="one",
            transport=client,
        )
        answer = call(router, way)
        attempts = answer.response_metadata["smartroute"]["attempts"]
        assert [attempt["model"] for attempt in attempts][-1] == "two"
        posted = [request for request in server.requests if request.model == "one"]
        assert 3 <= len(posted) / (len(attempts) - 1) <= 4


@STREAMS
@pytest.mark.parametrize(
    "empty",
    [
        "id: 7\n\n",
        ":\n\n",
        "event: ping\n\n",
        "retry: 100\n\n",
        "id: 7\n\n: alive\n\n",
        "event: ping\ndata: {}\n\n",
        "data:\n\n",
    ],
)
def test_an_event_without_data_is_ignored(serve, way, empty):
    """Servers that number their events and say that they are alive ended in a JSONDecodeError.

    The client takes an empty line for an event once it has seen a number, a name or a wait.
    """
    parts = [delta("fi", usage=None), empty, delta("ne", "stop"), empty, "data: [DONE]\n\n"]
    answer = call(router_of(serve(streamed(*parts))), way)
    assert answer.text == "fine"
    assert answer.response_metadata["smartroute"]["cost"] == "0.000020"


@pytest.mark.parametrize("written", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_named(written, tmp_path, monkeypatch):
    """A wrong path was `[Errno 2] No such file or directory`, of every model, and of what?"""
    path = tmp_path / "company.pem"
    if written is not None:
        path.write_text(written)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ConfigurationError, match=f"^SSL_CERT_FILE = '{path}': the trusted"):
        transport._trusted.__wrapped__()


BLOATED = b"a" * 5_000_000


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("packed", [True, False], ids=["compressed", "plain"])
def test_the_decompressed_size_of_an_answer_is_limited(serve, way, packed):
    """Compressed bytes were counted: 65 MB of them may be 65 GB, and memory ran out.

    A stream was not counted at all until it had a line.
    """
    streams = "stream" in way
    body = b"data: " + BLOATED if streams else b'{"x": "' + BLOATED
    kind = b"text/event-stream" if streams else b"application/json"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\n"
    if packed:
        head, body = head + b"Content-Encoding: gzip\r\n", gzip.compress(body)
    server = serve(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    with pytest.raises(ChainExhaustedError) as caught:
        call(router_of(server, max_answer_chars=1000), way)
    assert isinstance(caught.value.__cause__, AnswerTooLongError)


@STREAMS
def test_the_size_limit_of_lines_does_not_apply_to_a_whole_stream(serve, way):
    lines = [": still there\n\n" * 200_000, delta("fine", "stop"), "data: [DONE]\n\n"]
    assert call(router_of(serve(streamed(*lines)), max_answer_chars=1000), way).text == "fine"


@WAYS
@pytest.mark.parametrize(
    "usage", [[1, 2], "many", 7, True, {**USAGE, "prompt_tokens_details": "x"}]
)
def test_a_usage_that_is_none_does_not_spoil_the_answer(serve, way, usage):
    """`AttributeError: 'list' object has no attribute 'get'`, where a stream was answered."""
    answer = call(router_of(serve(plain({**ANSWER, "usage": usage}))), way)
    assert answer.text == "fine"
    cost = "0.000020" if isinstance(usage, dict) else "0.000010"
    assert answer.response_metadata["smartroute"]["cost"] == cost


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("kind", [str, float])
def test_counts_are_whole_numbers_however_they_are_sent(serve, way, kind):
    """`ChatOpenAI` makes numbers of them; ours were texts, and the cost was a guess."""
    usage = {name: kind(count) for name, count in USAGE.items()}
    usage["prompt_tokens_details"] = {"cached_tokens": kind(4)}
    sent = (
        streamed(delta("fine", "stop", usage=usage), "data: [DONE]\n\n")
        if "stream" in way
        else plain({**ANSWER, "usage": usage})
    )
    answer = call(router_of(serve(sent)), way)
    found = answer.usage_metadata
    assert (found["input_tokens"], found["output_tokens"], found["total_tokens"]) == (10, 5, 15)
    counts = [*found["input_token_details"].values(), *list(found.values())[:3]]
    assert {type(count) for count in counts} == {int}
    assert found["input_token_details"]["cache_read"] == 4
    assert answer.response_metadata["smartroute"]["cost"] == "0.000020"


@WAYS
def test_an_answer_that_cannot_be_read_costs_what_it_says(serve, way):
    """It was free in the ledger and for limits, though its provider has billed it."""
    records = MemoryLedger()
    router = router_of(serve(plain({**ANSWER, "choices": []})), ledger=records)
    with pytest.raises(ChainExhaustedError):
        call(router, way)
    assert {(record.outcome, record.cost_usd) for record in records.records()} == {
        ("failed", Decimal("0.000020"))
    }


def twice_framed(sent):
    """An answer that says both how long it is and that it comes in chunks."""
    head, _, body = sent.partition(b"\r\n\r\n")
    return head + b"\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
def test_an_answer_with_a_length_and_chunks_is_read(serve, way, transport):
    """Some gateways add a length to what they pass on in chunks, which all browsers read.

    With the extra `fast` every asynchronous call failed, as aiohttp refuses such answers. The
    first call of an event loop fails at it and is retried; a request is not sent twice below.
    """
    parts = delta("fine", "stop"), "data: [DONE]\n\n"
    server = serve(twice_framed(streamed(*parts) if "stream" in way else plain()))
    answer = call(router_of(server, transport=transport), way)
    told = answer.response_metadata["smartroute"]
    assert (answer.text, told["model"]) == ("fine", "one")
    tries = 2 if transport == "aiohttp" and way.startswith("a") else 1
    assert (len(told["attempts"]), server.asked) == (tries, tries)


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
def test_only_the_first_call_of_a_loop_finds_out_how_a_server_answers(serve, transport):
    server = serve(twice_framed(plain()))
    router = router_of(server, transport=transport)

    async def asking():
        answers = [await router.ainvoke("Hi"), await router.ainvoke("Hi")]
        return [len(a.response_metadata["smartroute"]["attempts"]) for a in answers]

    assert asyncio.run(asking()) == ([2, 1] if transport == "aiohttp" else [1, 1])
