"""The order of candidates is the same in all four ways of calling."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelRateLimitError,
)
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableGenerator, RunnableLambda

from langchain_smartroute import ChainExhaustedError
from langchain_smartroute.errors import ChainOverflowError, ChainRateLimitError
from langchain_smartroute.sandbox import Fault


class HttpError(Exception):
    """What providers raise: a status and perhaps a code."""

    def __init__(self, status, code=None, message="the provider says no"):
        super().__init__(message)
        self.status_code = status
        self.code = code


class TooLongError(HttpError, ContextOverflowError):
    """Overflow as LangChain's packages report it."""

    def __init__(self):
        super().__init__(400, "context_length_exceeded")


class TooOftenError(HttpError, ModelRateLimitError):
    """A rate limit as LangChain's packages report it."""

    def __init__(self):
        super().__init__(429)


def account(answer):
    return answer.response_metadata["smartroute"]


def outcomes(answer):
    return [(attempt["model"], attempt["outcome"]) for attempt in account(answer)["attempts"]]


# ---- who answers ------------------------------------------------------------------------


async def test_the_first_that_answers_is_the_only_one_asked(call, chain_of, scripted):
    one, other = scripted("fine", " thanks"), scripted("no")
    answer = await call(chain_of(one, other))
    assert answer.content == "fine thanks"
    assert outcomes(answer) == [("a", "accepted")]
    assert (len(one.asked), len(other.asked)) == (1, 0)


@pytest.mark.parametrize(
    "error",
    [
        HttpError(404),
        HttpError(408),
        HttpError(429),
        HttpError(504),
        TimeoutError("slow"),
        ConnectionError("refused"),
        ValueError("malformed"),
    ],
    ids=repr,
)
async def test_after_a_failure_the_next_one_is_asked(call, chain_of, scripted, error):
    answer = await call(chain_of(scripted(error=error), scripted("fine")))
    assert answer.content == "fine"
    assert outcomes(answer) == [("a", "failed"), ("b", "accepted")]
    assert account(answer)["model"] == "b"
    assert account(answer)["route"] == "a"
    assert type(error).__name__ in account(answer)["attempts"][0]["reason"]


async def test_overflow_goes_only_to_a_larger_window(call, chain_of, scripted):
    same, smaller, larger = scripted("same"), scripted("smaller"), scripted("larger")
    chain = chain_of(
        scripted(error=TooLongError()), same, smaller, larger, windows=(100, 100, 50, 101)
    )
    answer = await call(chain)
    assert outcomes(answer) == [("a", "failed"), ("d", "accepted")]
    assert same.asked == smaller.asked == []


async def test_an_unknown_window_counts_as_larger(call, chain_of, scripted):
    chain = chain_of(scripted(error=TooLongError()), scripted("fine"), windows=(100, None))
    assert outcomes(await call(chain)) == [("a", "failed"), ("b", "accepted")]


async def test_every_overflow_on_the_way_counts(call, chain_of, scripted):
    middle = scripted("middle")
    chain = chain_of(
        scripted(error=TooLongError()),
        scripted(error=TooLongError()),
        middle,
        scripted("fine"),
        windows=(100, 300, 200, 400),
    )
    answer = await call(chain)
    assert outcomes(answer) == [("a", "failed"), ("b", "failed"), ("d", "accepted")]
    assert middle.asked == []


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_a_refused_key_skips_everybody_at_the_same_endpoint(call, chain_of, scripted, status):
    neighbour = scripted("neighbour")
    chain = chain_of(
        scripted(error=HttpError(status)),
        neighbour,
        scripted("fine"),
        endpoints=("here", "here", "there"),
    )
    answer = await call(chain)
    assert outcomes(answer) == [("a", "failed"), ("c", "accepted")]
    assert neighbour.asked == []


@pytest.mark.parametrize(
    "error",
    [
        HttpError(400),
        HttpError(422),
        HttpError(400, "content_filter"),
        HttpError(400, "content_policy_violation"),
    ],
    ids=repr,
)
async def test_a_fault_of_the_request_stops_the_chain(call, chain_of, scripted, error):
    other = scripted("fine")
    with pytest.raises(type(error)) as caught:
        await call(chain_of(scripted(error=error), other))
    assert caught.value is error
    assert other.asked == []


# ---- empty answers ----------------------------------------------------------------------


async def test_an_empty_answer_moves_on(call, chain_of, scripted):
    answer = await call(chain_of(scripted(), scripted("fine")))
    assert answer.content == "fine"
    assert outcomes(answer) == [("a", "failed"), ("b", "accepted")]
    assert "empty" in account(answer)["attempts"][0]["reason"]


