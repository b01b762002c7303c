"""Checks and streams: what can still be rejected, what can only be recorded, when it is shown."""

from __future__ import annotations

import asyncio
import threading
import warnings
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from langchain_smartroute import (
    ChainExhaustedError,
    ConfigurationError,
    SmartRouterRunnable,
    StreamInterruptedError,
)

WAIT_S = 1


class DroppedError(Exception):
    """The connection went away."""


class Played(BaseChatModel):
    """Streams what it is given: chunks and exceptions; says when it has sent each.

    With `paced` it waits after each chunk until the test lets it go on.
    """

    parts: tuple[Any, ...] = ()
    paced: bool = False

    _may_go_on: threading.Semaphore = PrivateAttr(default_factory=lambda: threading.Semaphore(0))
    _sent: list[Any] = PrivateAttr(default_factory=list)
    _ended: threading.Event = PrivateAttr(default_factory=threading.Event)
    _calls: list[dict[str, Any]] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self):
        return "played"

    def _next(self, part):
        if isinstance(part, Exception):
            raise part
        self._sent.append(part)
        message = AIMessageChunk(part) if isinstance(part, str) else part
        return ChatGenerationChunk(message=message.model_copy(deep=True))

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        self._calls.append({"tags": run_manager.tags if run_manager else None})
        for part in ("", *self.parts):
            yield self._next(part)
            if self.paced and not self._may_go_on.acquire(timeout=WAIT_S):
                raise AssertionError("the test never asked for more")
        self._ended.set()

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        self._calls.append({"tags": run_manager.tags if run_manager else None})
        for part in ("", *self.parts):
            yield self._next(part)
            while self.paced and not self._may_go_on.acquire(blocking=False):  # noqa: ASYNC110 - the test may be in another thread
                await asyncio.sleep(0.001)
        self._ended.set()

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self._calls.append({"tags": run_manager.tags if run_manager else None})
        chunks = [self._next(part).message for part in ("", *self.parts)]
        whole = add_ai_message_chunks(*chunks)
        fields = whole.model_dump(exclude={"type", "tool_call_chunks", "chunk_position"})
        return ChatResult(generations=[ChatGeneration(message=AIMessage(**fields))])


def finished(reason):
    return AIMessageChunk("", response_metadata={"finish_reason": reason})


def thinking(text):
    return AIMessageChunk("", additional_kwargs={"reasoning_content": text})


def refusing(text):
    return AIMessageChunk("", additional_kwargs={"refusal": text})


def calling(name, arguments):
    piece = {"name": name, "args": arguments, "id": "1", "index": 0}
    return AIMessageChunk("", tool_call_chunks=[piece])


DECLINES = ("I'm sorry, but ", "I can't help with that.")


def router_of(*models, policy, priors=None, **settings):
    """A router over models that get stronger from one to the next."""
    aliases = "abcd"[: len(models)]
    priors = priors or [0.5 + at / 10 for at in range(len(models))]
    specs = {
        alias: {"quality": {"general": prior}} for alias, prior in zip(aliases, priors, strict=True)
    }
    order = sorted(aliases, key=lambda alias: -specs[alias]["quality"]["general"])
    tiers = {"budget": "a", "balanced": "b" if "b" in specs else "a", "quality": order[0]}
    return SmartRouterRunnable(
        catalog={"models": specs, "routes": {"general": tiers}},
        models=dict(zip(aliases, models, strict=True)),
        stream_policy=policy,
        tier="budget",
        **settings,
    )


def told(answer):
    return answer.response_metadata["smartroute"]


def outcomes(answer):
    return [(attempt["model"], attempt["outcome"]) for attempt in told(answer)["attempts"]]


def texts(pieces):
    return [piece.text for piece in pieces if piece.text]


async def whole(pieces):
    return add_ai_message_chunks(*pieces) if len(pieces) > 1 else pieces[0]


# ---- first_token: what is known before release rejects ----------------------------------

