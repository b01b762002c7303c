"""The judge classifier: protected from injection, parsed into fixed labels, and accounted for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.runnables import RunnableLambda

from langchain_smartroute import Catalog, CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.accounting.rollup import Rollup, add_to_rollup
from langchain_smartroute.accounting.rows import row_of
from langchain_smartroute.classify import (
    ClassifierChain,
    JudgeClassifier,
    UserRequest,
    classify_safely,
    classify_safely_async,
)
from langchain_smartroute.classify.judge import Verdict, _prompt
from langchain_smartroute.report import SpendingReport
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.types import DIFFICULTIES, TASKS


class Judge(GenericFakeChatModel):
    """Gives a fixed object as its structured output; keeps what it was asked."""

    verdict: object = None
    asked: list = []  # noqa: RUF012 - pydantic copies it for each instance
    methods: list = []  # noqa: RUF012 - as above

    def with_structured_output(self, schema, **kwargs):
        self.methods.append(kwargs)

        def answer(messages):
            self.asked.append(messages)
            return self.verdict

        return RunnableLambda(answer)


def judge(verdict):
    return Judge(messages=iter(()), verdict=verdict)


async def test_the_verdict_is_the_task_and_the_difficulty_in_both_ways():
    classifier = JudgeClassifier(judge(Verdict(task="math", difficulty="hard")))
    request = UserRequest(text="2 + 2")
    for said in (classifier.classify(request), await classifier.aclassify(request)):
        assert (said.task, said.difficulty, said.source) == ("math", "hard", "judge")


@pytest.mark.parametrize("nonsense", [None, "math", {"task": "math"}])
async def test_an_answer_that_is_no_verdict_is_a_failure(nonsense):
    classifier = JudgeClassifier(judge(nonsense))
    request = UserRequest(text="x")
    for said in (
        classify_safely(classifier, request),
        await classify_safely_async(classifier, request),
    ):
        assert said.source == "JudgeClassifier: failed (TypeError)"


def test_the_method_of_structured_output_can_be_chosen():
    model = judge(Verdict(task="math", difficulty="hard"))
    JudgeClassifier(model, method="json_mode").classify(UserRequest(text="x"))
    assert model.methods == [{"method": "json_mode"}]


@settings(deadline=None)
@given(st.text())
def test_no_text_can_close_its_own_fence(text):
    rules, fenced = _prompt(UserRequest(text=text))
    mark = fenced.content.split("\n", 1)[0]
    assert mark in rules.content
    assert mark not in text
    assert fenced.content.count(mark) == 2
    assert fenced.content.startswith(f"{mark}\n{text}\n{mark}\n")


def test_an_image_is_mentioned_and_not_sent():
    request = UserRequest(text="what is it?", modalities=frozenset({"text", "image"}))
    assert "image is attached" in _prompt(request)[1].content


def test_a_verdict_is_one_of_the_tasks_and_levels():
    properties = Verdict.model_json_schema()["properties"]
    assert properties["task"]["enum"] == list(TASKS)
    assert properties["difficulty"]["enum"] == list(DIFFICULTIES)


@pytest.fixture
def gateway():
    with SandboxServer() as server:
        yield server


def router_with_judge(gateway):
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model="gpt-4o-mini", base_url=gateway.base_url, api_key="none")
    chain = ClassifierChain(lambda text: {"code": 0.5, "math": 0.5}, JudgeClassifier(model))
    return SmartRouterRunnable.from_catalog(base_url=gateway.base_url, classifier=chain)


async def test_the_judges_call_is_part_of_the_requests_cost_and_of_no_baseline(gateway):
    router = router_with_judge(gateway)
    for call in (router.invoke, router.ainvoke):
        costs = CostCallbackHandler(baseline="gpt-4o")
        answer = call("Sort a list", {"callbacks": [costs]})
        answer = answer if hasattr(answer, "content") else await answer
        judged, answered = costs.records
        assert judged.alias == "gpt-4o-mini"
        assert judged.request_id == answered.request_id
        assert (judged.purpose, answered.purpose) == ("classifier", "answer")
        assert judged.cost_usd > Decimal(0)
        stats = costs.stats()
        assert stats.total_requests == 1
        assert stats.actual_cost_usd == judged.cost_usd + answered.cost_usd
        assert stats.model_distribution == {answered.alias: 1}


async def test_what_the_judge_said_shows_in_the_decision(gateway):
    router = router_with_judge(gateway)
    for decision in (router.explain("Sort a list"), await router.aexplain("Sort a list")):
        assert decision.classified_by.endswith("→ judge")
        assert "→ judge" in str(decision)


async def test_a_report_counts_the_judges_call_as_cost_and_not_as_an_answer(gateway):
    """Without its purpose it was one more request, answered by the cheapest model."""
    costs = CostCallbackHandler(baseline=None)
    await router_with_judge(gateway).ainvoke("hm, the thing", {"callbacks": [costs]})
    judged, answered = costs.records
    rollup = Rollup()
    add_to_rollup(rollup, ((row_of(record), ()) for record in costs.records))
    found = SpendingReport(rollup=rollup, catalog=Catalog.load("default")).document().figures
    assert (found["calls"], found["requests"], found["answers"]) == (2, 1, 1)
    assert found["overhead_usd"] == judged.cost_usd
    assert found["spent_usd"] == judged.cost_usd + answered.cost_usd
