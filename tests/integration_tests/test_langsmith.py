"""The real LangSmith client, posting to a receiver on this machine."""

from __future__ import annotations

from decimal import Decimal

import pytest
from langchain_core.tracers.langchain import LangChainTracer
from langsmith import Client
from receivers import Receiver

from langchain_smartroute import CostCallbackHandler, ModelSpec, SmartRouterRunnable
from langchain_smartroute.sandbox import Fault, SandboxModel, SandboxServer

MODES = ["invoke", "ainvoke", "stream", "astream"]


@pytest.fixture
def receiver():
    with Receiver().running() as running:
        yield running


@pytest.fixture
def client(receiver):
    client = Client(api_url=receiver.url, api_key="lsv2_secret", info={"batch_ingest_config": None})
    yield client
    client.close()


async def called(router, question, config, mode):
    if mode == "invoke":
        router.invoke(question, config)
    elif mode == "ainvoke":
        await router.ainvoke(question, config)
    elif mode == "stream":
        list(router.stream(question, config))
    else:
        [chunk async for chunk in router.astream(question, config)]


def spec(alias, provider, price):
    return ModelSpec(
        alias=alias,
        model=f"vendor/{alias}",
        provider=provider,
        quality={"general": 0.5 if alias == "cheap" else 0.9},
        prices=[
            {
                "input_usd_per_mtok": price,
                "output_usd_per_mtok": "1.37",
                "source": "test",
                "date": "2026-01-01",
            }
        ],
    )


@pytest.fixture
def sandbox():
    models = [SandboxModel(name="vendor/cheap"), SandboxModel(name="vendor/strong")]
    with SandboxServer(models=models) as server:
        yield server


@pytest.fixture
def router(sandbox):
    return SmartRouterRunnable(
        catalog={
            "name": "test",
            "baseline": "strong",
            "models": {
                "cheap": spec("cheap", "zhipuai", "0.11").model_dump(exclude={"alias"}),
                "strong": spec("strong", "deepseek", "2.3").model_dump(exclude={"alias"}),
            },
            "routes": {"general": "cheap"},
            "default": "cheap",
        },
        base_url=sandbox.base_url,
    )


@pytest.mark.parametrize("mode", MODES)
async def test_run_trees_have_the_ledgers_costs_to_the_last_digit(
    router, sandbox, receiver, client, mode
):
    costs = CostCallbackHandler(baseline=None)
    tracer = LangChainTracer(client=client, project_name="test")
    sandbox.set_fault("vendor/cheap", Fault(kind="status", status=500, times=2))
    for question in ("hello", "and again", "once more"):
        await called(router, question, {"callbacks": [costs, tracer]}, mode)
    client.flush()
    runs = receiver.langsmith_runs().values()
    models = [run for run in runs if run["run_type"] == "llm"]
    assert len(models) == len(costs.records) == 5
    told = [
        Decimal(str(run["extra"]["metadata"]["usage_metadata"]["total_cost"]))
        for run in models
        if not run.get("error")
    ]
    assert sorted(told) == sorted(r.cost_usd for r in costs.records if r.outcome == "accepted")
    assert sum(told) == costs.stats().actual_cost_usd
    requests = [run for run in runs if run["run_type"] == "chain"]
    total = sum(Decimal(run["extra"]["metadata"]["smartroute_cost"]) for run in requests)
    assert total == sum(told)
    baseline = CostCallbackHandler(baseline="strong", catalog=router.catalog)
    for record in costs.records:
        baseline.ledger.add(record)
    would = baseline.stats().baseline_cost_usd
    saved = sum(Decimal(run["extra"]["metadata"]["smartroute_savings"]) for run in requests)
    assert saved == would - total


@pytest.mark.parametrize("mode", MODES)
async def test_each_run_says_who_really_answers_and_each_request_what_was_decided(
    router, sandbox, receiver, client, mode
):
    tracer = LangChainTracer(client=client, project_name="test")
    sandbox.set_fault("vendor/cheap", Fault(kind="status", status=500, times=2))
    await called(router, "hello", {"callbacks": [tracer], "tags": ["mine"]}, mode)
    client.flush()
    runs = receiver.langsmith_runs().values()
    named = [
        (run["extra"]["metadata"]["ls_provider"], run["extra"]["metadata"]["ls_model_name"])
        for run in runs
        if run["run_type"] == "llm"
    ]
    assert named == [("zhipuai", "vendor/cheap")] * 2 + [("deepseek", "vendor/strong")]
    request = next(run for run in runs if run["run_type"] == "chain")
    told = request["extra"]["metadata"]
    assert told["smartroute_attempts"] == "cheap failed, cheap failed, strong accepted"
    assert told["smartroute_answered_by"] == "strong"
    for name in ("decision_id", "route", "task", "difficulty", "tier", "policy", "reason"):
        assert told[f"smartroute_{name}"]
    assert {"mine", "smartroute", "smartroute:route:cheap", "smartroute:failures"} <= set(
        request["tags"]
    )
    assert request.get("outputs")


def test_a_request_that_fails_says_so_too(router, sandbox, receiver, client):
    tracer = LangChainTracer(client=client, project_name="test")
    for name in ("vendor/cheap", "vendor/strong"):
        sandbox.set_fault(name, Fault(kind="status", status=500, times=None))
    with pytest.raises(Exception, match="500"):
        router.invoke("hello", {"callbacks": [tracer]})
    client.flush()
    request = next(r for r in receiver.langsmith_runs().values() if r["run_type"] == "chain")
    assert request["extra"]["metadata"]["smartroute_cost"] == "0"
    assert request["extra"]["metadata"]["smartroute_answered_by"] is None
    assert "smartroute:unanswered" in request["tags"]


def test_a_users_own_tracer_class_is_left_alone(router, client, receiver):
    class Own(LangChainTracer):
        pass

    router.invoke("hello", {"callbacks": [Own(client=client, project_name="test")]})
    client.flush()
    run = next(r for r in receiver.langsmith_runs().values() if r["run_type"] == "llm")
    assert "total_cost" not in run["extra"]["metadata"]["usage_metadata"]


def test_no_key_is_traced(router, client, receiver):
    router.invoke("hello", {"callbacks": [LangChainTracer(client=client, project_name="test")]})
    client.flush()
    assert all(b"lsv2_secret" not in body for _, _, body in receiver.received)


def test_a_chat_openai_of_ones_own_says_who_stands_behind_it(sandbox, client, receiver):
    """ChatOpenAI tells every tracer that OpenAI answers, wherever it points."""
    from langchain_openai import ChatOpenAI

    with SandboxServer(models=[SandboxModel(name="deepseek-chat")]) as server:
        own = ChatOpenAI(model="deepseek-chat", base_url=server.base_url, api_key="k")
        router = SmartRouterRunnable.from_models({"mine": own})
        router.invoke("hello", {"callbacks": [LangChainTracer(client=client, project_name="t")]})
    client.flush()
    run = next(r for r in receiver.langsmith_runs().values() if r["run_type"] == "llm")
    told = run["extra"]["metadata"]
    assert (told["ls_provider"], told["ls_model_name"]) == ("deepseek", "deepseek-chat")
    assert "ls_provider" not in own.metadata
