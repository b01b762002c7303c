"""Messages with other roles than the assistant's, and answers of several choices, unasked."""

from __future__ import annotations

import asyncio
import json

import pytest
from pydantic import BaseModel
from scripted import ANSWER, SAID, USAGE, brought_router_of, call, plain, router_of, streamed
from ways import astreamed
from ways import streamed as read_streamed

from langchain_smartroute import MemoryLedger

DONE = "data: [DONE]\n\n"
EVERY_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
STREAMS = pytest.mark.parametrize("way", ["stream", "astream"])


def part(delta, end=None, *, index=0, usage=None):
    choice = {"index": index, "delta": delta, "finish_reason": end}
    chunk = {**ANSWER, "object": "chat.completion.chunk", "choices": [choice], "usage": usage}
    return f"data: {json.dumps(chunk)}\n\n"


@EVERY_WAY
@pytest.mark.parametrize("role", [None, "", "user", "tool", "system", "model", "function", 7, {}])
def test_whatever_a_server_calls_its_role_it_has_answered(serve, way, role):
    """The answer was billed and thrown away, and of a user's role even the cost was zero."""
    said = {**SAID, "role": role}
    whole = {**ANSWER, "choices": [{"index": 0, "finish_reason": "stop", "message": said}]}
    parts = part({"role": role, "content": "fi"}), part({"content": "ne"}, "stop", usage=USAGE)
    server = serve(streamed(*parts, DONE) if "stream" in way else plain(whole))
    for router in (router_of(server, ledger=MemoryLedger()), brought_router_of(server)):
        answer = call(router, way)
        assert answer.type.removesuffix("MessageChunk") in ("ai", "AI")
        assert answer.text == "fine"
        assert answer.response_metadata["smartroute"]["cost"] == "0.000020"
        assert [str(record.cost_usd) for record in router.ledger.records()] == ["0.000020"]


@EVERY_WAY
def test_a_refusal_is_one_for_models_of_ones_own_too(serve, way):
    """Their class drops it from a stream: it was an empty answer, and the next was asked."""
    said = {"role": "assistant", "content": None, "refusal": "I will not"}
    whole = {**ANSWER, "choices": [{"index": 0, "finish_reason": "stop", "message": said}]}
    first = {"role": "assistant", "content": None, "refusal": "I will "}
    parts = part(first), part({"refusal": "not"}, "stop", usage=USAGE)
    server = serve(streamed(*parts, DONE) if "stream" in way else plain(whole))
    for router in (router_of(server), brought_router_of(server)):
        answer = call(router, way)
        assert answer.additional_kwargs["refusal"] == "I will not"
        assert answer.response_metadata["smartroute"]["unmet_checks"] == ["refusal", "empty"]
    assert server.asked == 2


