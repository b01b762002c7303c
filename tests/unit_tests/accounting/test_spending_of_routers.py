"""Spend limits in a router: reserved before each call, settled however it ends."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from ways import abatched, ainvoked, astreamed, batched, invoked, streamed

from langchain_smartroute import (
    ChainExhaustedError,
    ConfigurationError,
    CostCallbackHandler,
    MemoryLedger,
    ModelSpec,
    SmartRouterRunnable,
    SpendLimit,
    SpendLimitExceededError,
    SqlLedger,
    StorageError,
)
from langchain_smartroute.state import MemoryState, Stands

PRICES = {
    alias: {
        "input_usd_per_mtok": rate,
        "output_usd_per_mtok": rate,
        "source": "a test",
        "date": "2026-11-23",
    }
    for alias, rate in (("cheap", "1"), ("strong", "100"), ("middle", "10"))
}
DAY = SpendLimit(usd="0.01", period="day")


class Answer(BaseModel):
    """The form of the sandbox's answers in JSON mode."""

    answer: str


class Counted(MemoryState):
    """Shared state whose counters can be read."""

    def total(self):
        stands = self.run(Stands(counters=tuple(self._counters)))
        return sum(s.spent for s in stands), sum(s.held for s in stands)


class Broken(MemoryState):
    """Shared state that can be made unavailable."""

    down = True

    def run(self, command):
        if self.down:
            raise StorageError("nobody there")
        return super().run(command)


@pytest.fixture
def state():
    return Counted()


@pytest.fixture
def limited(scripted, answered, state):
    """A router with a cheap and a strong scripted model, behind limits."""

    def make(*limits, cheap=None, strong=None, models=None, **settings):
        made = models or {
            "cheap": scripted(script=[cheap or answered(tokens=(100, 50))]),
            "strong": scripted(script=[strong or answered(tokens=(100, 50))]),
        }
        settings = {"state": state, "prices": {a: PRICES[a] for a in made}, **settings}
        return SmartRouterRunnable.from_models(made, spend_limits=limits, **settings)

    return make


def test_a_call_settles_at_its_true_cost(limited, state):
    costs = CostCallbackHandler(baseline=None)
    answer = limited(DAY).invoke("Hello", {"callbacks": [costs]})
    assert answer.text == "Fine."
    # 150 tokens at $1 per million.
    assert state.total() == (150 * 10**6, 0)
    assert costs.records[0].cost_usd == Decimal("0.00015")


@pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream", "batch", "abatch"])
async def test_every_way_of_calling_reserves_and_settles(limited, state, mode):
    router = limited(DAY)
    if mode == "astream":
        _ = [chunk async for chunk in router.astream("Hello")]
    elif mode == "stream":
        list(router.stream("Hello"))
    elif mode in ("batch", "abatch"):
        made = getattr(router, mode)(["Hello"])
        await made if mode == "abatch" else None
    else:
        made = getattr(router, mode)("Hello")
        await made if mode == "ainvoke" else None
    assert state.total() == (150 * 10**6, 0)


def test_a_refused_call_is_an_error_with_all_details(limited, state):
    router = limited(SpendLimit(usd="0.005", period="day", per="user", name="trial"))
    ann = {"metadata": {"user": "ann"}}
    router.invoke("Hello", {**ann, "configurable": {"smartroute": {}}})
    with pytest.raises(SpendLimitExceededError) as told:
        router.invoke("x" * 2_000, ann)
    error = told.value
    assert error.limit.name == "trial"
    assert (error.spent, error.reserved) == (Decimal("0.00015"), 0)
    # 4,096 tokens of answer, and a byte of input each a token.
    assert Decimal("0.006") < error.needed < Decimal("0.0065")
    assert error.frees_at is not None
    assert error.limit_usd == Decimal("0.005")
    assert "for user 'ann': $0.00015 are spent and $0.00 reserved" in str(error)
    assert state.total()[1] == 0
    # Another user has a limit of their own, and nobody in particular one together.
    router.invoke("Hello", {"metadata": {"user": "bob"}})
    router.invoke("Hello")