def counted(tokens):
    return {"input_tokens": tokens, "output_tokens": 0, "total_tokens": tokens}


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param((), id="alone"),
        pytest.param(({"usage": counted(2)},), id="both empty"),
        pytest.param(({"error": HttpError(504)},), id="the other fails"),
        pytest.param(({"error": HttpError(504)}, {"usage": counted(3)}), id="three"),
    ],
)
async def test_an_empty_answer_is_returned_when_nobody_does_better(call, chain_of, scripted, rest):
    """The account names the candidate whose answer it is, whoever was asked after it."""
    chain = chain_of(scripted(usage=counted(1)), *(scripted(**script) for script in rest))
    answer = await call(chain)
    assert answer.content == ""
    whose = {1: "a", 2: "b", 3: "c"}[answer.usage_metadata["input_tokens"]]
    assert account(answer)["model"] == whose
    assert len(account(answer)["attempts"]) == 1 + len(rest)


async def test_after_a_failure_an_empty_answer_is_still_better_than_none(call, chain_of, scripted):
    answer = await call(chain_of(scripted(error=HttpError(504)), scripted(usage=counted(2))))
    assert answer.content == ""
    assert account(answer)["model"] == "b"


async def test_a_tool_call_without_text_is_no_empty_answer(call, chain_of, scripted):
    asks = scripted(tool_calls=({"name": "look_up", "args": {}, "id": "1"},))
    answer = await call(chain_of(asks, scripted("no")))
    assert outcomes(answer) == [("a", "accepted")]
    assert [made["name"] for made in answer.tool_calls] == ["look_up"]


async def test_thoughts_that_use_up_the_answers_room_are_an_empty_answer(
    call, chain_of, chat_openai
):
    """ChatOpenAI drops reasoning; of such an answer a user sees nothing at all."""
    chain = chain_of(chat_openai("thinker", max_tokens=3), chat_openai("talker"))
    answer = await call(chain)
    assert outcomes(answer) == [("a", "failed"), ("b", "accepted")]
    assert answer.content


@pytest.mark.parametrize("kind", ["empty_choices", "empty", "malformed_event", "error_event"])
async def test_a_broken_answer_of_a_real_client_moves_on(call, chain_of, chat_openai, kind):
    chain = chain_of(chat_openai("broken", fault=Fault(kind=kind)), chat_openai("talker"))
    answer = await call(chain)
    assert outcomes(answer) == [("a", "failed"), ("b", "accepted")]
    assert answer.content


async def test_a_whole_answer_without_a_finish_reason_was_cut_off(chain_of, chat_openai):
    """Half a text with `finish_reason: null` was returned as the answer, but for streams."""
    cut = chat_openai("broken", fault=Fault(kind="truncate", after_tokens=1))
    chain = chain_of(cut, chat_openai("talker"), each={"tells_end": True})
    asked = [HumanMessage("Hello")]
    for answer in (chain.invoke(asked), await chain.ainvoke(asked)):
        assert outcomes(answer) == [("a", "failed"), ("b", "accepted")]
        assert answer.content == "Hello! How can I help you today?"
        assert Decimal(account(answer)["attempts"][0]["cost"]) > 0


# ---- when nobody answers ----------------------------------------------------------------


async def test_a_single_attempt_ends_in_the_providers_own_error(call, chain_of, scripted):
    error = HttpError(504)
    with pytest.raises(HttpError) as caught:
        await call(chain_of(scripted(error=error)))
    assert caught.value is error
    (note,) = error.__notes__
    assert "model a" in note


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (lambda: HttpError(400), "no other may be tried, as the request itself was refused"),
        (lambda: HttpError(400, "content_filter"), 'on_content_filter="fallback" tries the next'),
        (lambda: HttpError(401), "as the key was refused, and no other endpoint is left"),
        (TooLongError, "as no larger window is left"),
    ],
    ids=["invalid", "filtered", "key refused", "too long"],
)
async def test_the_providers_own_error_says_why_no_fallback_was_asked(
    call, chain_of, scripted, refused, why
):
    """A user with `fallbacks={"a": ["b"]}` saw a bare 401 and looked for his mistake there."""
    same = {"windows": (100, 100), "endpoints": ("here", "here")}
    with pytest.raises(HttpError) as caught:
        await call(chain_of(scripted(error=refused()), scripted("fine"), **same))
    (note,) = caught.value.__notes__
    assert why in note
    with pytest.raises(HttpError) as caught:
        await call(chain_of(scripted(error=refused())))
    (note,) = caught.value.__notes__
    assert "no other" not in note


