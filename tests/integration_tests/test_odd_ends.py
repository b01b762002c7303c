"""Finish reasons that are not OpenAI's, and those that are said more than once."""

from __future__ import annotations

import pytest
from scripted import ANSWER, SAID, call, delta, plain, router_of, streamed

from langchain_smartroute import ChainExhaustedError, StreamInterruptedError

DONE = "data: [DONE]\n\n"
EVERY_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
STREAMS = pytest.mark.parametrize("way", ["stream", "astream"])


def ending(way, reason):
    if "stream" in way:
        return streamed(delta("fi", usage=None), delta("ne", reason), DONE)
    return plain({**ANSWER, "choices": [{"index": 0, "finish_reason": reason, "message": SAID}]})


@EVERY_WAY
@pytest.mark.parametrize(
    "reason", ["error", "network_error", "insufficient_system_resource", "abort"]
)
def test_a_server_that_broke_off_has_not_answered(serve, way, reason):
    """Zhipu's, DeepSeek's and vLLM's words for it: half an answer counted as complete."""
    server = serve(ending(way, reason))
    with pytest.raises((ChainExhaustedError, StreamInterruptedError), match=reason) as told:
        call(router_of(server), way)
    assert {str(attempt.cost_usd) for attempt in told.value.attempts} == {"0.000020"}


@EVERY_WAY
@pytest.mark.parametrize(
    ("reason", "check"),
    [
        ("sensitive", "filter: finish_reason content_filter"),
        ("model_context_window_exceeded", "length: finish_reason length"),
        ("length", "length: finish_reason length"),
        ("MAX_TOKENS", "length: finish_reason length"),
    ],
)
def test_checks_know_the_providers_words(serve, way, reason, check):
    answer = call(router_of(serve(ending(way, reason))), way)
    assert answer.response_metadata["smartroute"]["unmet_checks"] == [check]


@STREAMS
@pytest.mark.parametrize("ends", [["stop"] * 3, [None, "stop", "stop"], ["", "stop", None]])
def test_an_end_that_is_said_twice_is_one(serve, way, ends):
    """The finish reason was `stopstop`, and the model's name was doubled as well."""
    parts = [delta(t, end, usage=None) for t, end in zip(["f", "in", "e"], ends, strict=True)]
    answer = call(router_of(serve(streamed(*parts, DONE))), way)
    assert answer.text == "fine"
    told = answer.response_metadata
    assert (told["finish_reason"], told["model_name"]) == ("stop", "theirs")


@STREAMS
def test_the_first_end_counts(serve, way):
    """A text that was cut by its length looked whole, with the reason `lengthstop`."""
    parts = delta("fine", "length", usage=None), delta("", "stop"), DONE
    answer = call(router_of(serve(streamed(*parts))), way)
    assert answer.response_metadata["finish_reason"] == "length"
    assert answer.response_metadata["smartroute"]["unmet_checks"] == [
        "length: finish_reason length"
    ]
