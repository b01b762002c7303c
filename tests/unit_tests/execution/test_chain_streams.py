"""Streams: held until the first content, then passed on; breaks and walk-aways."""

from __future__ import annotations

import asyncio
import gc

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import RunnableGenerator, RunnableLambda

from langchain_smartroute import StreamInterruptedError

USAGE = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}


class DroppedError(Exception):
    """The connection went away."""


async def test_an_error_before_the_first_content_falls_back(streamed, chain_of, scripted):
    """The empty role delta had come, which is where LangChain's own fallbacks commit."""
    chain = chain_of(scripted(error=DroppedError()), scripted("one", "two"))
    pieces = await streamed.pieces(chain)
    assert [piece.content for piece in pieces if piece.content] == ["one", "two"]


async def test_the_role_delta_of_a_failed_candidate_is_not_shown(streamed, chain_of, scripted):
    chain = chain_of(scripted(error=DroppedError()), scripted("one"))
    pieces = await streamed.pieces(chain)
    assert len({piece.id for piece in pieces}) == 1


async def test_a_break_after_content_is_an_error_with_the_exact_partial(
    streamed, chain_of, scripted
):
    error, other = DroppedError("by peer"), scripted("fine")
    chain = chain_of(scripted("one ", "two ", error=error), other)
    seen = []

    async def read():
        if streamed.mode == "stream":
            seen.extend(chain.stream("hi"))
            return
        async for piece in chain.astream("hi"):
            seen.append(piece)  # noqa: PERF401 - what came before the break counts

    with pytest.raises(StreamInterruptedError) as caught:
        await read()
    interruption = caught.value
    assert interruption.partial.content == "one two "
    assert "".join(piece.content for piece in seen) == interruption.partial.content
    assert interruption.__cause__ is error
    assert [(a.model, a.outcome) for a in interruption.attempts] == [("a", "failed")]
    assert other.asked == []


async def test_a_break_after_a_fallback_lists_both_attempts(streamed, chain_of, scripted):
    chain = chain_of(scripted(error=DroppedError()), scripted("one", error=DroppedError()))
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(chain)
    assert [a.model for a in caught.value.attempts] == ["a", "b"]
    assert caught.value.partial.content == "one"


async def test_a_break_after_a_tool_call_began_is_no_fallback(streamed, chain_of, scripted):
    def call_then_drop(_parts):
        piece = {"name": "look_up", "args": "{", "id": "1", "index": 0}
        yield AIMessageChunk("", tool_call_chunks=[piece])
        raise DroppedError

    async def acall_then_drop(_parts):
        for piece in call_then_drop(None):
            yield piece

    other = scripted("fine")
    chain = chain_of(RunnableGenerator(call_then_drop, acall_then_drop), other)
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(chain)
    assert caught.value.partial.tool_call_chunks[0]["name"] == "look_up"
    assert other.asked == []


async def test_content_is_passed_on_as_it_comes(chain_of):
    said = []

    def talk(_parts):
        for word in ("one", "two", "three"):
            said.append(word)
            yield word

    stream = chain_of(RunnableGenerator(talk)).stream("hi")
    assert next(stream).content == "one"
    assert said == ["one"]
    assert next(stream).content == "two"
    assert said == ["one", "two"]
    stream.close()


async def test_the_account_comes_once_and_last(streamed, chain_of, scripted):
    pieces = await streamed.pieces(chain_of(scripted("one", "two", usage=USAGE)))
    with_account = [n for n, p in enumerate(pieces) if "smartroute" in p.response_metadata]
    assert with_account == [len(pieces) - 1]


async def test_the_pieces_add_up_to_the_answer_with_its_usage(streamed, chain_of, scripted):
    answer = await streamed(chain_of(scripted("one", " two", usage=USAGE)))
    assert answer.content == "one two"
    assert answer.usage_metadata == USAGE


async def test_the_last_piece_says_that_it_is_the_last(streamed, chain_of, scripted):
    pieces = await streamed.pieces(chain_of(scripted("one", "two")))
    assert [p.chunk_position for p in pieces] == [None] * (len(pieces) - 1) + ["last"]