@pytest.mark.parametrize("period", ["day", "request"])
def test_a_limit_below_one_call_says_that_waiting_does_not_help(limited, period):
    """A newcomer's limit was below what one call may cost: it was to be "free again" tomorrow."""
    router = limited(SpendLimit(usd="0.001", period=period))
    with pytest.raises(SpendLimitExceededError) as told:
        router.invoke("Hello")
    said = str(told.value)
    assert "more than the whole limit: raise it, set max_tokens" in said
    assert all(mend in said for mend in ("answer_room_tokens", 'on_limit="cheapest"'))
    assert "free again" not in said
    assert router.bind(max_tokens=50).invoke("Hello").text == "Fine."


def test_a_limit_that_is_used_up_says_when_it_is_free_again(limited):
    router = limited(SpendLimit(usd="0.0042", period="day"))
    router.invoke("Hello")
    with pytest.raises(SpendLimitExceededError, match="it is free again at") as told:
        router.invoke("Hello")
    assert "raise it" not in str(told.value)


def test_a_limit_of_tokens_counts_tokens(limited, state):
    router = limited(SpendLimit(tokens=5_000, period="minute"))
    router.invoke("Hello")
    assert state.total() == (150, 0)
    with pytest.raises(SpendLimitExceededError, match=r"5,000 tokens per minute.*150 tokens are"):
        router.invoke("x" * 1_000)


def test_a_limit_per_request_counts_all_its_attempts(limited, scripted, answered):
    weak = AIMessage("", usage_metadata=answered(tokens=(100, 3_000)).usage_metadata)
    models = {
        "cheap": scripted(script=[weak]),
        "middle": scripted(script=[answered()]),
    }
    router = limited(
        SpendLimit(usd="0.0425", period="request"), models=models, default="cheap", max_attempts=2
    )
    for _ in range(2):  # the next request begins anew
        told = router.invoke("Hello", max_tokens=4_096).response_metadata["smartroute"]
        assert [(a["model"], a["reason"]) for a in told["attempts"]] == [
            ("cheap", "empty answer"),
            ("middle", "SpendLimitExceededError"),
        ]
        assert Decimal(told["cost"]) == Decimal("0.0031")


def test_the_cheapest_candidate_replaces_one_refused_by_a_limit(limited, state):
    router = limited(DAY, default="strong", on_limit="cheapest")
    answer = router.invoke("Hello")
    told = answer.response_metadata["smartroute"]
    assert told["model"] == "cheap"
    assert [(a["model"], a["outcome"], a["cost"]) for a in told["attempts"]] == [
        ("strong", "failed", "0"),
        ("cheap", "accepted", "0.000150"),
    ]
    assert state.total() == (150 * 10**6, 0)


def test_the_cheapest_that_does_not_fit_either_is_an_error(limited):
    router = limited(SpendLimit(usd="0.0001"), default="strong", on_limit="cheapest")
    with pytest.raises(SpendLimitExceededError) as told:
        router.invoke("Hello")
    assert [attempt.model for attempt in told.value.attempts] == ["strong", "cheap"]


def test_a_refusal_says_nothing_of_the_candidates_health(limited, scripted):
    model = scripted(script=[RuntimeError("never called")])
    router = limited(SpendLimit(usd=0), models={"strong": model})
    for _ in range(20):
        with pytest.raises(SpendLimitExceededError):
            router.invoke("Hello")
    assert model.calls == 0
    assert {health.state for health in router.health().values()} <= {"closed"}


def test_a_callable_may_name_the_replacement(limited, scripted, answered):
    asked = []

    def choose(error):
        asked.append(error.limit)
        return "middle"

    models = {name: scripted(script=[answered(name)]) for name in ("strong", "middle", "cheap")}
    limit = SpendLimit(usd="0.1", period="day")
    router = limited(limit, models=models, default="strong", on_limit=choose, max_attempts=1)
    assert router.invoke("Hello").text == "middle"
    assert asked == [limit]


@pytest.mark.parametrize("named", [None, "nobody", "strong"])
def test_a_callable_that_names_no_other_candidate_raises(limited, named):
    router = limited(DAY, default="strong", on_limit=lambda error: named)
    with pytest.raises(SpendLimitExceededError):
        router.invoke("Hello")


def test_a_spare_candidate_is_no_fallback(limited, scripted, answered):
    models = {
        "middle": scripted(script=[RuntimeError("broken")]),
        "cheap": scripted(script=[answered()]),
    }
    limit = SpendLimit(usd="1", period="day")
    router = limited(limit, models=models, default="middle", on_limit="cheapest", max_attempts=1)
    with pytest.raises(RuntimeError, match="broken"):
        router.invoke("Hello")


