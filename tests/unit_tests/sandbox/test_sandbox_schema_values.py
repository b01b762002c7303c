from __future__ import annotations

import json
from datetime import date
from enum import StrEnum
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from langchain_smartroute.sandbox.schema_values import fill


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    street: str
    city: str
    country: str | None = None


class Person(BaseModel):
    name: str
    age: int = Field(ge=0, le=150)
    email: str
    address: Address
    friends: list[Person] = []
    favourite: Colour | None = None


class Bounds(BaseModel):
    model_config = ConfigDict(strict=True)

    percent: float = Field(gt=0, lt=1)
    step: int = Field(multiple_of=7, ge=10)
    top: int = Field(le=-5)
    short: str = Field(max_length=5)
    long: str = Field(min_length=80)
    code: str = Field(pattern=r"^[A-Z]{2}-\d{3}$")
    pair: tuple[int, str]
    some: list[int] = Field(min_length=3, max_length=4)
    colours: list[Colour]
    extra: dict[str, str]
    kind: Literal["only"]
    nothing: None
    choice: int | str


class Node(BaseModel):
    label: str
    children: list[Node]


def of(model, text):
    return fill(model.model_json_schema(), text)


@pytest.mark.parametrize("text", ["", "Hello", "Ünïcödé 你好", "1 2 3 4 5.5 -9 1000", "x" * 5000])
def test_what_is_filled_fits_the_schema_whatever_the_text(text):
    for model in (Address, Bounds, Node):
        model.model_validate_json(json.dumps(of(model, text)))
    Person.model_validate_json(json.dumps(of(Person, text)))


def test_values_come_from_the_text():
    text = "Alice Smith is 30 years old and lives in Berlin. Mail: alice@example.org, loves blue."
    person = Person.model_validate(of(Person, text))
    assert (person.name, person.age, person.email) == ("Alice Smith", 30, "alice@example.org")
    assert person.address.city == "Berlin"


def test_an_optional_value_is_left_out_unless_the_text_has_it():
    schema = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "colour": {"enum": ["red", "blue"]},
            "shout": {"type": "boolean"},
            "city": {"type": "string"},
            "limit": {"type": "integer"},
        },
    }
    assert fill(schema, "Find Bob") == {"name": "Bob"}
    found = fill(schema, "Find Bob in Rome in blue, shout, limit 5")
    assert found == {"name": "Bob", "colour": "blue", "shout": True, "city": "Rome", "limit": 5}
    assert fill(schema, "Find Bob, do not shout, no limit") == {"name": "Bob", "shout": False}


def test_a_required_value_that_may_be_null_is_null_unless_the_text_has_it():
    schema = {
        "type": "object",
        "required": ["setup", "punchline"],
        "properties": {
            "setup": {"type": "string"},
            "punchline": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    }
    assert fill(schema, "A joke about cats")["punchline"] is None
    assert fill(schema, "A joke about cats with a punchline")["punchline"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("I love it, great!", "positive"), ("It is awful.", "negative"), ("A table.", "neutral")],
)
def test_a_sentiment_is_judged(text, expected):
    options = {"enum": ["negative", "neutral", "positive"]}
    assert fill(options, text) == expected


def test_spam_is_judged():
    schema = {
        "type": "object",
        "required": ["is_spam", "label"],
        "properties": {"is_spam": {"type": "boolean"}, "label": {"enum": ["ham", "spam"]}},
    }
    assert fill(schema, "You won a free prize!") == {"is_spam": True, "label": "spam"}
    assert fill(schema, "Lunch at noon?") == {"is_spam": False, "label": "ham"}


def test_lists_take_all_that_the_text_has():
    def of_items(key, text, **items):
        part = {"type": "array", "items": items}
        return fill({"type": "object", "required": [key], "properties": {key: part}}, text)[key]

    assert of_items("emails", "a@b.org and c@d.org", type="string") == ["a@b.org", "c@d.org"]
    assert of_items("values", "1, 2 and 3.5", type="number") == [1, 2, 3.5]
    assert of_items("tags", "'x' and 'y'", type="string") == ["x", "y"]
    assert of_items("colours", "blue or red", enum=["red", "green", "blue"]) == ["red", "blue"]
    assert of_items("when", "on 2024-05-01", type="string", format="date") == ["2024-05-01"]
    assert len(of_items("people", "nobody", type="object", properties={})) == 1


def test_references_and_alternatives_are_followed():
    schema = {
        "$defs": {"a/b": {"type": "integer", "minimum": 5}, "c": {"properties": {"y": {}}}},
        "allOf": [
            {"properties": {"x": {"$ref": "#/$defs/a~1b"}}, "required": ["x"]},
            {"$ref": "#/$defs/c", "required": ["y"]},
        ],
        "type": "object",
    }
    filled = fill(schema, "Nothing")
    assert filled["x"] >= 5
    assert isinstance(filled["y"], str)
    assert fill({"oneOf": [{"type": "null"}, {"type": "integer"}]}, "7") == 7
    assert fill({"type": ["null", "boolean"]}, "") is False
    assert fill({"anyOf": [{"type": "null"}]}, "") is None
    assert fill({"const": 4}, "") == 4


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("date", date),
        ("uri", str),
        ("uuid", str),
        ("ipv4", str),
        ("email", str),
        ("date-time", str),
    ],
)
def test_formats_are_kept_when_the_text_has_none(form, kind):
    value = fill({"type": "string", "format": form}, "Nothing of the kind.")
    TypeAdapter(kind).validate_python(value)


def test_json_schema_over_the_wire(client):
    schema = {"name": "person", "schema": Person.model_json_schema()}
    form = {"type": "json_schema", "json_schema": schema}
    text = client.text("Bob Ray, 41, bob@example.org", response_format=form)
    person = Person.model_validate_json(text)
    assert (person.name, person.age) == ("Bob Ray", 41)
    assert client.ask("Bob", response_format=form)["usage"]["prompt_tokens"] > 100


def test_json_mode_takes_the_keys_that_the_prompt_quotes(client):
    form = {"type": "json_object"}
    text = client.text("Return JSON with keys 'setup' and 'punchline'.", response_format=form)
    assert set(json.loads(text)) == {"setup", "punchline"}
    assert json.loads(client.text("What is 2+3? JSON!", response_format=form)) == {
        "answer": "2+3 = 5"
    }


def test_a_value_stated_with_its_key_is_taken():
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string"}, "unit": {"type": "string"}},
    }
    filled = fill(schema, 'Make it with title: "Big Day" and unit = km.')
    assert filled == {"title": "Big Day", "unit": "km"}


def test_a_question_goes_where_a_whole_text_is_wanted():
    schema = {
        "type": "object",
        "required": ["query", "due", "at"],
        "properties": {
            "query": {"type": "string"},
            "due": {"type": "string", "format": "date"},
            "at": {"type": "string", "format": "date-time"},
        },
    }
    filled = fill(schema, "who won on 3 May 2025")
    assert filled["query"] == "who won on 3 May 2025"
    assert date.fromisoformat(filled["due"])
    assert "T" in filled["at"]


def test_a_sentiment_without_a_neutral_option_is_still_one_of_the_options():
    assert fill({"enum": ["positive", "negative"]}, "A table.") == "positive"
