"""Records of decisions: one a request, however it ends, and a file that can be read again."""

from __future__ import annotations

import json
import threading
from decimal import Decimal

import pytest
from langchain_core.messages import HumanMessage

from langchain_smartroute import (
    ConfigurationError,
    CostCallbackHandler,
    ModelSpec,
    NoFeasibleModelError,
    Price,
    SmartRouterRunnable,
    SpendLimitExceededError,
)
from langchain_smartroute.accounting.decisions import DecisionRecord, JsonlDecisions
from langchain_smartroute.testing import FixedClassifier, ScriptedChatModel

SECRET = "the word that nobody may see"
PRICE = Price(input_usd_per_mtok=1, output_usd_per_mtok=4, source="a test", date="2026-11-27")


def router_with(told, **models):
    models = models or {
        "fast": ScriptedChatModel(model_name="gpt-4o-mini", script=["ok"]),
        "strong": ScriptedChatModel(model_name="gpt-4o"),
    }
    return SmartRouterRunnable.from_models(models, routes={"code": "strong"}, on_decision=told)


async def called(router, mode, question="Write a Python function"):
    if mode == "invoke":
        return router.invoke(question)
    if mode == "ainvoke":
        return await router.ainvoke(question)
    if mode == "stream":
        return list(router.stream(question))
    return [chunk async for chunk in router.astream(question)]


@pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream"])
async def test_each_request_has_one_record_when_it_has_ended(mode):
    told = []
    await called(router_with(told.append), mode)
    (record,) = told
    assert (record.route, record.answered_by, record.task) == ("strong", "strong", "code")
    assert [attempt.outcome for attempt in record.attempts] == ["accepted"]
    assert [c.alias for c in record.candidates] == ["strong", "fast"]
    assert [c.place for c in record.candidates] == [1, 2]
    strong = record.candidates[0]
    assert strong.reason == record.reason
    assert strong.input_usd_per_mtok > 0
    assert record.cost_usd == (
        10 * strong.input_usd_per_mtok + 3 * strong.output_usd_per_mtok
    ) / Decimal(1_000_000)


@pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize(
    ("settings", "error", "why"),
    [
        ({"tier": "quality", "max_cost_usd": "0"}, SpendLimitExceededError, "estimate of $"),
        ({}, NoFeasibleModelError, "cannot read image"),
    ],
)
async def test_a_request_that_nobody_can_serve_has_a_record_of_why(mode, settings, error, why):
    told = []
    blind = ModelSpec(alias="blind", model="gpt-4o-mini", inputs=["text"], prices=[PRICE])
    router = SmartRouterRunnable.from_models(
        {"blind": blind}, base_url="http://127.0.0.1:1/v1", on_decision=told.append, **settings
    )
    question = SECRET
    if not settings:
        picture = {"type": "image", "base64": "iVBORw0KGgo=", "mime_type": "image/png"}
        question = [HumanMessage([{"type": "text", "text": SECRET}, picture])]
    with pytest.raises(error) as caught:
        await called(router, mode, question)
    (record,) = told
    assert (record.route, record.answered_by, record.attempts) == (None, None, ())
    assert record.reason == str(caught.value).partition("\n")[0].rstrip(":")
    (candidate,) = record.candidates
    assert candidate.excluded
    assert why in candidate.reason
    assert record.cost_usd == 0
    assert SECRET not in json.dumps(record.to_json())
    assert DecisionRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_an_explanation_that_finds_nobody_leaves_no_record():
    told = []
    with pytest.raises(SpendLimitExceededError):
        router_with(told.append).with_route(max_cost_usd="0").explain("Hello")
    assert told == []


@pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream"])
async def test_a_request_that_nobody_answers_has_its_record_too(mode):
    told = []
    dead = ScriptedChatModel(script=[ConnectionError(SECRET)])
    with pytest.raises(Exception, match="nobody"):
        await called(router_with(told.append, strong=dead), mode)
    (record,) = told
    assert record.answered_by is None
    assert {attempt.outcome for attempt in record.attempts} == {"failed"}
    assert SECRET not in json.dumps(record.to_json())


def test_what_was_ruled_out_is_told_with_its_reason(tmp_path):
    told = []
    spec = {"models": {"deaf": {"tools": False}, "able": {}}, "default": "deaf"}
    router = SmartRouterRunnable.from_catalog(
        catalog=spec, base_url="http://127.0.0.1:9/v1", on_decision=told.append, breaker=None
    )
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    with pytest.raises(Exception, match="onnection"):
        router.bind_tools([tool]).invoke("hi")
    able, deaf = told[0].candidates
    assert (able.excluded, deaf.excluded) == (False, True)
    assert deaf.reason == "cannot call tools"
    assert deaf.place is deaf.input_usd_per_mtok is None
    assert told[0].tools == 1