def test_an_error_gives_back_what_was_reserved(limited, state):
    router = limited(DAY, cheap=RuntimeError("refused"), max_attempts=1)
    with pytest.raises(RuntimeError):
        router.invoke("Hello")
    assert state.total() == (0, 0)


def test_a_fallback_is_held_to_the_limits_too(limited, scripted, answered, state):
    models = {
        "cheap": scripted(script=[RuntimeError("refused")]),
        "middle": scripted(script=[answered(tokens=(100, 50))]),
    }
    limited(SpendLimit(usd="1", period="day"), models=models, default="cheap").invoke("Hello")
    assert state.total() == (1_500 * 10**6, 0)


def test_an_abandoned_stream_settles_what_had_come(limited, scripted, state):
    chunks = [AIMessageChunk("one "), AIMessageChunk("two "), AIMessageChunk("three")]
    router = limited(DAY, cheap=chunks)
    stream = router.stream("Hello")
    next(stream)
    assert state.total()[1] > 0
    stream.close()
    spent, held = state.total()
    assert held == 0
    assert 0 < spent < 100 * 10**6


async def test_an_abandoned_asynchronous_stream_settles_too(limited, state):
    chunks = [AIMessageChunk("one "), AIMessageChunk("two "), AIMessageChunk("three")]
    router = limited(DAY, cheap=chunks)
    stream = router.astream("Hello")
    await anext(stream)
    await stream.aclose()
    assert state.total()[1] == 0
    left = router.astream("Hello")
    await anext(left)
    assert state.total()[1] > 0
    del left
    gc.collect()
    # Its loop closes it in a task of its own.
    for _ in range(3_000):
        if state.total()[1]:
            await asyncio.sleep(0.01)
    assert state.total()[1] == 0


async def test_a_cancelled_call_gives_back_what_was_reserved(limited, scripted, answered, state):
    called = asyncio.Event()
    models = {"cheap": scripted(script=[answered()], wait_s=60, before=called.set)}
    router = limited(DAY, models=models)
    task = asyncio.create_task(router.ainvoke("Hello"))
    await asyncio.wait_for(called.wait(), 60)
    assert state.total()[1] > 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    spent, held = state.total()
    assert held == 0
    # Taken as billed for its input, as in the record.
    assert 0 < spent < 100 * 10**6


def test_an_answer_from_the_cache_costs_nothing(limited, scripted, answered, state):
    hit = answered(tokens=(100, 50))
    hit.usage_metadata["total_cost"] = 0
    limited(DAY, cheap=hit).invoke("Hello")
    assert state.total() == (0, 0)


def test_what_a_provider_bills_beyond_the_bound_blocks_the_next_call(limited, caplog, answered):
    router = limited(DAY, cheap=answered(tokens=(100, 20_000)))
    router.invoke("Hello")
    assert "a call was billed $0.0201 where $0.00" in caplog.text
    with pytest.raises(SpendLimitExceededError) as told:
        router.invoke("Hello")
    assert told.value.spent == Decimal("0.0201")


def test_an_unknown_price_never_fits_a_limit_of_money(scripted, answered):
    router = SmartRouterRunnable.from_models(
        {"house": scripted(script=[answered()], model_name="nobody-knows")}, spend_limits=[DAY]
    )
    with pytest.raises(SpendLimitExceededError, match="the price of house is unknown"):
        router.invoke("Hello")


def test_parsed_output_is_settled_at_its_true_cost(sandbox, state):
    class Answer(BaseModel):
        """An answer."""

        answer: str

    costs = CostCallbackHandler(baseline=None)
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url, spend_limits=[SpendLimit(usd=1)], state=state
    )
    router.with_structured_output(Answer).invoke("Hello", {"callbacks": [costs]})
    (record,) = costs.records
    assert state.total() == (int(record.cost_usd * 10**12), 0)


def test_bound_tools_are_settled_at_their_true_cost(sandbox, state):
    @tool
    def weather(city: str) -> str:
        """Tell the weather."""
        return city

    costs = CostCallbackHandler(baseline=None)
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url, spend_limits=[SpendLimit(usd=1)], state=state
    )
    router.bind_tools([weather]).invoke("Weather in Paris?", {"callbacks": [costs]})
    (record,) = costs.records
    assert record.cost_usd > 0
    assert state.total() == (int(record.cost_usd * 10**12), 0)


