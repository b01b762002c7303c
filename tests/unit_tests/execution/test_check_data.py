"""Tool arguments and data: what the receiver could not take is rejected."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, Field, field_validator

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks import (
    SchemaCheck,
    ToolArgumentsCheck,
    as_check,
    run_check,
)
from langchain_smartroute.execution.checks.json_shape import fits


class Trip(BaseModel):
    city: str
    days: int = Field(gt=0)


SCHEMA = Trip.model_json_schema()


def _calling(args, name="Trip"):
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": "1", "type": "tool_call"}])


def test_arguments_that_do_not_parse_reject():
    invalid = {"name": "f", "args": "{", "id": "1", "error": None, "type": "invalid_tool_call"}
    answer = AIMessage("", invalid_tool_calls=[invalid])
    assert ToolArgumentsCheck()([], answer) == "tool arguments do not parse"


@pytest.mark.parametrize("schema", [Trip, SCHEMA])
def test_arguments_that_do_not_fit_reject(schema):
    check = ToolArgumentsCheck({"Trip": schema})
    assert check([], _calling({"city": "Oslo", "days": 2})) is None
    assert check([], _calling({"city": "Oslo"})) == "tool arguments do not fit the schema"
    assert check([], _calling({"city": 5, "days": 2})) == "tool arguments do not fit the schema"
    assert check([], _calling({}, name="other")) is None
    assert check([], AIMessage("hi")) is None


def test_the_check_is_built_from_bound_tools():
    @tool
    def search(query: str) -> str:
        """Search the web."""
        return query

    web_search = {"type": "web_search"}  # a provider's own
    tools = [*map(convert_to_openai_tool, [search, Trip]), web_search]
    check = ToolArgumentsCheck.of_tools(tools)
    assert check([], _calling({"query": "x"}, "search")) is None
    assert check([], _calling({}, "search")) is not None
    assert check([], _calling({"city": "Oslo"})) is not None


@pytest.mark.parametrize("schema", [Trip, SCHEMA])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (AIMessage('{"city": "Oslo", "days": 2}'), None),
        (AIMessage('```json\n{"city": "Oslo", "days": 2}\n```'), None),
        (AIMessage([{"type": "text", "text": '{"city": "Oslo", "days": 2}'}]), None),
        (AIMessage('{"city": "Oslo"}'), "schema not met"),
        (AIMessage("Oslo, two days"), "schema not met: no JSON"),
        (AIMessage(""), "schema not met: no JSON"),
        (AIMessage("[" * 9000), "schema not met: no JSON"),
        (AIMessage("x" * 100_001), None),
        (_calling({"city": "Oslo", "days": 2}), None),
        (_calling({"city": "Oslo", "days": 2}, "anything"), None),
        (_calling({"city": "Oslo"}), "schema not met"),
    ],
)
def test_data_must_meet_the_schema(schema, answer, reason):
    assert SchemaCheck(schema)([], answer) == reason


def test_of_several_calls_the_one_named_like_the_schema_counts():
    calls = [
        {"name": name, "args": args, "id": name, "type": "tool_call"}
        for name, args in (("a", {}), ("Trip", {"city": "Oslo", "days": 2}))
    ]
    assert SchemaCheck(Trip)([], AIMessage("", tool_calls=calls)) is None
    assert SchemaCheck(Trip)([], AIMessage("", tool_calls=[calls[0]] * 2)) == "schema not met"


@pytest.mark.parametrize("schema", [None, 3, "Trip", int])
def test_other_schemas_are_refused(schema):
    with pytest.raises(ConfigurationError, match="pydantic"):
        SchemaCheck(schema)


def test_a_users_validator_that_breaks_accepts():
    class Broken(BaseModel):
        city: str

        @field_validator("city")
        @classmethod
        def _break(cls, value):
            raise RuntimeError(value)

    verdict = run_check(as_check(SchemaCheck(Broken)), [], AIMessage('{"city": "Oslo"}'))
    assert (verdict.reason, verdict.error) == (None, "RuntimeError")


@pytest.mark.parametrize(
    ("value", "schema", "fit"),
    [
        (1, {"type": "integer"}, True),
        (1.0, {"type": "integer"}, True),
        (1.5, {"type": "integer"}, False),
        (True, {"type": "integer"}, False),
        (True, {"type": "boolean"}, True),
        (None, {"type": ["string", "null"]}, True),
        (1, {"type": ["string", "null"]}, False),
        (1, {"type": "unheard of"}, True),
        ("a", {"enum": ["a", "b"]}, True),
        ("c", {"enum": ["a", "b"]}, False),
        ("c", {"const": "a"}, False),
        ([1, "x"], {"items": {"type": "integer"}}, False),
        ({"a": 1, "b": 2}, {"properties": {"a": {}}, "additionalProperties": False}, False),
        ({"a": "x"}, {"properties": {"a": {"type": "integer"}}}, False),
        (1, {"anyOf": [{"type": "string"}, {"type": "integer"}]}, True),
        (None, {"anyOf": [{"type": "string"}, {"type": "integer"}]}, False),
        (1, {"allOf": [{"type": "integer"}, {"enum": [2]}]}, False),
        (1, {"$ref": "#/$defs/T", "$defs": {"T": {"type": "string"}}}, False),
        (1, {"$ref": "#/missing"}, True),
        (1, {"$ref": "#"}, True),
        (1, False, False),
        (1, True, True),
        (1, "nonsense", True),
        ([[[]]], {"items": {"$ref": "#"}, "type": "array"}, True),
    ],
)
def test_the_shape_of_json(value, schema, fit):
    assert fits(value, schema) is fit