BEFORE_RELEASE = {
    "empty stream": ((), "empty"),
    "nothing but an end": ((finished("stop"),), "empty"),
    "filtered without content": ((finished("content_filter"),), "content_filter"),
    "refusal without content": ((refusing("I can't."), finished("stop")), "refusal"),
}


@pytest.mark.parametrize("name", BEFORE_RELEASE)
async def test_what_is_known_before_release_is_never_shown(streamed, name):
    parts, reason = BEFORE_RELEASE[name]
    router = router_of(Played(parts=parts), Played(parts=("fine ", "answer")), policy="first_token")
    pieces = await streamed.pieces(router, "Hi")
    answer = await whole(pieces)
    assert answer.text == "fine answer"
    assert "refusal" not in answer.additional_kwargs
    assert "finish_reason" not in answer.response_metadata
    assert len({piece.id for piece in pieces}) == 1
    (first, said), second = outcomes(answer)
    assert (first, second) == ("a", ("b", "accepted"))
    assert said in ({"rejected", "failed"} if reason == "empty" else {"rejected"})
    assert reason in told(answer)["attempts"][0]["reason"]
    assert told(answer)["unmet_checks"] == []


@pytest.mark.parametrize("name", BEFORE_RELEASE)
async def test_what_nobody_betters_is_returned_and_marked(streamed, name):
    parts, reason = BEFORE_RELEASE[name]
    router = router_of(Played(parts=parts), Played(parts=(DroppedError(),)), policy="first_token")
    answer = await streamed(router, "Hi")
    assert answer.text == ""
    assert told(answer)["model"] == "a"
    (first, said), second = outcomes(answer)
    assert (first, second) == ("a", ("b", "failed"))
    assert said in ({"accepted", "failed"} if reason == "empty" else {"accepted"})
    assert any(reason in unmet for unmet in told(answer)["unmet_checks"])


# ---- first_token: the rest is recorded at the end ---------------------------------------

AFTER_RELEASE = {
    "refusal in words": (DECLINES, "refusal"),
    "filtered with content": (("Once upon ", finished("content_filter")), "content_filter"),
    "cut off": (("Once upon ", finished("length")), "length"),
    "white space": ((" ", "\n"), "empty"),
    "thoughts alone": ((thinking("let me "), thinking("see")), "empty"),
}


@pytest.mark.parametrize("name", AFTER_RELEASE)
async def test_what_has_been_shown_is_accepted_and_recorded_on_the_last_chunk(streamed, name):
    parts, reason = AFTER_RELEASE[name]
    other = Played(parts=("fine",))
    router = router_of(Played(parts=parts), other, policy="first_token")
    pieces = await streamed.pieces(router, "Hi")
    assert [n for n, p in enumerate(pieces) if "smartroute" in p.response_metadata] == [
        len(pieces) - 1
    ]
    assert pieces[-1].chunk_position == "last"
    assert outcomes(pieces[-1]) == [("a", "accepted")]
    assert any(reason in unmet for unmet in told(pieces[-1])["unmet_checks"])
    assert "".join(texts(pieces)) == "".join(part for part in parts if isinstance(part, str))
    assert other._calls == []


@pytest.mark.parametrize("name", AFTER_RELEASE)
async def test_the_same_is_rejected_where_it_was_held_back(streamed, name):
    parts, _ = AFTER_RELEASE[name]
    router = router_of(Played(parts=parts), Played(parts=("fine ", "one")), policy="buffer")
    pieces = await streamed.pieces(router, "Hi")
    assert texts(pieces) == ["fine ", "one"]
    assert not any(piece.additional_kwargs for piece in pieces)
    assert outcomes(pieces[-1])[1] == ("b", "accepted")


