"""Judges, log-probabilities and learned checks over HTTP; cascades in files and in the graph."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from langchain_smartroute import (
    AgreementCheck,
    Catalog,
    ConfigurationError,
    CostCallbackHandler,
    JudgeCheck,
    LearnedCheck,
    LogprobCheck,
    SmartRouterRunnable,
    SpendLimit,
    default_checks,
)
from langchain_smartroute.sandbox import Fault, SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models
from langchain_smartroute.state import MemoryState, Stands


class Total(BaseModel):
    """A total."""

    total: int


PRICE = {
    "input_usd_per_mtok": "1",
    "output_usd_per_mtok": "1",
    "source": "a test",
    "date": "2026-11-27",
}
CATALOG = Catalog.load("default")
SUM = "What is 17 * 23? Solve the equation step by step."
# The sandbox's judge gives the first number that can be a mark.
GOOD, BAD = "What is 4 * 5? Solve it step by step.", "What is 2 * 9? Solve it step by step."
CHEAP, SECOND, STRONG, JUDGE = "glm-4-flash", "deepseek-chat", "deepseek-reasoner", "gpt-4o-mini"
PROSE = "Tell me in some words what makes a long walk along the sea in winter worth it."


@pytest.fixture(scope="module")
def shared():
    slipping = {CHEAP: 1.0, SECOND: 1.0}
    models = [replace(m, slips=slipping.get(m.name, 0.0)) for m in sandbox_models(CATALOG)]
    with SandboxServer(models=models) as server:
        yield server


@pytest.fixture
def server(shared):
    yield shared
    shared.reset()


class Counted(MemoryState):
    """Shared state whose counters can be read."""

    def total(self):
        stands = self.run(Stands(counters=tuple(self._counters)))
        return sum(s.spent for s in stands), sum(s.held for s in stands)


def router_at(server, **chosen):
    base = {"tier": "quality", "breaker": None, "timeout": 10, "base_url": server.base_url}
    return SmartRouterRunnable.from_catalog(**{**base, **chosen})


async def invoked(router, request, config):
    return router.invoke(request, config)


async def ainvoked(router, request, config):
    return await router.ainvoke(request, config)


async def streamed(router, request, config):
    return add_ai_message_chunks(*router.stream(request, config))


async def astreamed(router, request, config):
    return add_ai_message_chunks(*[chunk async for chunk in router.astream(request, config)])


WAYS = [invoked, ainvoked, streamed, astreamed]


async def told_by(way, router, request):
    """The account of an answer, whose cost must be that of the records."""
    costs = CostCallbackHandler()
    answer = await way(router, request, {"callbacks": [costs]})
    told = answer.response_metadata["smartroute"]
    assert Decimal(told["cost"]) == sum(r.cost_usd for r in costs.records)
    assert [(a["model"], a["outcome"], a["purpose"]) for a in told["attempts"]] == [
        (r.alias, r.outcome, r.purpose) for r in costs.records
    ]
    return told


# ---- judges -----------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("own", [False, True], ids=["an alias", "a chat model"])
async def test_a_judges_mark_decides_and_is_paid_for(server, way, own):
    model = ChatOpenAI(model=JUDGE, base_url=server.base_url, api_key="none")
    router = router_at(server, cascade=JudgeCheck(model if own else JUDGE, at_least=3))
    good = await told_by(way, router, GOOD)
    assert [(a["model"], a["outcome"]) for a in good["attempts"]] == [
        (CHEAP, "accepted"),
        (JUDGE, "discarded"),
    ]
    bad = await told_by(way, router, BAD)
    assert [(a["model"], a["reason"]) for a in bad["attempts"]] == [
        (CHEAP, "judge: mark 2 of 5"),
        (JUDGE, ""),
        (STRONG, ""),
    ]


@pytest.mark.parametrize("way", WAYS)
async def test_a_judge_that_fails_accepts_and_is_named(server, way):
    server.set_fault(JUDGE, Fault(kind="status", status=500))
    told = await told_by(way, router_at(server, cascade=JudgeCheck(JUDGE)), BAD)
    assert told["model"] == CHEAP
    assert told["failed_checks"] == ["judge: OpenAIAPIError"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_judge_whose_breaker_is_open_is_not_asked(server, way):
    server.set_fault(JUDGE, Fault(kind="status", status=404))
    router = router_at(server, cascade=JudgeCheck(JUDGE), breaker={})
    assert router.invoke(BAD).response_metadata["smartroute"]["model"] == CHEAP
    server.reset()
    told = await told_by(way, router, BAD)
    assert told["failed_checks"] == ["judge: ConnectionError"]
    assert [request.model for request in server.requests] == [CHEAP]


async def test_a_judge_has_a_time_limit(server):
    server.set_fault(JUDGE, Fault(kind="hang", seconds=30))
    router = router_at(server, cascade=JudgeCheck(JUDGE), timeout=1)
    for way in WAYS:
        began = time.monotonic()
        costs = CostCallbackHandler()
        answer = await way(router, BAD, {"callbacks": [costs]})
        assert time.monotonic() - began < 8
        told = answer.response_metadata["smartroute"]
        assert told["failed_checks"] == ["judge: AttemptTimeoutError"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_judge_compares_prose_in_both_orders(server, way):
    check = AgreementCheck(with_=SECOND, judge=JUDGE)
    router = router_at(
        server,
        checks=[*default_checks(), check],
        fallbacks={alias: ["gpt-4o"] for alias in CATALOG.models if alias != "gpt-4o"},
    )
    told = await told_by(way, router, PROSE)
    purposes = [a["purpose"] for a in told["attempts"]]
    assert purposes == ["answer", "second_opinion", "judge", "judge"]
    assert told["unmet_checks"] == []


async def test_an_unknown_judge_is_refused(server):
    with pytest.raises(ConfigurationError, match="judge = 'nobody': no such model"):
        router_at(server, cascade=JudgeCheck("nobody"))
    with pytest.raises(ConfigurationError, match="with_ = 'nobody': no such model"):
        router_at(server, cascade=AgreementCheck(with_="nobody"))


# ---- log-probabilities ------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
async def test_an_answer_with_low_log_probabilities_escalates(server, way):
    router = router_at(server, cascade="logprob")
    assert router.explain(SUM).model == SECOND, "the cheapest that gives log-probabilities"
    told = await told_by(way, router, SUM)
    assert [(a["model"], a["outcome"]) for a in told["attempts"]] == [
        (SECOND, "rejected"),
        (STRONG, "accepted"),
    ]
    assert told["attempts"][0]["reason"].startswith("logprob: mean log-probability -2.")
    asked = {request.model: request.body.get("logprobs") for request in server.requests}
    assert asked == {SECOND: True, STRONG: None}


async def test_log_probabilities_that_a_model_does_not_give_are_said_to_be_missing(server):
    checks = [*default_checks(), LogprobCheck()]
    with pytest.warns(UserWarning, match="logprob can only note what is wrong"):
        router = router_at(server, checks=checks, model=CHEAP)
    told = await told_by(invoked, router, SUM)
    assert told["failed_checks"] == ["logprob: no log-probabilities"]
    assert "logprobs" not in server.requests[0].body


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
async def test_arguments_reach_a_model_that_has_json_mode_alone(server, way):
    """Its instruction stood before it in a sequence, whose first step took the arguments.

    Neither a spend limit, which sets the answer's room, nor a check of log-probabilities
    could be used with it: the call failed with a TypeError.
    """
    spec = {"tools": False, "structured_output": ["json_mode"], "prices": [PRICE]}
    router = router_at(
        server,
        catalog={"models": {"gpt-4o-mini": spec}, "default": "gpt-4o-mini"},
        checks=[LogprobCheck(mean=-0.5)],
        stream_policy="buffer",
        spend_limits=[SpendLimit(usd=1, period="overall")],
    )
    asking = router.with_structured_output(Total, include_raw=True)
    request = "The total is 17"
    if way == "invoke":
        answer = asking.invoke(request)
    elif way == "ainvoke":
        answer = await asking.ainvoke(request)
    elif way == "stream":
        (answer,) = asking.stream(request)
    else:
        (answer,) = [part async for part in asking.astream(request)]
    assert answer["parsed"] == Total(total=17)
    assert answer["raw"].response_metadata["smartroute"]["failed_checks"] == []
    (asked,) = server.requests
    assert asked.body["logprobs"] is True


# ---- learned ----------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
async def test_a_learned_check_uses_second_opinions(server, way):
    check = LearnedCheck(weights={"opinions_all_agree": 4.0}, bias=-2.0)
    router = router_at(server, cascade=check)
    assert router.explain(SUM).opinions == (SECOND,)
    told = await told_by(way, router, SUM)
    assert [(a["model"], a["reason"]) for a in told["attempts"]] == [
        (CHEAP, "learned: probability 0.12 below 0.50"),
        (SECOND, "another answer"),
        (STRONG, ""),
    ]


# ---- files and drawings -----------------------------------------------------------------

WRITTEN = [
    ({"cascade": "agreement"}, {"cascade": "agreement"}),
    (
        {"cascade": AgreementCheck(with_=[SECOND, JUDGE], enough=1, tasks="math")},
        {
            "cascade": {
                "check": "agreement",
                "with": [SECOND, JUDGE],
                "enough": 1,
                "tasks": ["math"],
            }
        },
    ),
    (
        {"cascade": LogprobCheck(mean=-0.25, tail=None)},
        {"cascade": {"check": "logprob", "mean": -0.25, "tail": False}},
    ),
    (
        {"checks": [*default_checks(), JudgeCheck(JUDGE, at_least=4)]},
        {"checks": ["default", {"check": "judge", "judge": JUDGE, "at_least": 4}]},
    ),
    ({"checks": []}, {"checks": []}),
    (
        {"cascade": LearnedCheck(weights={"answer_length": 0.5}, bias=1.0, threshold=0.25)},
        {
            "cascade": {
                "check": "learned",
                "weights": {"answer_length": 0.5},
                "bias": 1.0,
                "threshold": 0.25,
            }
        },
    ),
]


@pytest.mark.parametrize(
    # Not by what is given: sets of tasks are shown in another order in each process.
    ("given", "written"),
    WRITTEN,
    ids=[str(written) for _, written in WRITTEN],
)
async def test_checks_and_cascades_are_written_and_read(server, tmp_path, given, written):
    router = router_at(server, stream_policy="buffer", **given)
    config = router.to_config()
    assert {name: config[name] for name in written} == written
    path = tmp_path / "router.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    read = SmartRouterRunnable.from_config(path, base_url=server.base_url)
    assert read.to_config() == config
    for request in (SUM, PROSE):
        left_out = {"id", "scores"}
        one, other = router.explain(request), read.explain(request)
        assert {n: getattr(one, n) for n in one.__slots__ if n not in left_out} == {
            n: getattr(other, n) for n in other.__slots__ if n not in left_out
        }
    assert [c.function for c in read._engine.checks] == [c.function for c in router._engine.checks]


async def test_a_learned_check_is_written_as_its_path(server, tmp_path):
    path = tmp_path / "learned.json"
    artefact = LearnedCheck(weights={"answer_length": 0.5}, bias=1.0).to_dict()
    path.write_text(json.dumps(artefact), encoding="utf-8")
    router = router_at(server, cascade={"check": "learned", "path": str(path), "threshold": 0.9})
    same = SmartRouterRunnable.from_config(router.to_config())
    assert same._engine.cascade.check.function.threshold == 0.9
    loaded = router_at(server, cascade=LearnedCheck.load(path).at(0.8)).to_config()["cascade"]
    assert loaded == {"check": "learned", "path": str(path), "threshold": 0.8}


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"cascade": "judge"}, "cascade = 'judge'"),
        ({"cascade": {"check": "agreement", "shoe": 3}}, "shoe do not fit"),
        ({"checks": ["shoe"]}, "'shoe' with no settings is no check"),
        ({"checks": {"check": "judge"}}, "checks = "),
        (
            {"checks": [AgreementCheck()], "cascade": "agreement"},
            "agreement is there more than once",
        ),
    ],
)
async def test_invalid_settings_are_refused(server, chosen, words):
    with pytest.raises(ConfigurationError, match=words):
        router_at(server, **chosen)


async def test_a_judge_that_is_an_object_cannot_be_written(server):
    model = ChatOpenAI(model=JUDGE, base_url=server.base_url, api_key="none")
    with pytest.raises(ConfigurationError, match="a chat model cannot be written"):
        router_at(server, cascade=JudgeCheck(model)).to_config()


async def test_the_graph_shows_who_gives_second_opinions(server):
    drawn = router_at(server, cascade="agreement").get_graph().to_json()
    labels = {(edge["target"], edge.get("data")) for edge in drawn["edges"]}
    assert any(t == SECOND and str(said).startswith("second opinion: ") for t, said in labels)
    (checks,) = (node for node in drawn["nodes"] if node["id"] == "checks")
    assert "agreement" in checks["metadata"]["checks"]


# ---- laws and limits --------------------------------------------------------------------

KINDS = st.sampled_from(["", "status", "reset", "html", "empty"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.tuples(KINDS, KINDS, KINDS),
    factors=st.tuples(st.integers(2, 99), st.integers(2, 99)),
    way=st.sampled_from(["invoke", "stream"]),
)
def test_the_sum_of_records_is_the_reported_cost_whatever_fails(server, faults, factors, way):
    """To the last digit, where all is known; what may be billed unknown is told as unknown."""
    server.reset()
    for model, kind in zip((CHEAP, SECOND, STRONG), faults, strict=True):
        if kind:
            server.set_fault(model, Fault(kind=kind, status=503))
    costs, seen = CostCallbackHandler(), []
    router = router_at(server, cascade="agreement", on_decision=seen.append)
    request, config = f"What is {factors[0]} * {factors[1]}? Solve it.", {"callbacks": [costs]}
    answer = (
        router.invoke(request, config)
        if way == "invoke"
        else add_ai_message_chunks(*router.stream(request, config))
    )
    told = answer.response_metadata["smartroute"]
    recorded = {record.attempt: record for record in costs.records}
    for place, attempt in enumerate(seen[-1].attempts):
        if attempt.cost_usd is not None and place in recorded:
            assert recorded[place].cost_usd == attempt.cost_usd
            assert recorded[place].purpose == attempt.purpose
    if told["cost"] is not None:
        assert Decimal(told["cost"]) == sum(r.cost_usd for r in costs.records)


async def test_a_cancelled_call_holds_nothing_back(server):
    state = Counted()
    for model in (CHEAP, SECOND):
        server.set_fault(model, Fault(kind="hang", seconds=30))
    limit = SpendLimit(usd=1, period="overall")
    router = router_at(server, cascade="agreement", spend_limits=[limit], state=state)
    costs = CostCallbackHandler()
    task = asyncio.create_task(router.ainvoke(SUM, {"callbacks": [costs]}))
    while len(server.requests) < 2:  # noqa: ASYNC110 - the server is another thread's
        await asyncio.sleep(0.01)
    assert state.total()[1] > 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    spent, held = state.total()
    assert held == 0
    assert spent == sum(r.cost_usd for r in costs.records) * 10**12


@pytest.mark.parametrize("way", ["invoke", "stream"])
async def test_a_blocking_call_breaks_its_second_opinion_off(server, way):
    """The second opinion hangs while a check rejects the answer, and is not waited for."""
    server.set_fault(SECOND, Fault(kind="hang", seconds=30))
    state = Counted()
    limit = SpendLimit(usd=1, period="overall")

    def thoughtful(messages, answer):
        time.sleep(0.3)
        return "weak"

    with pytest.warns(UserWarning, match="thoughtful"):
        router = router_at(
            server, cascade="agreement", checks=[thoughtful], spend_limits=[limit], state=state
        )
    costs = CostCallbackHandler()
    began = time.monotonic()
    config = {"callbacks": [costs]}
    if way == "invoke":
        told = router.invoke(SUM, config).response_metadata["smartroute"]
    else:
        told = add_ai_message_chunks(*router.stream(SUM, config)).response_metadata["smartroute"]
    assert time.monotonic() - began < 8
    assert [(r.alias, r.outcome, r.purpose) for r in costs.records] == [
        (CHEAP, "rejected", "answer"),
        (SECOND, "cancelled", "second_opinion"),
        (STRONG, "accepted", "answer"),
    ]
    assert Decimal(told["cost"]) == sum(r.cost_usd for r in costs.records)
    spent, held = state.total()
    assert held == 0
    assert spent == sum(r.cost_usd for r in costs.records) * 10**12


@pytest.mark.parametrize("way", WAYS)
async def test_an_unreachable_second_opinion_costs_no_time(server, way):
    """Nobody listens there: two agree no more, and the stronger one answers at once."""
    gone = CATALOG.models[SECOND].model_copy(update={"base_url": "http://127.0.0.1:9/v1"})
    catalog = CATALOG.model_copy(update={"models": {**CATALOG.models, SECOND: gone}})
    router = router_at(server, cascade="agreement", catalog=catalog)
    began = time.monotonic()
    told = await told_by(way, router, SUM)
    assert time.monotonic() - began < 8
    assert [(a["model"], a["outcome"]) for a in told["attempts"]] == [
        (CHEAP, "rejected"),
        (SECOND, "failed"),
        (STRONG, "accepted"),
    ]
