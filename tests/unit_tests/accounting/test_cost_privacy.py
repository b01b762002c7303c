"""Accounts hold figures and names, never a word of a prompt or a key."""

from __future__ import annotations

import logging

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.sandbox import Fault

SECRET = "the-patient-is-called-Zaphod"
KEY = "sk-not-for-anyones-eyes"


@pytest.fixture
def called(sandbox, caplog):
    """A handler after a good, a failed, an estimated and a forgotten call."""

    def fail(record):
        raise RuntimeError(SECRET)

    costs = CostCallbackHandler(on_record=fail)
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, api_key=KEY)
    ask = [HumanMessage(SECRET), AIMessage(SECRET), HumanMessage(f"Summarize: {SECRET}")]
    config = {"callbacks": [costs]}
    with caplog.at_level(logging.DEBUG, logger="langchain_smartroute"):
        router.invoke(ask, config)
        router.invoke(SECRET, config)
        sandbox.set_fault("deepseek-chat", Fault(kind="status", status=500, message=SECRET))
        router.invoke(SECRET, config)
        sandbox.set_fault("deepseek-chat", Fault(kind="no_usage"))
        router.invoke(SECRET, config)
        stream = router.stream(SECRET, config)
        next(stream)
        stream.close()
    assert len(costs.records) >= 6
    return costs


@pytest.mark.parametrize("word", [SECRET, "Zaphod", KEY])
def test_no_prompt_and_no_key_is_in_what_the_handler_shows(called, word):
    stats = called.stats()
    shown = [repr(called), str(called), repr(called.records), called.report()]
    shown += [repr(stats), str(stats.as_dict()), repr(vars(called))]
    assert not any(word in text for text in shown)


@pytest.mark.parametrize("word", [SECRET, "Zaphod", KEY])
def test_no_prompt_and_no_key_is_logged(called, caplog, word):
    logged = caplog.get_records("setup")
    ours = [r.getMessage() for r in logged if r.name.startswith("langchain_smartroute")]
    assert ours
    assert not any(word in text for text in ours)


def test_the_handler_keeps_no_messages_of_a_run_under_way_in_its_repr(scripted, answered):
    costs = CostCallbackHandler()
    seen = []
    model = scripted(script=[answered()], before=lambda: seen.append(repr(costs)))
    model.invoke(SECRET, {"callbacks": [costs]})
    assert len(seen) == 1
    assert SECRET not in seen[0]
