"""How a stream ends: with a finish reason, truncated, or silent."""

from __future__ import annotations

import asyncio
import time

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import RunnableGenerator, RunnableLambda

from langchain_smartroute.errors import (
    AnswerTooLongError,
    AttemptTimeoutError,
    StreamInterruptedError,
)
from langchain_smartroute.execution import Conduct, TimeLimits, bounds
from langchain_smartroute.execution.answers import chars_of
from langchain_smartroute.sandbox import Fault

LONG = 20
TEXT = AIMessageChunk("one ")
MORE = AIMessageChunk("two")
STOP = AIMessageChunk("", response_metadata={"finish_reason": "stop"})
TELLS = {"tells_end": True}
FINE = RunnableLambda(lambda _: AIMessage("fine", response_metadata={"finish_reason": "stop"}))


def says(*script):
    """Yields its chunks; a number is a wait, an exception is raised."""

    def talk(_parts):
        for word in script:
            if isinstance(word, Exception):
                raise word
            if isinstance(word, float):
                time.sleep(word)
            else:
                yield word

    async def atalk(_parts):
        for word in script:
            if isinstance(word, Exception):
                raise word
            if isinstance(word, float):
                await asyncio.sleep(word)
            else:
                yield word

    return RunnableGenerator(talk, atalk)


@pytest.fixture
def short_closing(monkeypatch):
    monkeypatch.setattr(bounds, "_CLOSING_S", 0.05)


@pytest.fixture
def writing(scripted):
    """Make a model that writes for half a second, and then stops for a while before its end."""

    class Writing(type(scripted())):
        stops_for_s: float

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            for chunk in super()._stream(messages):
                time.sleep(0.05)
                yield chunk
            time.sleep(self.stops_for_s)

        async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
            for chunk in super()._stream(messages):
                await asyncio.sleep(0.05)
                yield chunk
            await asyncio.sleep(self.stops_for_s)

    return lambda stops_for_s: Writing(texts=("word",) * 10, stops_for_s=stops_for_s)


@pytest.mark.parametrize("stops_for_s", [0.0, 0.6])
async def test_what_is_parsed_at_its_end_is_not_silent_while_it_is_written(
    stops_for_s, streamed, chain_of, writing
):
    """A structured answer of twelve seconds failed at every model: "no content arrived"."""
    count = RunnableLambda(lambda message: {"words": message.text.count("word")})
    limits = TimeLimits(first_token_timeout_s=0.3, idle_timeout_s=0.3)
    chain = chain_of(writing(stops_for_s) | count, structured=True, each={"limits": limits})
    if not stops_for_s:
        assert await streamed(chain) == {"words": 10}
        return
    with pytest.raises(AttemptTimeoutError, match="idle_timeout_s"):
        await streamed(chain)


# ---- cut --------------------------------------------------------------------------------


async def test_a_stream_that_ends_without_naming_its_end_was_cut(streamed, chain_of):
    """openai's client ends such a stream without an error."""
    chain = chain_of(says(TEXT, MORE), FINE, each=TELLS)
    with pytest.raises(StreamInterruptedError, match="without a finish reason") as caught:
        await streamed(chain)
    assert caught.value.partial.content == "one two"
    assert [(a.model, a.outcome) for a in caught.value.attempts] == [("a", "failed")]


async def test_the_finish_reason_error_means_failure(call, chain_of):
    """OpenRouter sends it when the provider failed; half an answer counted as complete."""
    broke = AIMessageChunk("one two", response_metadata={"finish_reason": "error"})
    chain = chain_of(says(broke), FINE, each=TELLS, stream_policy="buffer")
    assert (await call(chain)).text == "fine"
    expected = (ConnectionError, StreamInterruptedError)
    with pytest.raises(expected, match="with the finish reason error"):
        await call(chain_of(says(broke), each=TELLS, stream_policy="buffer"))


async def test_a_cut_stream_that_is_held_back_gives_way(streamed, chain_of):
    chain = chain_of(says(TEXT, MORE), FINE, each=TELLS, stream_policy="buffer")
    answer = await streamed(chain)
    assert answer.content == "fine"
    first, _ = answer.response_metadata["smartroute"]["attempts"]
    assert first["outcome"] == "failed"


async def test_a_model_without_finish_reasons_does_not_count_as_truncated(streamed, chain_of):
    answer = await streamed(chain_of(says(TEXT, MORE), FINE))
    assert answer.content == "one two"