async def test_own_checks_are_recorded_too(streamed):
    def never(messages, answer):
        return "no"

    async def never_async(messages, answer):
        return "nor this"

    with pytest.warns(UserWarning, match="first_token"):
        router = router_of(
            Played(parts=("one ", "two")),
            Played(parts=("fine",)),
            policy="first_token",
            checks=[never, never_async],
        )
    answer = await streamed(router, "Hi")
    assert answer.text == "one two"
    assert told(answer)["unmet_checks"] == ["never: no", "never_async: nor this"]


# ---- release: the first delta, thoughts and tool calls included -------------------------


class Reader:
    """Reads one stream piece by piece, whichever way it is made."""

    def __init__(self, mode, router):
        self._sync = router.stream("Hi") if mode == "stream" else None
        self._async = router.astream("Hi") if mode == "astream" else None

    async def next(self):
        if self._sync is not None:
            return await asyncio.wait_for(asyncio.to_thread(next, self._sync, None), WAIT_S)
        return await asyncio.wait_for(anext(self._async, None), WAIT_S)

    async def until(self, holds):
        while (piece := await self.next()) is not None:
            if holds(piece):
                return piece
        raise AssertionError("the stream ended")

    async def rest(self):
        pieces = []
        while (piece := await self.next()) is not None:
            pieces.append(piece)
        return pieces


RELEASES = {
    "text": ("one", lambda piece: piece.text == "one"),
    "thoughts": (
        thinking("let me see"),
        lambda piece: piece.additional_kwargs.get("reasoning_content") == "let me see",
    ),
    "tool call": (calling("look_up", "{"), lambda piece: bool(piece.tool_call_chunks)),
}


@pytest.mark.parametrize("name", RELEASES)
async def test_the_first_delta_is_passed_on_before_the_source_has_ended(streamed, name):
    """The source waits after each chunk until the test has seen it come out."""
    part, holds = RELEASES[name]
    source = Played(parts=(part, "two", finished("stop")), paced=True)
    reader = Reader(streamed.mode, router_of(source, Played(), policy="first_token"))
    source._may_go_on.release()
    await reader.until(holds)
    assert not source._ended.is_set()
    assert len(source._sent) <= 2
    source._may_go_on.release()
    await reader.until(lambda piece: piece.text == "two")
    assert not source._ended.is_set()
    source._may_go_on.release(10)
    rest = await reader.rest()
    assert outcomes(rest[-1]) == [("a", "accepted")]


async def test_where_nobody_could_take_over_buffer_streams_through(streamed):
    """With a candidate left it is held, even the strongest: it may still break off."""
    source = Played(parts=("one ", "two ", finished("stop")), paced=True)
    router = router_of(source, policy="buffer", priors=[0.5])
    reader = Reader(streamed.mode, router)
    source._may_go_on.release()
    await reader.until(lambda piece: piece.text == "one ")
    assert not source._ended.is_set()
    source._may_go_on.release(10)
    assert outcomes((await reader.rest())[-1]) == [("a", "accepted")]


async def test_buffer_passes_on_nothing_before_the_end_where_somebody_could_do_better(streamed):
    seen_by_check = []

    def looks(messages, answer):
        seen_by_check.append((answer.text, len(passed_on)))

    passed_on = []
    source = Played(parts=("one ", "two ", "three"))
    router = router_of(source, Played(parts=("no",)), policy="buffer", checks=[looks])
    reader = Reader(streamed.mode, router)
    while (piece := await reader.next()) is not None:
        assert source._ended.is_set()
        passed_on.append(piece)
    assert seen_by_check == [("one two three", 0)]
    assert texts(passed_on) == ["one ", "two ", "three"]


async def test_after_an_escalation_the_strongest_streams_through(streamed):
    """The last candidate is not held back, as no better one is left."""
    source = Played(parts=("one ", "two ", finished("stop")), paced=True)
    router = router_of(Played(parts=DECLINES), source, policy="buffer")
    reader = Reader(streamed.mode, router)
    source._may_go_on.release()
    first = asyncio.create_task(reader.until(lambda piece: piece.text == "one "))
    done, _ = await asyncio.wait([first], timeout=0.3)
    held_back = not done
    source._may_go_on.release(10)
    await first
    assert not held_back