async def test_an_abandoned_stream_is_a_cancelled_attempt(chain_of, scripted, watcher):
    other = scripted("fine")
    stream = chain_of(scripted("one", "two"), other).stream("hi", {"callbacks": [watcher]})
    assert next(stream).content == ""
    assert next(stream).content == "one"
    stream.close()
    assert watcher.outcomes == [("a", "cancelled")]
    assert other.asked == []


async def test_an_abandoned_async_stream_is_a_cancelled_attempt(chain_of, scripted, watcher):
    other = scripted("fine")
    stream = chain_of(scripted("one", "two"), other).astream("hi", {"callbacks": [watcher]})
    assert (await anext(stream)).content == ""
    assert (await anext(stream)).content == "one"
    await stream.aclose()
    assert watcher.outcomes == [("a", "cancelled")]
    assert other.asked == []


async def test_a_stream_that_is_forgotten_is_a_cancelled_attempt_too(chain_of, scripted, watcher):
    stream = chain_of(scripted("one", "two")).stream("hi", {"callbacks": [watcher]})
    next(stream)
    del stream
    gc.collect()
    assert watcher.outcomes == [("a", "cancelled")]


async def test_a_stream_left_after_a_fallback_keeps_the_failed_attempt(chain_of, scripted, watcher):
    chain = chain_of(scripted(error=DroppedError()), scripted("one", "two"))
    stream = chain.stream("hi", {"callbacks": [watcher]})
    next(stream)
    stream.close()
    assert watcher.outcomes == [("a", "failed"), ("b", "cancelled")]


async def test_a_stream_that_nobody_reads_starts_nothing(chain_of, scripted, watcher):
    model = scripted("one")
    stream = chain_of(model).stream("hi", {"callbacks": [watcher]})
    stream.close()
    assert (watcher.started, model.asked) == ([], [])


@pytest.mark.parametrize("way", ["ainvoke", "astream"])
async def test_a_cancelled_call_is_a_cancelled_attempt(chain_of, scripted, watcher, way):
    hanging, other = scripted("one", hangs=True), scripted("fine")
    chain = chain_of(hanging, other)

    async def call():
        config = {"callbacks": [watcher]}
        if way == "ainvoke":
            return await chain.ainvoke("hi", config)
        return [piece async for piece in chain.astream("hi", config)]

    task = asyncio.create_task(call())
    await hanging.hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert watcher.outcomes == [("a", "cancelled")]
    assert other.asked == []


@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_what_means_stop_is_passed_on_and_asks_nobody_else(chain_of, watcher, scripted, way):
    def stop(_):
        raise KeyboardInterrupt

    other = scripted("fine")
    chain = chain_of(RunnableLambda(stop), other)
    with pytest.raises(KeyboardInterrupt):
        list(getattr(chain, way)("hi", {"callbacks": [watcher]}))
    assert watcher.outcomes == [("a", "cancelled")]
    assert other.asked == []


async def test_whole_and_streamed_answers_are_the_same(call, chain_of, scripted):
    chain = chain_of(scripted(error=DroppedError()), scripted("one", " two", usage=USAGE))
    answer = await call(chain)
    whole: AIMessage = chain.invoke("hi")
    assert (answer.content, answer.usage_metadata) == (whole.content, whole.usage_metadata)
    ours, theirs = (m.response_metadata["smartroute"] for m in (answer, whole))
    for account in (ours, theirs):
        for attempt in account["attempts"]:
            del attempt["latency_s"]
    assert ours == theirs


class Unready(RunnableLambda):
    """Fails before there is a stream, as a model does that cannot bind tools."""

    def stream(self, *args, **kwargs):
        raise NotImplementedError

    def astream(self, *args, **kwargs):
        raise NotImplementedError


async def test_a_candidate_that_fails_before_it_streams_is_left_for_the_next(
    streamed, chain_of, scripted
):
    """The blocking stream raised it past the chain; the asynchronous one fell back."""
    answer = await streamed(chain_of(Unready(lambda _: None), scripted("fine")))
    assert answer.content == "fine"
    assert answer.response_metadata["smartroute"]["attempts"][0]["outcome"] == "failed"
