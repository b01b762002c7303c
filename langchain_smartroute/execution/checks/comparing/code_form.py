"""Normalises source code: formatting, comments and names of local variables are removed."""

from __future__ import annotations

import ast
import re
import textwrap

from langchain_smartroute.execution.checks.fences import MOST_FENCES, blocks_of

__all__ = ["code_form", "code_in", "is_code"]

_PYTHON = frozenset({"", "python", "py", "python3", "py3"})
_MOST_CHARS = 20_000
_MAGIC = re.compile(r"^[ \t]*[%!$][^\n]*$", re.MULTILINE)
_ESCAPE = re.compile(r"\\(?:([\\'\"abfnrtv0-7xNuU\n])|([\s\S]))")
_GLUED = re.compile(r"\b(\d\w*?)(and|else|for|if|in|is|not|or)\b")
_BLANK = re.compile(r"""(['"])(?:(?!\1)[^\\]|\\.)*+(?:\1|\\?$)|[ \t]+""")
_FAR = re.compile(r"\d[eE][-+]?\d{3}|\\[4-7][0-7]{2}")
_STATEMENT = re.compile(
    r"\s*(?:(?:async\s+)?def\s|class\s|import\s|from\s+\S+\s+import\s|return\b|elif\s|else\s*:|try\s*:"
    r"|except\b.*:|(?:if|for|while|with)\s.*:\s*$|@\w|#include|function\s|(?:const|let|var)\s)"
    r"|.*[;{}]\s*$"
)
_ASSIGNED = re.compile(
    r"\s*[A-Za-z_][\w.\[\]'\"]{0,60}\s*[-+*/|]?=\s*\S|\s*[\w.]{1,60}\(.*\)\s*$|\s*(?:#|//)"
)
_MOSTLY = 0.6
_LONGEST_LINE = 300
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def code_in(text: str) -> str | None:
    r"""The code of an answer, with its fenced blocks joined; `None`: there is none.

    Shell commands in addition to other code are left out. A text with too many fences counts as
    code as a whole.

    Example:
        >>> code_in("Like this:\n```python\nprint(1)\n```\nDone.")
        'print(1)\n'
    """
    if text.count("```") + text.count("~~~") > MOST_FENCES:
        return text
    blocks = [block for block in blocks_of(text) if block.code.strip()]
    shells = ("bash", "sh", "shell", "console", "text")
    chosen = [block for block in blocks if block.language not in shells] or blocks
    return "\n".join(block.code for block in chosen) or None


def code_form(code: str) -> str:
    r"""A normal form that is equal for code that differs in style only.

    Python that parses: its syntax tree without docstrings and annotations, local variables
    numbered in the order in which they appear. Anything else, or more than 20,000 characters:
    lines with their levels of indentation, and without repeated spaces.

    Example:
        >>> code_form("def f(x):\n  y = x  # why\n  return y") == code_form(
        ...     "def f(x: int) -> int:\n    'Doubles.'\n    out=x\n    return out"
        ... )
        True
    """
    tree = _tree(code) if len(code) <= _MOST_CHARS else None
    return _lines(code) if tree is None else tree


def is_code(text: str) -> bool:
    r"""Whether a text without fences is a program: most of its lines look like code, one certainly.

    Example:
        >>> is_code("def f(x):\n    return x"), is_code("x = 3 + 4\nx = 7")
        (True, False)
    """
    lines = [line for line in text.splitlines() if line.strip()]
    sure = sum(_STATEMENT.match(line) is not None for line in lines if len(line) <= _LONGEST_LINE)
    if len(lines) == 1 or not sure:
        return False
    likely = sum(_ASSIGNED.match(line) is not None for line in lines if len(line) <= _LONGEST_LINE)
    return sure + likely >= _MOSTLY * len(lines)


def _tree(code: str) -> str | None:
    """The syntax tree of Python code, without notebook commands if necessary."""
    code = textwrap.dedent(code)
    if _GLUED.search(code) or _FAR.search(code):
        return None
    source = _ESCAPE.sub(_told_apart, code)
    for python in dict.fromkeys((source, _MAGIC.sub("", source))):
        try:
            tree = ast.parse(python)
            return ast.dump(_Plain().visit(tree)) if tree.body else None
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _lines(code: str) -> str:
    """Non-empty lines, each with its level of indentation."""
    found: list[str] = []
    levels: list[int] = []
    for line in code.expandtabs().splitlines():
        words = _BLANK.sub(_narrowed, line).strip(" ")
        if not words:
            continue
        indent = len(line) - len(line.lstrip())
        while levels and levels[-1] > indent:
            levels.pop()
        if not levels or levels[-1] < indent:
            levels.append(indent)
        found.append(f"{len(levels)} {words}")
    return "\n".join(found)


def _narrowed(found: re.Match[str]) -> str:
    """One space for several, except in strings."""
    return found[0] if found[0][0] in "'\"" else " "


def _told_apart(escape: re.Match[str]) -> str:
    """Replace an invalid escape by a unique one, so that Python does not warn."""
    return escape.group() if escape.group(1) else f"\\\\\ue000{escape.group(2)}"


class _Plain(ast.NodeTransformer):
    """Removes what does not affect behaviour."""

    def __init__(self) -> None:
        self._fields: set[int] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        # Annotations of fields may matter, as in a dataclass.
        self._fields |= {id(item) for item in node.body if isinstance(item, ast.AnnAssign)}
        self.generic_visit(node)
        node.body = _without_docstring(node.body)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if id(node) in self._fields or node.value is None or not isinstance(node.target, ast.Name):
            return node
        return ast.Assign(targets=[node.target], value=node.value)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        node.body = _without_docstring(node.body)
        _number_locals(node)
        return node


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_constant = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (body[1:] or [ast.Pass()]) if is_constant else body


def _number_locals(function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Number a function's local variables; parameters are part of its interface."""
    nodes = list(ast.walk(function))
    kept = {node.arg for node in nodes if isinstance(node, ast.arg)}
    kept |= {n for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for n in node.names}
    kept |= {node.name for node in nodes if isinstance(node, (*_FUNCTIONS, ast.ClassDef))}
    numbers: dict[str, str] = {}
    names = [node for node in nodes if isinstance(node, ast.Name)]
    for name in sorted(names, key=lambda name: (name.lineno, name.col_offset)):
        if isinstance(name.ctx, ast.Store) and name.id not in kept:
            numbers.setdefault(name.id, f"${len(numbers)}")
    for name in names:
        name.id = numbers.get(name.id, name.id)