def test_maximum_output_tokens_are_set_where_a_call_has_none(sandbox, state):
    sent = []
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url,
        spend_limits=[SpendLimit(usd=1)],
        state=state,
        answer_room_tokens=77,
    )
    router.invoke("Hello")
    router.invoke("Hello", max_tokens=33)
    sent = [exchange.body.get("max_tokens") for exchange in sandbox.requests]
    assert sent == [77, 33]


@pytest.mark.parametrize("of_router", [None, 55])
@pytest.mark.parametrize("unbounded", [-1, 0])
def test_max_tokens_without_a_bound_reserves_a_whole_answer(sandbox, state, unbounded, of_router):
    """`max_tokens=-1`, no bound to llama.cpp or vLLM, made a reservation of less than nothing."""
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url,
        spend_limits=[SpendLimit(usd=1)],
        state=state,
        answer_room_tokens=77,
        max_tokens=of_router,
    )
    router.invoke("Hello", max_tokens=unbounded)
    sent = [exchange.body.get("max_tokens") for exchange in sandbox.requests]
    assert sent == [of_router or 77]


# A warning of the openai client's own, on `parsed`.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("way", [invoked, ainvoked, batched, abatched, streamed, astreamed])
@pytest.mark.parametrize("include_raw", [False, True])
@pytest.mark.parametrize("method", [None, "json_schema", "json_mode", "function_calling"])
async def test_structured_calls_are_limited_to_the_reserved_tokens(
    sandbox, state, way, include_raw, method
):
    """LangChain passes a call's arguments to no model under `include_raw=True`.

    What was reserved for an answer of so many tokens was then no bound of it.
    """
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url,
        spend_limits=[SpendLimit(usd=1)],
        state=state,
        answer_room_tokens=77,
    )
    asking = router.with_structured_output(Answer, method=method, include_raw=include_raw)
    ask = "Answer as JSON: how old is Ada?"
    answer = await way(asking, ask, {})
    await way(asking.bind(max_tokens=33, temperature=0.25), ask, {})
    assert isinstance(answer["parsed"] if include_raw else answer, Answer)
    sent = [exchange.body for exchange in sandbox.requests]
    # OpenAI's own models are sent its newer name.
    rooms = [body.get("max_tokens", body.get("max_completion_tokens")) for body in sent]
    assert rooms == [77, 33]
    assert [body.get("temperature") for body in sent] == [None, 0.25]
    assert all("tools" in body or "response_format" in body for body in sent)
    assert state.total()[1] == 0


def test_without_limits_the_providers_maximum_output_tokens_apply(sandbox, router):
    router.invoke("Hello")
    assert "max_tokens" not in sandbox.requests[0].body


def test_a_candidate_other_than_a_model_gets_no_max_tokens(limited, state):
    def answer(messages):
        return AIMessage("mine")

    models = {"cheap": RunnableLambda(answer)}
    assert limited(DAY, models=models).invoke("Hello").text == "mine"


def test_a_state_that_does_not_answer_stops_calls_or_lets_them_go(limited, caplog):
    broken = Broken()
    with pytest.raises(StorageError, match="the call is not made: nobody there"):
        limited(DAY, state=broken).invoke("Hello")
    router = limited(DAY, state=broken, on_backend_error="allow")
    for _ in range(3):
        assert router.invoke("Hello").text == "Fine."
    assert caplog.text.count("not held for now") == 1
    broken.down = False
    router.invoke("Hello")
    counted = broken.run(Stands(counters=tuple(broken._counters)))
    # What could not be settled before is settled now.
    assert sum(one.spent for one in counted) == 4 * 150 * 10**6
    assert sum(one.held for one in counted) == 0


async def test_the_same_asynchronously(limited):
    broken = Broken()
    with pytest.raises(StorageError, match="the call is not made: nobody there"):
        await limited(DAY, state=broken).ainvoke("Hello")
    router = limited(DAY, state=broken, on_backend_error="allow")
    assert (await router.ainvoke("Hello")).text == "Fine."
    broken.down = False
    await router.ainvoke("Hello")
    counted = broken.run(Stands(counters=tuple(broken._counters)))
    assert sum(one.spent for one in counted) == 2 * 150 * 10**6