class Found(BaseModel):
    """What is looked for."""

    a: int


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("made", [router_of, brought_router_of])
@pytest.mark.parametrize("way", [read_streamed, astreamed], ids=["stream", "astream"])
@pytest.mark.parametrize("method", ["json_schema", "json_mode"])
@pytest.mark.parametrize("role", ["assistant", "user", None, ...], ids=str)
def test_a_streamed_object_has_any_role(serve, made, way, method, role):
    """The client joins the roles of all chunks: usage was lost, or without any the answer."""
    named = {} if role is ... else {"role": role}
    first, last = ({**named, "content": text} for text in ('{"a"', ": 1}"))
    router = made(serve(streamed(part(first), part(last, "stop", usage=USAGE), DONE)))
    form = router.with_structured_output(Found, method=method, include_raw=True)
    found = asyncio.run(way(form, "In JSON, please", None))
    assert found["parsed"] == Found(a=1)
    assert found["raw"].response_metadata["smartroute"]["cost"] == "0.000020"


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("made", [router_of, brought_router_of])
@pytest.mark.parametrize("way", [read_streamed, astreamed], ids=["stream", "astream"])
@pytest.mark.parametrize("method", ["json_schema", "json_mode"])
@pytest.mark.parametrize("name", ["chat.completion", "text", "", None, ...], ids=str)
def test_a_streamed_object_comes_in_chunks_of_any_name(serve, made, way, method, name):
    """No chunk of them was read for an object, and no other model could do better."""
    bare = {key: value for key, value in ANSWER.items() if key not in ("object", "usage")}
    bare |= {} if name is ... else {"object": name}
    azures = {**bare, "id": "", "model": "", "choices": [], "prompt_filter_results": []}
    texts = [("{", None), ('"a": 1}', "stop")]
    chunks = [
        {**bare, "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": end}]}
        for text, end in texts
    ]
    events = [azures, *chunks, {**bare, "choices": [], "usage": USAGE}]
    router = made(serve(streamed(*(f"data: {json.dumps(e)}\n\n" for e in events), DONE)))
    form = router.with_structured_output(Found, method=method, include_raw=True)
    found = asyncio.run(way(form, "In JSON, please", None))
    told = found["raw"].response_metadata
    assert (found["parsed"], told["model_name"]) == (Found(a=1), "theirs")
    assert told["smartroute"]["cost"] == "0.000020"


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_a_message_without_a_role_is_an_answer(serve, way):
    choice = {"index": 0, "finish_reason": "stop", "message": {"content": "fine"}}
    server = serve(plain({**ANSWER, "choices": [choice]}))
    assert call(router_of(server), way).text == "fine"
    assert call(brought_router_of(server), way).text == "fine"


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_arguments_may_be_written_as_json_twice(serve, way):
    """As a text within a text; no model's answer was read, and each was billed."""
    arguments = json.dumps(json.dumps({"a": "\N{LATIN SMALL LETTER U WITH DIAERESIS}"}))
    called = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    said = {"role": "assistant", "content": None, "tool_calls": [called]}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": said}
    server = serve(plain({**ANSWER, "choices": [choice]}))
    for router in (router_of(server), brought_router_of(server)):
        assert [found["args"] for found in call(router, way).tool_calls] == [
            {"a": "\N{LATIN SMALL LETTER U WITH DIAERESIS}"}
        ]


@STREAMS
def test_a_part_that_is_a_text_of_json_stays_a_text(serve, way):
    """In a chunk with a foreign role a template in an argument became an object."""

    def called(arguments, **more):
        function = {"arguments": arguments, **more}
        return {"role": "user", "tool_calls": [{"index": 0, "function": function}]}

    first = called('{"a": ', name="f")
    first["tool_calls"][0]["id"] = "c"
    parts = part(first), part(called('"{}"')), part(called("}"), "tool_calls", usage=USAGE)
    server = serve(streamed(*parts, DONE))
    for router in (router_of(server), brought_router_of(server)):
        assert [found["args"] for found in call(router, way).tool_calls] == [{"a": "{}"}]


@STREAMS
@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0), (2, 1), (None, 1)])
@pytest.mark.parametrize("indent", [None, (",", ":")], ids=["blanks", "none"])
def test_two_choices_are_not_mixed(serve, way, first, second, indent):
    """A server that sends more than was asked for made one text of them."""
    parts = [
        part({"role": "assistant", "content": "fi"}, index=first),
        part({"role": "assistant", "content": "other"}, index=second),
        part({"content": "ne"}, "stop", index=first),
        part({"content": " text"}, "length", index=second, usage=USAGE),
        DONE,
    ]
    if indent:
        parts = [text.replace(", ", ",").replace(": ", ":") for text in parts]
    answer = call(router_of(serve(streamed(*parts))), way)
    assert (answer.text, answer.response_metadata["finish_reason"]) == ("fine", "stop")
    assert answer.response_metadata["smartroute"]["cost"] == "0.000020"


@STREAMS
def test_a_stream_may_call_its_only_choice_one(serve, way):
    first = f"data: {json.dumps({**ANSWER, 'choices': [], 'usage': None})}\n\n"
    parts = first, part({"content": "fi"}, index=1), part({"content": "ne"}, "stop", index=1), DONE
    assert call(router_of(serve(streamed(*parts))), way).text == "fine"