async def test_an_exhausted_chain_says_why_the_rest_was_not_asked(call, chain_of, scripted):
    last = scripted("fine")
    with pytest.raises(
        ChainExhaustedError,
        match=r"2 of 3 .* no other may be tried, as the request itself was refused",
    ):
        await call(chain_of(scripted(error=HttpError(504)), scripted(error=HttpError(400)), last))
    assert last.asked == []


async def test_the_providers_own_error_keeps_its_cause(call, chain_of, scripted):
    error, cause = HttpError(504), ConnectionError("reset by peer")
    error.__cause__ = cause
    with pytest.raises(HttpError) as caught:
        await call(chain_of(scripted(error=error)))
    assert caught.value.__cause__ is cause


async def test_several_attempts_end_in_one_error_that_lists_them(call, chain_of, scripted):
    first, last = HttpError(504), TimeoutError("slow")
    with pytest.raises(ChainExhaustedError) as caught:
        await call(chain_of(scripted(error=first), scripted(error=last)))
    error = caught.value
    assert error.__cause__ is last
    assert [(a.model, a.outcome, a.status) for a in error.attempts] == [
        ("a", "failed", 504),
        ("b", "failed", None),
    ]
    for attempt in error.attempts:
        assert f"{attempt.model}: {attempt.reason}" in str(error)
    assert not isinstance(error, ContextOverflowError | ModelRateLimitError)


async def test_overflow_everywhere_is_also_cores_overflow_error(call, chain_of, scripted):
    chain = chain_of(
        scripted(error=TooLongError()), scripted(error=TooLongError()), windows=(100, 200)
    )
    with pytest.raises(ContextOverflowError) as caught:
        await call(chain)
    assert isinstance(caught.value, ChainOverflowError)
    assert isinstance(caught.value, ChainExhaustedError)


@pytest.mark.parametrize(
    ("statuses", "worth_it"), [((504, 500), True), ((404, 504), True), ((404, 404), False)]
)
async def test_an_exhausted_chain_says_whether_another_try_may_help(
    call, chain_of, scripted, statuses, worth_it
):
    """LangChain's retries ask for it."""
    with pytest.raises(ChainExhaustedError) as caught:
        await call(chain_of(*(scripted(error=HttpError(status)) for status in statuses)))
    assert caught.value.is_retryable is worth_it


async def test_rate_limits_everywhere_are_also_cores_rate_limit_error(call, chain_of, scripted):
    with pytest.raises(ModelRateLimitError) as caught:
        await call(chain_of(scripted(error=TooOftenError()), scripted(error=HttpError(429))))
    assert isinstance(caught.value, ChainRateLimitError)
    assert isinstance(caught.value, ChainExhaustedError)


@pytest.mark.parametrize(
    "errors", [(TooLongError(), HttpError(504)), (TooOftenError(), HttpError(500))], ids=repr
)
async def test_different_failures_are_no_special_error(call, chain_of, scripted, errors):
    chain = chain_of(*(scripted(error=error) for error in errors), windows=(100, 200))
    with pytest.raises(ChainExhaustedError) as caught:
        await call(chain)
    assert type(caught.value) is ChainExhaustedError


async def test_attempts_that_were_never_made_are_not_listed(call, chain_of, scripted):
    chain = chain_of(
        scripted(error=HttpError(504)), scripted(error=HttpError(400)), scripted("fine")
    )
    with pytest.raises(ChainExhaustedError) as caught:
        await call(chain)
    assert [attempt.model for attempt in caught.value.attempts] == ["a", "b"]


# ---- candidates of every kind -----------------------------------------------------------


async def test_a_runnable_that_returns_text_becomes_a_message(call, chain_of):
    answer = await call(chain_of(RunnableLambda(lambda _: "plain text")))
    assert isinstance(answer, AIMessage)
    assert answer.content == "plain text"
    assert outcomes(answer) == [("a", "accepted")]


async def test_a_runnable_that_streams_text_becomes_message_chunks(streamed, chain_of):
    def talk(_parts):
        yield from ("one ", "two ", "three")

    async def atalk(_parts):
        for word in talk(None):
            yield word

    pieces = await streamed.pieces(chain_of(RunnableGenerator(talk, atalk)))
    assert all(isinstance(piece, AIMessageChunk) for piece in pieces)
    assert [piece.content for piece in pieces if piece.content] == ["one ", "two ", "three"]
    assert outcomes(pieces[-1]) == [("a", "accepted")]