class Slow(MemoryState):
    """Shared state that answers late."""

    async def arun(self, command):
        await asyncio.sleep(5)
        return self.run(command)


async def test_the_wait_for_a_state_is_bounded(limited):
    router = limited(DAY, state=Slow())
    with pytest.raises(StorageError, match="no answer within 1 s"):
        await asyncio.wait_for(router.ainvoke("Hello"), 4)


async def test_a_call_that_is_cancelled_while_it_waits_leaves_no_reservation(limited):
    class Held(MemoryState):
        async def arun(self, command):
            answer = self.run(command)
            await asyncio.sleep(0.5)
            return answer

    state = Held()
    router = limited(DAY, state=state)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(router.ainvoke("Hello"), 0.1)
    router.invoke("Hello")
    counted = state.run(Stands(counters=tuple(state._counters)))
    assert [one.held for one in counted] == [0]


def test_threads_never_spend_more_than_the_limit(limited, state):
    router = limited(SpendLimit(usd="0.02", period="day"))

    def call(_):
        try:
            router.invoke("Hello")
        except SpendLimitExceededError:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        made = sum(pool.map(call, range(150)))
    spent, held = state.total()
    assert (spent, held) == (made * 150 * 10**6, 0)
    assert 4 <= made < 150
    assert spent <= 2 * 10**10


def test_two_routers_on_one_state_share_a_limit(limited, state):
    one, other = limited(SpendLimit(usd="0.005")), limited(SpendLimit(usd="0.005"))
    one.invoke("Hello")
    other.invoke("Hello")
    assert state.total() == (300 * 10**6, 0)
    with pytest.raises(SpendLimitExceededError, match=r"\$0.0003 are spent"):
        other.invoke("x" * 1_000)


def test_limits_are_written_to_a_file_and_read_again():
    limits = [SpendLimit(usd="0.5", period="day", per="user"), SpendLimit(tokens=9, name="few")]
    router = SmartRouterRunnable.from_catalog(
        base_url="http://127.0.0.1:1/v1",
        spend_limits=limits,
        state="redis://127.0.0.1:1/0",
        answer_room_tokens=100,
        on_backend_error="allow",
        prices={"gpt-4o": {**PRICES["cheap"]}},
    )
    written = router.to_config()
    again = SmartRouterRunnable.from_config(written)
    assert list(again.spend_limits) == limits
    assert again.to_config() == written


@pytest.mark.parametrize(
    "settings",
    [
        {"state": MemoryState(), "spend_limits": [DAY]},
        {"on_limit": lambda error: None},
    ],
)
def test_what_cannot_be_written_says_so(settings):
    router = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:1/v1", **settings)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        router.to_config()


@pytest.mark.parametrize(
    "settings",
    [
        {"spend_limits": [{"usd": -1}]},
        {"spend_limits": ["5 dollars"]},
        {"spend_limits": [DAY], "state": 5},
        {"answer_room_tokens": 0},
        {"on_backend_error": "panic"},
        {"ledger": 5},
    ],
)
def test_settings_that_are_wrong_say_so(settings):
    with pytest.raises(ConfigurationError):
        SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:1/v1", **settings)


def test_a_routers_own_ledger_takes_every_call(sandbox, sqlite_url):
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, ledger=sqlite_url)
    router.invoke("Hello")
    ledger = SqlLedger(sqlite_url)
    costs = CostCallbackHandler(ledger=ledger)
    router.invoke("Hello", {"callbacks": [costs], "metadata": {"user": "ann"}})
    router._engine.conduct.ledger.ledger.close()
    # A run is known by its id: the second one is there once.
    assert [record.keys for record in ledger.records()] == [{}, {"user": "ann"}]
    ledger.close()


def test_a_routers_own_ledger_keeps_texts_through_its_redaction_alone(sandbox):
    """Only a handler that one attached oneself could redact; `ledger=` kept nothing."""
    plain, hiding = MemoryLedger(), MemoryLedger()
    for ledger, redact in ((plain, None), (hiding, lambda text: text.replace("4711", "#"))):
        router = SmartRouterRunnable.from_catalog(
            base_url=sandbox.base_url, ledger=ledger, redact=redact
        )
        router.invoke("A secret: 4711")
    assert [(one.prompt, one.answer) for one in plain.records()] == [(None, None)]
    (kept,) = hiding.records()
    assert kept.prompt == "A secret: #"
    assert kept.answer
    assert "4711" not in kept.answer


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"redact": "all", "ledger": MemoryLedger()}, r"redact = 'all': must be a callable"),
        ({"redact": str.upper}, r"give ledger=, too"),
    ],
)
def test_a_redaction_that_can_do_nothing_is_refused(settings, told):
    with pytest.raises(ConfigurationError, match=told):
        SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:1/v1", **settings)


