"""How the code reads, measured: the bars of CONTRIBUTING. `pytest -s` prints where it stands."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from statistics import quantiles

import langchain_smartroute

PACKAGE = Path(langchain_smartroute.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BRANCHES = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.match_case,
)


@cache
def trees():
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in FILES}


@cache
def functions():
    return [
        (f"{file.relative_to(PACKAGE)}:{node.lineno} {node.name}", node)
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, FUNCTIONS)
    ]


def length(function):
    """Lines from its `def` to its end, without its docstring."""
    docstring = function.body[0] if ast.get_docstring(function) else None
    said = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
    return function.end_lineno - function.lineno + 1 - said


def complexity(function):
    """McCabe's number, as `ruff` counts it; ruff itself holds the highest to 10."""
    return 1 + sum(isinstance(node, BRANCHES) for node in ast.walk(function))


def p95(numbers):
    return quantiles(numbers, n=20)[-1]


def test_no_file_is_longer_than_300_lines():
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert len(lines) > 300
    assert {str(file.relative_to(PACKAGE)): n for file, n in lines.items() if n > 300} == {}


def test_functions_are_short():
    lengths = {name: length(node) for name, node in functions()}
    print(f"\nfunctions: {len(lengths)}, lines p95 {p95(lengths.values()):.0f}", end="")
    assert p95(lengths.values()) <= 40
    assert {name: n for name, n in lengths.items() if n > 60} == {}


def test_functions_are_simple():
    numbers = {name: complexity(node) for name, node in functions()}
    print(f"\ncomplexity: p95 {p95(numbers.values()):.0f}, max {max(numbers.values())}", end="")
    assert p95(numbers.values()) <= 6


def test_broad_excepts_are_few_and_give_a_reason():
    """Where a thread would die, and where an error is what is looked for; each says why."""
    broad = []
    for file, tree in trees().items():
        lines = file.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            named = node.type is None or (
                isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")
            )
            if named and not any(isinstance(child, ast.Raise) for child in ast.walk(node)):
                broad.append(f"{file.relative_to(PACKAGE)}:{node.lineno} {lines[node.lineno - 1]}")
    print(f"\nbroad excepts that end an error: {broad}", end="")
    assert len(broad) <= 2
    assert all("BLE001 - " in line for line in broad)


def test_nothing_is_left_undone():
    """No note of something still to do, no body that is only `pass`."""
    for file, tree in trees().items():
        text = file.read_text(encoding="utf-8")
        assert "FIXME" not in text, file
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                assert not (len(node.body) == 1 and isinstance(node.body[0], ast.Pass)), (
                    f"{file}:{node.lineno}"
                )