async def test_a_cut_stream_of_a_real_client_is_found(streamed, chain_of, chat_openai):
    cut = chat_openai("broken", fault=Fault(kind="cut", after_tokens=3))
    chain = chain_of(cut, chat_openai("talker"), each=TELLS, stream_policy="buffer")
    answer = await streamed(chain)
    attempts = answer.response_metadata["smartroute"]["attempts"]
    assert [(a["model"], a["outcome"]) for a in attempts] == [("a", "failed"), ("b", "accepted")]


# ---- only the end is lacking ------------------------------------------------------------


@pytest.mark.parametrize("policy", ["first_token", "buffer"])
async def test_a_whole_answer_does_not_wait_long_for_its_connection_to_close(
    streamed, chain_of, short_closing, policy
):
    began = time.monotonic()
    chain = chain_of(says(TEXT, MORE, STOP, 0.5), FINE, each=TELLS, stream_policy=policy)
    answer = await streamed(chain)
    assert answer.content == "one two"
    assert answer.response_metadata["smartroute"]["model"] == "a"
    assert time.monotonic() - began < LONG / 2


async def test_usage_may_follow_the_end(streamed, chain_of):
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    last = AIMessageChunk("", usage_metadata=usage)
    answer = await streamed(chain_of(says(TEXT, MORE, STOP, last), each=TELLS))
    assert answer.usage_metadata == usage


async def test_silence_before_the_finish_reason_is_a_timeout(streamed, chain_of):
    each = {**TELLS, "limits": TimeLimits(idle_timeout_s=0.05)}
    chain = chain_of(says(TEXT, 0.5, MORE, STOP), FINE, each=each, stream_policy="buffer")
    answer = await streamed(chain)
    assert answer.content == "fine"
    first, _ = answer.response_metadata["smartroute"]["attempts"]
    assert first["reason"] == "AttemptTimeoutError, idle_timeout_s"


# ---- broken off -------------------------------------------------------------------------


async def test_what_was_shown_is_in_the_error_and_nothing_else(streamed, chain_of):
    chain = chain_of(says(TEXT, MORE, ConnectionResetError("reset")), FINE, each=TELLS)
    shown = []

    async def read():
        if streamed.mode == "stream":
            for piece in chain.stream("hi"):
                shown.append(piece)  # noqa: PERF402 - what was shown until it broke
            return
        async for piece in chain.astream("hi"):
            shown.append(piece)  # noqa: PERF401 - as above

    with pytest.raises(StreamInterruptedError) as caught:
        await read()
    assert "".join(piece.content for piece in shown) == "one two"
    assert caught.value.partial.content == "one two"
    assert isinstance(caught.value.__cause__, ConnectionResetError)


async def test_a_break_before_any_content_is_harmless(streamed, chain_of):
    chain = chain_of(says(AIMessageChunk(""), ValueError("malformed")), FINE, each=TELLS)
    assert (await streamed(chain)).content == "fine"


async def test_too_long_a_stream_that_was_shown_ends_in_an_error(streamed, chain_of):
    chain = chain_of(says(TEXT, MORE, STOP), FINE, conduct=Conduct(max_answer_chars=6))
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(chain)
    assert isinstance(caught.value.__cause__, AnswerTooLongError)
    assert caught.value.partial.content == "one "


# ---- how long an answer is --------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (AIMessage("four"), 4),
        (AIMessage(""), 0),
        (AIMessage([{"type": "text", "text": "four"}, "more"]), 2 * 4 + len("text")),
        (AIMessage("x", additional_kwargs={"reasoning_content": "thought", "n": 3}), 8),
        (
            AIMessageChunk(
                "",
                tool_call_chunks=[
                    {"name": "f", "args": '{"a', "id": "1", "index": 0},
                    {"name": None, "args": None, "id": None, "index": 0},
                ],
            ),
            3,
        ),
        (
            AIMessage("", tool_calls=[{"name": "f", "args": {"a": "bc"}, "id": "1"}]),
            len(str({"a": "bc"})),
        ),
        ({"raw": AIMessage("four"), "parsed": None}, 4),
        ({"parsed": 1}, 0),
        (5, 0),
    ],
    ids=repr,
)
def test_all_that_a_model_says_counts(answer, count):
    assert chars_of(answer) == count
