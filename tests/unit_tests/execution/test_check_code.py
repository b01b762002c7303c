"""Code that does not parse, code left out, and what only looks like either."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_smartroute.execution.checks import CodeCheck, PlaceholderCheck

WRITE = "Write a Python function that adds two numbers"


def _fenced(code, language="python"):
    return f"Here:\n\n```{language}\n{code}\n```\n\nDone."


def _code(text, prompt=WRITE):
    return CodeCheck()([HumanMessage(prompt)], AIMessage(text))


@pytest.mark.parametrize(
    "code",
    [
        "def f(a, b):\n    return a + b",
        "...",
        "def f(a, ...):\n    pass",
        "foo(a, …)",
        ">>> 1 + 1\n2",
        "In [1]: 1 +\n",
        "%matplotlib inline\n!pip install numpy\nimport numpy as np\nnp.array?",
        "pip install requests\nimport requests",
        "    def method(self):\n        return self.x",
        "x = 1\n    y = 2\n    z = 3",
        "return x",
        "await f()",
        "else:\n    pass",
        'print "hello"',
        "-    a = 1 +\n+    a = 2 +\n",
        "class Box[T]:\n    pass",
        "type Pair = tuple[int, int]",
        "import re\nre.compile('\\d+')",
        "s = 'it\\'s'\nt = \"\\\\\"",
        "x = \\\n    1",
        "",
    ],
)
def test_python_that_is_only_shown_differently_is_accepted(code):
    assert _code(_fenced(code)) is None


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("print('hi'", 1),
        ("def f(:\n    pass", 1),
        ("x = 1\ny = = 2", 2),
        ("def f():\nreturn 1", 2),
        ("for i in range(3)\n    print(i)", 1),
        ("x = 1\n    y = 2\nz = 3", 2),
        ("a = 'open", 1),
    ],
)
@pytest.mark.parametrize("language", ["python", "py", "Python", "python3", 'python title="a.py"'])
def test_python_that_does_not_parse_is_a_fault(code, line, language):
    assert _code(_fenced(code, language)) == f"python does not parse (line {line})"


@pytest.mark.parametrize(
    "code",
    [
        '{"a": 1}',
        '[1, 2]\n{"b": null}',
        '{"a": 1, // one\n"b": 2}',
        '{"a": 1, ...}',
        '{"key": <your key>}',
        '"a": {"b": 1},',
        "",
        "[" * 200_000,
        "1" * 5000,
    ],
)
def test_json_is_accepted_unless_clearly_wrong(code):
    assert _code(_fenced(code, "json")) is None


@pytest.mark.parametrize(
    ("code", "line"),
    [('{"a": 1,}', 1), ("{'a': 1}", 1), ('{\n"a": True}', 2), ('"a": {,', 1), ('{"a": 1', 1)],
)
def test_json_that_does_not_parse_is_a_fault(code, line):
    assert _code(_fenced(code, "json")) == f"json does not parse (line {line})"


def test_a_second_block_is_read_too():
    assert _code(_fenced("x = 1") + _fenced("x = = 1")) == "python does not parse (line 1)"


def test_other_languages_and_long_blocks_are_not_judged():
    assert _code(_fenced("fn main( {", "rust")) is None
    assert _code(_fenced("x = (\n" * 3000)) is None


@pytest.mark.parametrize("text", ["```python\nx = 1", "~~~\nx", "Text\n\n```js\nf()\n``\n"])
def test_a_fence_left_open_is_a_fault(text):
    assert _code(text) == "code fence not closed"


@pytest.mark.parametrize(
    "text",
    [
        "```python\nx = 1\n```\n```",
        "````markdown\n```python\nx = = 1\n```\n````",
        "```markdown\n# A\n```python\nx = = 1\n```\n```",
        "- a list\n   ```python\n   x = 1\n   ```",
        "~~~python\nx = 1\n```\n~~~".replace("```", "'''\n'''"),
        "Use ``` to open a block of code in f(x).",
    ],
)
def test_nested_quoted_and_indented_fences_are_understood(text):
    assert _code(text) is None


def test_fences_beyond_the_bounds_are_not_judged():
    assert _code("```\nx\n```\n" * 3000 + "```python\nx = = 1\n```") is None
    assert _code("```text\n" + "x\n" * 300_000 + "```") is None


def test_a_few_words_without_code_are_a_fault_where_code_was_to_be_written():
    assert _code("Sure, that is easy to do.") == "no code"


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("lambda a, b: a + b", WRITE),
        ("Which version of Python do you use?", WRITE),
        ("It adds two numbers.", "What does this Python function do?"),
        ("It adds two numbers.", "Write a Python function? No: tell me what it does"),
        ("It adds two numbers.", "Good morning"),
        ("A long explanation without code. " * 10, WRITE),
        ("", WRITE),
    ],
)
def test_few_words_are_accepted_elsewhere(text, prompt):
    assert _code(text, prompt) is None


def _placeholder(text, prompt=WRITE):
    return PlaceholderCheck()([HumanMessage(prompt)], AIMessage(text))


@pytest.mark.parametrize(
    "text",
    [
        "TODO",
        "TODO: write it",
        "def f():\n    # TODO\n    pass",
        _fenced("def f():\n    pass  # TODO: implement"),
        "```js\n// TODO(you): finish\n```",
        "/* TODO */",
        'raise NotImplementedError("TODO")',
        "todo!()",
    ],
)
def test_a_todo_in_the_place_of_code_rejects(text):
    assert _placeholder(text) == "placeholder: TODO"


@pytest.mark.parametrize(
    "text",
    [
        "placeholder",
        "def f():\n    pass  # placeholder",
        "# Placeholder for the real logic\npass",
        'return "placeholder"',
        "This is a placeholder implementation.",
        "The body is just a placeholder.",
    ],
)
def test_a_placeholder_in_the_place_of_code_rejects(text):
    assert _placeholder(text) == "placeholder: word"


@pytest.mark.parametrize(
    "text",
    [
        '<input placeholder="Name">',
        "input::placeholder { color: red }",
        "# use %s placeholders, never string formatting\ncur.execute(sql, args)",
        "/* placeholder text colour */",
        "x = tf.placeholder(tf.float32)",
        "I removed the TODO comments from your file.",
        "Replace the placeholder with your key.",
        'todos = ["TODO list"]',
        "Everything is done.",
    ],
)
def test_words_about_something_else_are_accepted(text):
    assert _placeholder(text) is None


def test_what_the_user_asked_for_is_accepted():
    assert _placeholder("# TODO app\nprint(1)", "Write a todo app in Python") is None
    assert _placeholder("# placeholder\npass", "Write a stub with a placeholder") is None
