"""Model runs in the words of OpenTelemetry's conventions."""

from __future__ import annotations

from langchain_core.messages import AIMessage
from langchain_core.outputs import Generation, LLMResult

from langchain_smartroute import Usage
from langchain_smartroute.accounting.genai import (
    answer_attributes,
    parameter_attributes,
    provider_name,
    sum_of_usages,
    usage_attributes,
)
from langchain_smartroute.catalog import messages_in


def test_providers_have_the_names_of_the_conventions():
    named = [provider_name(name) for name in ("openai", "xai", "google_genai", None)]
    assert named == ["openai", "x_ai", "gcp.gemini", "_OTHER"]


def test_only_numbers_among_the_parameters_are_told():
    told = dict(
        parameter_attributes(
            {"smartroute_api_model": "m"}, {"temperature": 0, "top_p": "?", "seed": 3}
        )
    )
    assert told == {
        "gen_ai.provider.name": "_OTHER",
        "gen_ai.request.model": "m",
        "gen_ai.request.temperature": 0,
        "gen_ai.request.seed": 3,
    }


def test_every_kind_of_token_is_counted_and_nothing_that_is_not_there():
    plain = Usage(input_tokens=2, output_tokens=1)
    full = Usage(
        input_tokens=9,
        output_tokens=4,
        cache_read_tokens=3,
        cache_write_tokens=2,
        reasoning_tokens=1,
    )
    assert dict(usage_attributes(plain)) == {
        "gen_ai.usage.input_tokens": 2,
        "gen_ai.usage.output_tokens": 1,
    }
    assert dict(usage_attributes(sum_of_usages(plain, full))) == {
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 3,
        "gen_ai.usage.cache_creation.input_tokens": 2,
        "gen_ai.usage.reasoning.output_tokens": 1,
    }


def test_an_answer_tells_its_model_id_and_end():
    said = {"model_name": "m", "id": "chatcmpl-1", "stop_reason": "end_turn"}
    assert dict(answer_attributes(AIMessage("", response_metadata=said))) == {
        "gen_ai.response.model": "m",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.finish_reasons": ("end_turn",),
    }
    assert dict(answer_attributes(AIMessage(""))) == {}


def test_a_text_completion_has_no_messages():
    assert list(messages_in(LLMResult(generations=[[Generation(text="hi")]]))) == []