async def test_after_a_failure_the_last_one_streams_through(streamed):
    source = Played(parts=("one ", "two ", finished("stop")), paced=True)
    router = router_of(Played(parts=(DroppedError(),)), source, policy="buffer")
    reader = Reader(streamed.mode, router)
    source._may_go_on.release()
    await reader.until(lambda piece: piece.text == "one ")
    assert not source._ended.is_set()
    source._may_go_on.release(10)
    assert outcomes((await reader.rest())[-1]) == [("a", "failed"), ("b", "accepted")]


# ---- breaks -----------------------------------------------------------------------------

BREAKS = {
    "at once": (DroppedError(),),
    "after the first word": ("one ", DroppedError()),
    "after thoughts": (thinking("let me see"), DroppedError()),
    "after a tool call": (calling("look_up", "{"), DroppedError()),
}


@pytest.mark.parametrize("policy", ["first_token", "buffer"])
async def test_what_breaks_after_the_finish_reason_harms_no_answer(streamed, policy):
    """The model had said that it was done; only the connection's own end was missing."""
    parts = ("one ", "two", finished("stop"), DroppedError())
    router = router_of(Played(parts=parts), Played(parts=("fine",)), policy=policy)
    pieces = await streamed.pieces(router, "Hi")
    answer = await whole(pieces)
    assert answer.text == "one two"
    attempts = answer.response_metadata["smartroute"]["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["accepted"]


async def test_a_finish_reason_with_every_chunk_is_not_believed(streamed):
    """Some servers send one from the first chunk on: then a break is a break."""
    parts = (finished("stop"), "one ", finished("stop"), "two", DroppedError())
    router = router_of(Played(parts=parts), Played(parts=("fine",)), policy="buffer")
    answer = await whole(await streamed.pieces(router, "Hi"))
    assert answer.text == "fine"


@pytest.mark.parametrize("name", BREAKS)
async def test_a_break_of_what_is_held_back_falls_back(streamed, name):
    router = router_of(
        Played(parts=BREAKS[name]), Played(parts=("fine ", "answer")), policy="buffer"
    )
    pieces = await streamed.pieces(router, "Hi")
    answer = await whole(pieces)
    assert texts(pieces) == ["fine ", "answer"]
    assert (answer.tool_calls, answer.additional_kwargs) == ([], {})
    assert outcomes(answer) == [("a", "failed"), ("b", "accepted")]


@pytest.mark.parametrize("name", [name for name in BREAKS if name != "at once"])
async def test_a_break_of_what_has_been_shown_is_an_error_with_the_partial(streamed, name):
    other = Played(parts=("fine",))
    router = router_of(Played(parts=BREAKS[name]), other, policy="first_token")
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(router, "Hi")
    shown = [part for part in BREAKS[name] if isinstance(part, str)]
    assert caught.value.partial.text == "".join(shown)
    assert [(a.model, a.outcome) for a in caught.value.attempts] == [("a", "failed")]
    assert isinstance(caught.value.__cause__, DroppedError)
    assert other._calls == []


async def test_a_break_before_release_falls_back_under_first_token_too(streamed):
    router = router_of(
        Played(parts=(DroppedError(),)), Played(parts=("fine",)), policy="first_token"
    )
    assert outcomes(await streamed(router, "Hi")) == [("a", "failed"), ("b", "accepted")]


async def test_a_break_of_the_streamed_last_one_is_an_error_under_buffer_too(streamed):
    parts = ("one ", DroppedError())
    router = router_of(Played(parts=(DroppedError(),)), Played(parts=parts), policy="buffer")
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(router, "Hi")
    assert [a.model for a in caught.value.attempts] == ["a", "b"]


@pytest.mark.parametrize("parts", [(DroppedError(),), ()], ids=["breaks", "says nothing"])
async def test_a_weak_answer_outlives_a_stronger_one_that_fails_before_release(streamed, parts):
    router = router_of(Played(parts=DECLINES), Played(parts=parts), policy="buffer")
    pieces = await streamed.pieces(router, "Hi")
    assert texts(pieces) == list(DECLINES)
    assert outcomes(pieces[-1]) == [("a", "accepted"), ("b", "failed")]
    assert told(pieces[-1])["unmet_checks"] == ["refusal"]


async def test_where_all_fail_the_error_names_all(streamed):
    broken = [Played(parts=(DroppedError(),)) for _ in range(3)]
    with pytest.raises(ChainExhaustedError) as caught:
        await streamed(router_of(*broken, policy="buffer"), "Hi")
    assert [a.model for a in caught.value.attempts] == ["a", "b", "c"]


async def test_a_buffered_stream_that_is_abandoned_is_cancelled(watcher):
    router = router_of(Played(parts=("one ", "two")), Played(parts=("no",)), policy="buffer")
    stream = router.stream("Hi", {"callbacks": [watcher]})
    next(stream)
    stream.close()
    assert watcher.outcomes[0][0] == "a"
    assert len(watcher.outcomes) == 1


# ---- who is tagged ----------------------------------------------------------------------


class Tags:
    def __init__(self, watcher):
        self._watcher = watcher

    def __call__(self):
        return ["nostream" in (run.get("tags") or []) for run in self._watcher.models]


@pytest.fixture
def nostream(watcher):
    return Tags(watcher)


async def test_only_what_may_be_rejected_is_tagged(call, watcher, nostream):
    weak, fine = Played(parts=DECLINES), Played(parts=("fine",))
    await call(router_of(weak, fine, policy="buffer"), "Hi", {"callbacks": [watcher]})
    assert nostream() == [True, False]


async def test_the_last_is_never_tagged(call, watcher, nostream):
    router = router_of(Played(parts=("fine",)), policy="buffer", priors=[0.5])
    await call(router, "Hi", {"callbacks": [watcher]})
    assert nostream() == [False]


async def test_a_first_token_attempt_is_never_tagged(call, watcher, nostream):
    models = Played(parts=()), Played(parts=(DroppedError(),)), Played(parts=("fine",))
    await call(router_of(*models, policy="first_token"), "Hi", {"callbacks": [watcher]})
    assert nostream() == [False, False, False]


async def test_the_tag_leaves_the_callers_own_ones(call, watcher):
    models = Played(parts=("fine",)), Played(parts=("no",))
    config = {"callbacks": [watcher], "tags": ["mine"]}
    await call(router_of(*models, policy="buffer"), "Hi", config)
    assert {"mine", "nostream"} <= set(watcher.models[0]["tags"])
    assert config["tags"] == ["mine"]


# ---- the warning at construction --------------------------------------------------------


def never(messages, answer):
    return "no"


def test_own_checks_under_first_token_warn_once_and_name_the_mend():
    with pytest.warns(UserWarning, match="buffer") as caught:
        router = router_of(Played(), policy="first_token", checks=[never, never])
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        router.invoke("Hi")
        list(router.stream("Hi"))
        router.with_route(tier="quality").explain("Hi")
        router.bind(stop=["."]).invoke("Hi")


@pytest.mark.parametrize(
    "settings",
    [
        {"policy": "buffer", "checks": [never]},
        {"policy": "first_token", "checks": []},
        {"policy": "first_token"},
        {"policy": "buffer"},
    ],
    ids=["buffer", "no checks", "built-in ones", "built-in ones, buffer"],
)
def test_nothing_else_warns(settings):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        router_of(Played(), **settings)


def test_an_unknown_policy_is_refused_at_construction():
    with pytest.raises(ConfigurationError, match="stream_policy"):
        router_of(Played(), policy="eager")


def test_first_token_is_the_default():
    assert SmartRouterRunnable.from_models({"a": Played()}).stream_policy == "first_token"
