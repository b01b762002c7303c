"""The words by which providers say that their filter ended an answer mean one thing everywhere."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage

from langchain_smartroute.execution.checks import FilterCheck
from langchain_smartroute.execution.faults import fault_of

WORDS = [
    "content_filter",
    "CONTENT_FILTER",
    "content_filtered",
    "SAFETY",
    "IMAGE_SAFETY",
    "PROHIBITED_CONTENT",
    "BLOCKLIST",
    "SPII",
    "sensitive",
    "guardrail_intervened",
]
PLACES = {
    "finish_reason": lambda word: {"finish_reason": word},
    "stop_reason": lambda word: {"stop_reason": word},
    "done_reason": lambda word: {"done_reason": word},
    "stopReason": lambda word: {"stopReason": word},
    "incomplete_details": lambda word: {"incomplete_details": {"reason": word}},
}
IN_ALL_PLACES = pytest.mark.parametrize("place", PLACES)


class ModelRefusalError(Exception):
    """As LangChain names it, with the message in which the model refused."""

    def __init__(self, metadata):
        self.raw_message = AIMessage("", response_metadata=metadata)


@IN_ALL_PLACES
@pytest.mark.parametrize("word", WORDS)
def test_a_filter_is_one_in_an_answer_and_in_a_refused_object(place, word):
    """Of an object the error knew one of these words, in small letters and two places.

    So a prompt that Gemini's filter or Zhipu's had refused was sent to the next provider.
    """
    metadata = PLACES[place](word)
    assert FilterCheck()([], AIMessage("", response_metadata=metadata)) is not None
    assert fault_of(ModelRefusalError(metadata)).kind == "filtered"


@IN_ALL_PLACES
@pytest.mark.parametrize("word", ["stop", "refusal", "end_turn", "", None, 7, ["safety"]])
def test_no_other_end_is_a_filters(place, word):
    metadata = PLACES[place](word)
    assert FilterCheck()([], AIMessage("", response_metadata=metadata)) is None
    assert fault_of(ModelRefusalError(metadata)).kind == "unfit"


@pytest.mark.parametrize("word", [*WORDS, "content_policy_violation"])
def test_it_is_one_as_an_errors_code(word):
    class HttpError(Exception):
        status_code = 400
        code = word

    assert fault_of(HttpError()).kind == "filtered"