def test_a_redaction_is_not_written_to_a_file():
    router = SmartRouterRunnable.from_catalog(
        base_url="http://127.0.0.1:1/v1", ledger="sqlite:///costs.db", redact=str.upper
    )
    with pytest.raises(ConfigurationError, match=r"redact = .* cannot be written"):
        router.to_config()


def test_a_failed_chain_is_told_as_such(limited, scripted):
    models = {name: scripted(script=[RuntimeError(name)]) for name in ("cheap", "middle")}
    with pytest.raises(ChainExhaustedError):
        limited(SpendLimit(usd=1), models=models, default="cheap").invoke("Hello")


def test_a_real_client_is_held_to_limits(sandbox, state):
    model = ChatOpenAI(model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none")
    router = SmartRouterRunnable.from_models(
        {"small": model}, spend_limits=[SpendLimit(usd=1)], state=state
    )
    router.invoke("Hello")
    assert state.total()[0] > 0
    assert state.total()[1] == 0


OWN_ROOM = {
    "set on it": lambda chat: chat(max_tokens=9),
    "bound to it": lambda chat: chat().bind(max_tokens=9),
    "bound over what is set": lambda chat: chat(max_tokens=5_000).bind(max_completion_tokens=9),
}


@pytest.mark.parametrize("way", [invoked, ainvoked, streamed, astreamed])
@pytest.mark.parametrize("make", OWN_ROOM.values(), ids=OWN_ROOM)
async def test_a_limit_does_not_lengthen_the_answers_of_a_model_with_a_bound_of_its_own(
    sandbox, state, make, way
):
    """Somebody moved here with `ChatOpenAI(max_tokens=512)` and added a spend limit.

    Each call then asked for 4,096 tokens: the limit had undone what kept answers short.
    """

    def chat(**settings):
        return ChatOpenAI(
            model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none", **settings
        )

    router = SmartRouterRunnable.from_models(
        {"small": make(chat)}, spend_limits=[SpendLimit(usd=1)], state=state
    )
    await way(router, "Hello", {})
    await way(router.bind(max_tokens=33), "Hello", {})
    sent = [exchange.body["max_completion_tokens"] for exchange in sandbox.requests]
    assert sent == [9, 33]


def test_the_most_that_a_model_can_write_is_no_bound_that_somebody_set(sandbox, state):
    """ChatAnthropic sets that by itself, and 64,000 tokens would be reserved for each call."""
    model = ChatOpenAI(
        model="gpt-4o-mini",
        base_url=sandbox.base_url,
        api_key="none",
        max_tokens=16_384,
        profile={"max_output_tokens": 16_384},
    )
    SmartRouterRunnable.from_models(
        {"small": model}, spend_limits=[SpendLimit(usd=1)], state=state
    ).invoke("Hello")
    assert sandbox.requests[0].body["max_completion_tokens"] == 4_096


@pytest.mark.parametrize("way", [invoked, ainvoked])
async def test_max_tokens_of_a_router_bound_models_that_it_did_not_build(sandbox, state, way):
    """Five tokens were reserved for each answer, and no model was told: $0.014 under $0.007."""
    dear = {**PRICES["cheap"], "input_usd_per_mtok": "0", "output_usd_per_mtok": "1000"}
    model = ChatOpenAI(model="gpt-4o", base_url=sandbox.base_url, api_key="none")
    router = SmartRouterRunnable.from_models(
        {"mine": model, "spare": ModelSpec(alias="gpt-4o-mini")},
        base_url=sandbox.base_url,
        max_tokens=5,
        prices={"mine": dear},
        spend_limits=[SpendLimit(usd="0.007")],
        state=state,
    )
    await way(router, "Write a long poem about rain, please, in twenty lines", {})
    assert sandbox.requests[0].body["max_completion_tokens"] == 5
    assert state.total() == (5 * 10**9, 0)
