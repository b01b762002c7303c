from __future__ import annotations

import ast
import time

import pytest

from langchain_smartroute.sandbox.arithmetic import solve


@pytest.mark.parametrize(
    "asked",
    [
        "merge sort an array",
        "sort a list",
        "do a binary search",
        "compute fibonacci numbers",
        "compute a factorial",
        "find prime numbers",
        "check for a palindrome",
        "reverse a string",
        "play fizzbuzz",
        "parse CSV files",
    ],
)
def test_code_is_valid_python_and_names_what_was_asked(client, asked):
    text = client.text(f"Write a Python function to {asked}")
    code = text.removeprefix("```python\n").removesuffix("\n```")
    (function,) = ast.parse(code).body
    assert isinstance(function, ast.FunctionDef)
    assert any(part.rstrip("s") in asked.lower() for part in function.name.split("_"))
    namespace = {}
    exec(compile(code, "answer", "exec"), namespace)  # noqa: S102 - our own text


def test_a_request_for_code_without_a_topic_still_gets_code(client):
    assert "def answer(" in client.text("Write a Python class")


def run(client, request, *arguments):
    code = client.text(request).removeprefix("```python\n").removesuffix("\n```")
    namespace = {}
    exec(compile(code, "answer", "exec"), namespace)  # noqa: S102 - our own text
    (function,) = (value for name, value in namespace.items() if name != "__builtins__")
    return function(*arguments)


def test_the_code_works(client):
    assert run(client, "Implement merge sort", [3, 1, 2, 1]) == [1, 1, 2, 3]
    assert run(client, "Implement quicksort", [3, 1, 2, 1]) == [1, 1, 2, 3]
    assert run(client, "写一个快速排序函数", [2, 1]) == [1, 2]
    assert run(client, "Implement binary search", [1, 3, 5], 5) == 2
    assert run(client, "Implement fibonacci", 10) == 55
    assert run(client, "Implement factorial", 5) == 120
    assert run(client, "Implement a prime test", 97) is True
    assert run(client, "Implement palindrome check", "Was it a car?") is False
    assert run(client, "Implement string reverse", "abc") == "cba"
    assert [run(client, "Implement fizzbuzz", n) for n in (3, 5, 15, 2)] == [
        "Fizz",
        "Buzz",
        "FizzBuzz",
        "2",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello", "Hello! How can I help you today?"),
        ("What is the sentiment of 'I love this great phone'?", "positive"),
        ("Classify the sentiment: I do not like it", "negative"),
        ("Sentiment: The box is brown", "neutral"),
        ("Classify as billing, technical or account: my account is locked", "account"),
        ("Classify as billing or technical: hello", "billing"),
        ("Classify as positive, negative or neutral: awful!", "negative"),
        ("Is this spam? 'You won a free prize'", "spam"),
        ("Is this spam?\nLunch at noon?", "not spam"),
        ("Translate 'Hello, how are you?' to German", "Hallo, wie geht es Ihnen?"),
        ("How do you say 'thank you' in Japanese?", "ありがとう"),
        (
            "Translate to French: The door is red.",
            "[simulated French translation] The door is red.",
        ),
        ("Translate 'good night' to Klingon", "[simulated Klingon translation] good night"),
        ("Summarize: Cats sleep. They eat.", "Cats sleep."),
        ("Summarize: One. Two. Three. Four.", "One. Two."),
        ("Extract the e-mails: a@b.org, c@d.org", "a@b.org\nc@d.org"),
        ("Extract all dates: 2024-01-05 and 3 May 2025", "2024-01-05\n3 May 2025"),
        ("Extract numbers: 3 and 4.5", "3\n4.5"),
        ("Extract the phone number: +49 171 1234567", "+49 171 1234567"),
        ("Extract urls: see https://x.org/a.", "https://x.org/a"),
        ("Extract emails: none here", "None found."),
        ("What is 17 * 23 + 4?", "17 * 23 + 4 = 395"),
    ],
)
def test_a_request_gets_a_sensible_answer(client, text, expected):
    assert client.text(text) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Explain the Monty Hall problem", "2/3"),
        ("How are you?", "simulated"),
        ("Write a haiku about autumn rain", "autumn rain"),
        ("Tell me a joke about cats", "cats"),
        ("What is the capital of France?", "simulated answer about capital France"),
        ("Extract the essence of Faust", "simulated answer"),
        ("Translate this", "simulated answer"),
        ("", "no text"),
        ("日本の首都はどこですか", "シミュレーション"),
        ("今天天气怎么样", "模拟"),
        ("한국의 수도는", "모의"),
        ("ما هي عاصمة فرنسا", "تجريبية"),
        ("Какая столица Франции", "Пробный"),
        ("भारत की राजधानी", "नमूना"),
    ],
)
def test_any_other_request_gets_an_answer_that_says_it_is_simulated(client, text, part):
    assert part in client.text(text)


@pytest.mark.parametrize(
    ("system", "text", "expected"),
    [
        ("Classify the sentiment of what the user says.", "I hate it", "negative"),
        ("You translate to German.", "Thank you", "Danke"),
        ("Translate everything.", "Thank you", "simulated answer"),
        ("You decide whether a mail is spam.", "Free cash, click!", "spam"),
    ],
)
def test_the_system_message_may_say_what_to_do(client, system, text, expected):
    messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    assert expected in client.text(messages)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2+3", "5"),
        ("What is (1 + 2) * -3?", "-9"),
        ("0.1 + 0.2", "0.3"),
        ("1/3 + 1/6", "0.5"),
        ("7 // 2 and so on", "3"),
        ("7 % 4", "3"),
        ("2^10", "1024"),
        ("2**-2", "0.25"),
        ("3 times 4", "12"),
        ("10 divided by 4", "2.5"),
        ("15% of 80", "12"),
        ("1,000 + 1", "1001"),
        ("2**100", str(2**100)),
    ],
)
def test_arithmetic_is_exact(text, value):
    assert solve(text)[1] == value


@pytest.mark.parametrize(
    "text",
    ["", "hello", "42", "9**9**9**9", "2**0.5", "1/0", "(1 + 2", "3 +", "1+" * 150 + "1", "v1.2-3"],
)
def test_only_small_expressions_are_evaluated(text):
    assert solve(text) is None


def test_a_question_after_an_answer_is_about_the_last_message(client):
    messages = [
        {"role": "user", "content": "What is 2+3?"},
        {"role": "assistant", "content": "5"},
        {"role": "user", "content": "Hello"},
    ]
    assert client.text(messages).startswith("Hello!")


@pytest.mark.parametrize(
    "part", ["write the quick fox ", "Alpha Beta ", "1", "'a ", "((1+", "f(", "as a, ", "a.b-"]
)
def test_a_very_long_text_is_answered_soon(client, part):
    """Some patterns are quadratic: only the beginning and the end of a long text are read."""
    began = time.monotonic()
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "number"}}}}
    tools = [{"type": "function", "function": tool}]
    assert client.post(part * 20_000, tools=tools).status_code in (200, 400)
    assert time.monotonic() - began < 2