def test_a_hook_that_raises_harms_no_call_and_says_no_word_of_it(caplog):
    def broken(record):
        raise RuntimeError(SECRET)

    assert router_with(broken).invoke("hi").text == "ok"
    assert "on_decision raised RuntimeError" in caplog.text
    assert SECRET not in caplog.text


def test_a_file_gives_back_what_was_written(tmp_path):
    told, path = [], tmp_path / "decisions.jsonl"
    sink = JsonlDecisions(path)

    def both(record):
        told.append(record)
        sink(record)

    router = router_with(both)
    for question in ("hi", f"Write a Python function. {SECRET}"):
        router.invoke(question)
    found = list(sink.records())
    assert found == told
    assert all(isinstance(record, DecisionRecord) for record in found)
    assert SECRET not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_path_is_enough(tmp_path):
    path = str(tmp_path / "decisions.jsonl")
    router = router_with(path)
    answer = router.invoke("hi")
    (record,) = JsonlDecisions(path).records()
    assert record.id == answer.response_metadata["smartroute"]["decision_id"]


def test_invalid_lines_are_skipped(tmp_path):
    path = tmp_path / "decisions.jsonl"
    router_with(path).invoke("hi")
    line = path.read_text()
    path.write_text(f'{line[:40]}\n[]\n7\n{{"id": "x"}}\n{line}')
    assert len(list(JsonlDecisions(path).records())) == 1


def test_writers_at_once_mix_no_lines(tmp_path):
    sink = JsonlDecisions(tmp_path / "decisions.jsonl")
    router = router_with(sink)
    threads = [threading.Thread(target=lambda: router.batch(["hi"] * 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({record.id for record in sink.records()}) == 40


def test_records_and_ledger_agree_to_the_last_digit():
    told, costs = [], CostCallbackHandler(baseline=None)
    router = router_with(told.append)
    for question in ("hi", "Write a Python function", "thanks"):
        router.invoke(question, {"callbacks": [costs]})
    assert sum(record.cost_usd for record in told) == costs.stats().actual_cost_usd
    assert {record.id for record in told} == {record.decision_id for record in costs.records}


def test_a_file_that_is_not_there_says_what_to_give():
    with pytest.raises(ConfigurationError, match="on_decision"):
        list(JsonlDecisions("/nowhere/decisions.jsonl").records())


def test_an_invalid_receiver_of_records_is_refused_at_once():
    with pytest.raises(ConfigurationError, match="on_decision = 7"):
        router_with(7)


def test_a_path_is_written_into_a_configuration_and_a_callable_is_not(tmp_path):
    path = str(tmp_path / "d.jsonl")
    router = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:9/v1", on_decision=path)
    assert router.to_config()["on_decision"] == path
    assert SmartRouterRunnable.from_config(router.to_config()).on_decision == path
    hooked = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:9/v1", on_decision=print)
    with pytest.raises(ConfigurationError, match="on_decision"):
        hooked.to_config()


@pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream"])
async def test_parsed_output_costs_what_its_models_run_did(mode):
    """The object that is left holds no usage: cost was unknown to traces, known to the ledger."""
    from pydantic import BaseModel

    from langchain_smartroute.sandbox import SandboxServer

    class Invoice(BaseModel):
        """The data of an invoice."""

        total: float

    told, costs = [], CostCallbackHandler(baseline=None)
    with SandboxServer() as server:
        router = SmartRouterRunnable.from_catalog(
            base_url=server.base_url, on_decision=told.append, callbacks=[costs]
        )
        await called(router.with_structured_output(Invoice), mode, "Extract: total 12.50")
    (record,) = told
    assert record.cost_usd == costs.stats().actual_cost_usd > 0
    assert record.savings_usd is not None


def test_a_name_may_hold_what_other_programs_call_the_end_of_a_line(tmp_path):
    """The line separator in a task's name cut its record in two, and it was skipped."""
    kept = JsonlDecisions(tmp_path / "decisions.jsonl")
    router = SmartRouterRunnable.from_models(
        {"fast": ScriptedChatModel(script=["ok"])},
        classifier=FixedClassifier(task="first\u2028second\x85third", difficulty="easy"),
        on_decision=kept,
    )
    router.invoke("Hello!")
    (record,) = kept.records()
    assert record.task == "first\u2028second\x85third"