async def test_empty_text_moves_on(call, chain_of):
    answer = await call(chain_of(RunnableLambda(lambda _: ""), RunnableLambda(lambda _: "fine")))
    assert answer.content == "fine"


async def test_a_model_that_does_not_stream_answers_in_one_piece(call, chain_of, unstreamed):
    pieces = await call.pieces(chain_of(unstreamed("all ", "at once")))
    assert [piece.content for piece in pieces if piece.content] == ["all at once"]
    assert outcomes(pieces[-1]) == [("a", "accepted")]


async def test_after_a_model_that_does_not_stream_the_next_one_may(
    streamed, chain_of, unstreamed, scripted
):
    chain = chain_of(unstreamed(error=HttpError(504)), scripted("one", "two"))
    answer = await streamed(chain)
    assert answer.content == "onetwo"
    assert outcomes(answer) == [("a", "failed"), ("b", "accepted")]


async def test_an_empty_answer_of_a_model_that_does_not_stream_moves_on(
    call, chain_of, unstreamed, scripted
):
    answer = await call(chain_of(unstreamed(), scripted("fine")))
    assert answer.content == "fine"


@pytest.mark.parametrize("parsed", [{"x": 1}, [1, 2], 5, 0, {}, []], ids=repr)
async def test_parsed_output_is_passed_on_as_it_is(call, chain_of, parsed):
    pieces = await call.pieces(chain_of(RunnableLambda(lambda _: parsed)))
    assert pieces == [parsed]


async def test_output_that_was_parsed_to_nothing_is_the_users_to_see(call, chain_of):
    """A model that makes no tool call gives `None` for function-calling structured output."""
    pieces = await call.pieces(chain_of(RunnableLambda(lambda _: None)))
    assert pieces == [None]


async def test_output_that_was_parsed_to_nothing_never_breaks_the_chain(call, chain_of):
    chain = chain_of(RunnableLambda(lambda _: None), RunnableLambda(lambda _: {"x": 1}))
    assert (await call.pieces(chain))[-1] in (None, {"x": 1})


async def test_raw_output_beside_parsed_carries_the_account(chain_of):
    raw = AIMessage("{}")
    answer = chain_of(RunnableLambda(lambda _: {"raw": raw, "parsed": {}})).invoke("hi")
    assert outcomes(answer["raw"]) == [("a", "accepted")]
    assert answer["parsed"] == {}


async def test_an_answer_that_is_no_answer_is_an_error(call, chain_of):
    """A candidate that gives the question back has not answered it."""
    with pytest.raises(Exception, match="HumanMessage"):
        await call(chain_of(RunnableLambda(lambda _: HumanMessage("hi"))))


# ---- nothing is changed that is not ours ------------------------------------------------


async def test_the_callers_messages_are_never_changed(call, chain_of, scripted):
    messages = [SystemMessage("be brief"), HumanMessage("hi")]
    before = copy.deepcopy(messages)
    await call(chain_of(scripted(error=HttpError(504)), scripted("fine")), messages)
    assert messages == before


async def test_a_candidates_answer_is_never_changed(call, chain_of):
    told = AIMessage("fine", response_metadata={"model_name": "m"}, usage_metadata=counted(3))
    before = copy.deepcopy(told)
    answer = await call(chain_of(RunnableLambda(lambda _: told)))
    assert told == before
    assert answer is not told
    assert answer.response_metadata["model_name"] == "m"


async def test_the_callers_config_is_never_changed(call, chain_of, scripted):
    config = {
        "configurable": {"smartroute": {"tier": "budget"}, "thread_id": "1"},
        "metadata": {"mine": 1},
        "tags": ["mine"],
    }
    before = copy.deepcopy(config)
    await call(chain_of(scripted("fine")), "hi", config)
    assert config == before


async def test_arguments_reach_every_candidate(call, chain_of):
    seen = []

    class Listening(RunnableLambda):
        def invoke(self, input, config=None, **kwargs):  # noqa: A002 - LangChain's name
            seen.append(kwargs)
            raise HttpError(504)

        def stream(self, input, config=None, **kwargs):  # noqa: A002 - LangChain's name
            self.invoke(input, config, **kwargs)
            yield

        async def ainvoke(self, input, config=None, **kwargs):  # noqa: A002 - LangChain's name
            self.invoke(input, config, **kwargs)

        async def astream(self, input, config=None, **kwargs):  # noqa: A002 - LangChain's name
            self.invoke(input, config, **kwargs)
            yield

    listening = Listening(lambda _: None)
    with pytest.raises(ChainExhaustedError):
        await call(chain_of(listening, listening), stop=["."])
    assert seen == [{"stop": ["."]}] * 2
